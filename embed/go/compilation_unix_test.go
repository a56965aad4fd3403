//go:build unix

package tokencache_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The test's own binary does not say which wazero it is built with, so the programs are others.
type program struct{ path, home, caches string }

func buildProgram(t *testing.T) program {
	t.Helper()
	home := t.TempDir()
	p := program{filepath.Join(t.TempDir(), "contention"), home, filepath.Join(home, "caches")}
	if said, err := exec.Command("go", "build", "-o", p.path, "./internal/contention").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return p
}

// commit runs a process that uses the core once.
func (p program) commit(t *testing.T) {
	t.Helper()
	command := exec.Command(p.path, filepath.Join(t.TempDir(), "cache.json"), "token", "1")
	command.Env = []string{"HOME=" + p.home, "XDG_CACHE_HOME=" + p.caches}
	if said, err := command.CombinedOutput(); err != nil || string(said) != "committed 0\n" {
		t.Fatalf("%v: %s", err, said)
	}
}

// kept lists the files in the home folder.
func (p program) kept(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(p.home, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (p program) expectKept(t *testing.T, count int) []string {
	t.Helper()
	files := p.kept(t)
	if len(files) != count {
		t.Fatalf("kept: %v", files)
	}
	return files
}

func TestTheCompiledCoreIsKeptAndPrivate(t *testing.T) {
	p := buildProgram(t)
	p.commit(t)
	file := p.expectKept(t, 1)[0]
	before := must(os.Stat(file))(t)
	for folder := filepath.Dir(file); folder != p.home; folder = filepath.Dir(folder) {
		if found := must(os.Stat(folder))(t); found.Mode().Perm() != 0o700 {
			t.Errorf("%s is %v", folder, found.Mode())
		}
	}
	p.commit(t)
	if after := must(os.Stat(p.expectKept(t, 1)[0]))(t); !os.SameFile(before, after) {
		t.Error("it was compiled again")
	}
}

func TestADamagedCompiledCoreIsNotRun(t *testing.T) {
	p := buildProgram(t)
	p.commit(t)
	file := p.expectKept(t, 1)[0]
	whole := must(os.ReadFile(file))(t)
	damaged := bytes.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	for _, content := range [][]byte{damaged, whole[:len(whole)/2], nil} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		p.commit(t)
	}
}

func TestNothingIsKeptWhereSomebodyElseCanWrite(t *testing.T) {
	p := buildProgram(t)
	for _, mode := range []fs.FileMode{0o720, 0o702} {
		if err := os.Chmod(p.home, mode); err != nil {
			t.Fatal(err)
		}
		p.commit(t)
		p.expectKept(t, 0)
	}
}

func TestNothingIsKeptInAnotherUsersHome(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	p := buildProgram(t)
	if err := os.Chown(p.home, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	p.commit(t)
	p.expectKept(t, 0)
}

func TestWhereNothingCanBeKeptTheCoreIsCompiled(t *testing.T) {
	p := buildProgram(t)
	file := filepath.Join(p.home, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, caches := range []string{"relative", file, "/proc/none"} {
		p.caches = caches
		p.commit(t)
		p.expectKept(t, 1) // the file that is in its way
	}
}
