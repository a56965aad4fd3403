//go:build unix

package tokencache_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	tokencache "msal-extensions/embed/go"
)

func TestWithoutDescriptorsTheErrorSaysSo(t *testing.T) {
	cache := open(t, filepath.Join(t.TempDir(), "cache.json"), nil)
	must(cache.Commit(ctx, nil, tokens("a")))(t)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	defer syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	var held []*os.File
	for {
		file, err := os.Open(os.DevNull)
		if err != nil {
			break
		}
		held = append(held, file)
	}
	for range 2 { // there is none for the lock file, and none for the cache
		_, err := cache.Commit(ctx, nil, tokens("b"))
		expectCode(t, err, tokencache.CodeTooManyOpenFiles)
		_ = held[0].Close()
		held = held[1:]
	}
	for _, file := range held {
		_ = file.Close()
	}
	expectKeys(t, must(cache.Commit(ctx, nil, tokens("c")))(t).Content, "a", "c")
}
