package tokencache

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// compile returns the core and the engine that runs it. What wazero makes of it is kept in the user's cache folder: a process's first use takes
// 1 ms of compiling instead of 40. What is kept there is run, and wazero leaves it to us who can write there.
func compile(ctx context.Context) (wazero.Runtime, wazero.CompiledModule, error) {
	config := wazero.NewRuntimeConfig()
	if kept := keptCompilations(); kept != nil {
		if engine, compiled, err := compileWith(ctx, config.WithCompilationCache(kept)); err == nil {
			return engine, compiled, nil
		} // damaged, or there is no room for it
	}
	return compileWith(ctx, config)
}

func compileWith(ctx context.Context, config wazero.RuntimeConfig) (wazero.Runtime, wazero.CompiledModule, error) {
	engine := wazero.NewRuntimeWithConfig(ctx, config)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, engine); err != nil {
		return nil, nil, err
	}
	compiled, err := engine.CompileModule(ctx, module)
	return engine, compiled, err
}

func keptCompilations() wazero.CompilationCache {
	caches, err := os.UserCacheDir()
	if err != nil || !knowsVersionOfWazero() {
		return nil
	}
	folder := filepath.Join(caches, "msal-extensions-go")
	above := folder
	if missing := missingOf(folder); len(missing) > 0 {
		above = filepath.Dir(missing[len(missing)-1])
	}
	// Root, at work with the HOME of somebody else, leaves nothing there.
	if !isOnlyOurs(above) || os.MkdirAll(folder, 0o700) != nil || !isOnlyOurs(folder) {
		return nil
	}
	kept, err := wazero.NewCompilationCacheWithDir(folder)
	if err != nil {
		return nil
	}
	return kept
}

// knowsVersionOfWazero: where the build does not say it (other tools than go build need not) all versions are one to wazero, and what one of
// them kept another would run.
func knowsVersionOfWazero() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, dependency := range info.Deps {
		if dependency.Path == "github.com/tetratelabs/wazero" {
			return dependency.Replace == nil && dependency.Version != ""
		}
	}
	return false
}
