package tokencache_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	tokencache "msal-extensions/embed/go"
)

func TestAFolderThatWasRemovedIsMadeAgain(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "folder")
	path := filepath.Join(folder, "cache.json")
	cache := open(t, path, nil)
	must(cache.Commit(ctx, nil, tokens("a")))(t)
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if stored := must(cache.Load(ctx))(t); stored != nil {
		t.Errorf("there is %q", stored)
	}
	expectKeys(t, must(cache.Commit(ctx, nil, tokens("b")))(t).Content, "b")
	if mode := must(os.Stat(folder))(t).Mode().Perm(); mode != 0o700 {
		t.Errorf("the folder has mode %o", mode)
	}
}

func TestALocationLeadsOutOfWhatALinkLeadsTo(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for _, err := range []error{os.MkdirAll(filepath.Join(folder, "releases/42"), 0o700), os.Symlink("releases/42", "current")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, above := range []string{"", folder + "/"} {
		must(open(t, above+"current/../shared/cache.json", nil).Commit(ctx, nil, tokens("a"+above)))(t)
	}
	stored := must(os.ReadFile(filepath.Join(folder, "releases/shared/cache.json")))(t)
	expectKeys(t, stored, "a", "a"+folder+"/")
}

func TestALinkMayLeadToWhatIsNotThereYetAndChange(t *testing.T) {
	folder, elsewhere := t.TempDir(), t.TempDir()
	path := filepath.Join(folder, "cache.json")
	cache := open(t, path, nil)
	must(cache.Load(ctx))(t)
	absolute := filepath.Join(elsewhere, "new", "target.json")
	relative := must(filepath.Rel(folder, filepath.Join(elsewhere, "other.json")))(t)
	link := func(target string) {
		t.Helper()
		_ = os.Remove(path)
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
	}
	for _, target := range []string{absolute, relative} {
		link(target)
		must(cache.Commit(ctx, nil, tokens("a")))(t)
		must(open(t, path, nil).Commit(ctx, nil, tokens("b")))(t)
		expectKeys(t, must(cache.Load(ctx))(t), "a", "b")
		expectKeys(t, must(os.ReadFile(path))(t), "a", "b")
		if must(os.Readlink(path))(t) != target {
			t.Error("the link was replaced")
		}
	}
	// Where the folder is a link too, ".." is what the system makes of it.
	linked := filepath.Join(t.TempDir(), "below", "folder")
	if err := os.Mkdir(filepath.Dir(linked), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(folder, linked); err != nil {
		t.Fatal(err)
	}
	must(open(t, filepath.Join(linked, "cache.json"), nil).Commit(ctx, nil, tokens("c")))(t)
	expectKeys(t, must(cache.Load(ctx))(t), "a", "b", "c")
	link(path)
	_, err := cache.Commit(ctx, nil, tokens("d"))
	expectCode(t, err, tokencache.CodeInvalidLocation)
}

// inAMount calls act in a process of its own, for which mount has made something of a folder.
func inAMount(t *testing.T, mount string, act func(folder string)) {
	t.Helper()
	if folder := os.Getenv("MOUNTED_FOR_A_TEST"); folder != "" {
		act(folder)
		return
	}
	isolated := []string{"--user", "--map-root-user", "--mount"}
	if err := exec.Command("unshare", append(isolated, "true")...).Run(); err != nil {
		t.Skip("nothing can be mounted here")
	}
	folder := t.TempDir()
	program := []string{"sh", "-c", mount + ` && exec "$@"`, folder, os.Args[0], "-test.run", "^" + t.Name() + "$"}
	command := exec.Command("unshare", append(isolated, program...)...)
	command.Env = append(os.Environ(), "MOUNTED_FOR_A_TEST="+folder)
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%s", output)
	}
}

func TestAFileSystemThatIsReadOnlyIsATypedError(t *testing.T) {
	inAMount(t, `mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"`, func(folder string) {
		_, err := tokencache.New(filepath.Join(folder, "new", "cache.json"), nil)
		expectCode(t, err, tokencache.CodeReadOnly)
		_, err = open(t, filepath.Join(folder, "cache.json"), nil).Commit(ctx, nil, tokens("a"))
		expectCode(t, err, tokencache.CodeReadOnly)
	})
}

// expectOnlyNextCommit expects that, with room again, the next commit is stored, and nothing is left in folder of those that failed.
func expectOnlyNextCommit(t *testing.T, cache *tokencache.Cache, folder string) {
	t.Helper()
	expectKeys(t, must(cache.Commit(ctx, nil, tokens("c")))(t).Content, "a", "c")
	if left := must(os.ReadDir(folder))(t); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestAFullDiskIsATypedErrorAndLosesNothing(t *testing.T) {
	inAMount(t, `mount -t tmpfs -o size=64k none "$0"`, func(folder string) {
		path := filepath.Join(folder, "cache.json")
		cache := open(t, path, nil)
		must(cache.Commit(ctx, nil, tokens("a")))(t)
		_, err := cache.Commit(ctx, nil, tokens(string(bytes.Repeat([]byte("x"), 40<<10))))
		expectCode(t, err, tokencache.CodeDiskFull)
		filler := filepath.Join(folder, "filler")
		if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); err == nil {
			t.Fatal("there is room for ever")
		}
		_, err = cache.Commit(ctx, nil, tokens("b"))
		expectCode(t, err, tokencache.CodeDiskFull)
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		expectOnlyNextCommit(t, cache, folder)
	})
}

func TestADiskWithRoomForNoMoreFilesIsFull(t *testing.T) {
	inAMount(t, `mount -t tmpfs -o nr_inodes=5 none "$0"`, func(folder string) {
		cache := open(t, filepath.Join(folder, "cache.json"), nil)
		must(cache.Commit(ctx, nil, tokens("a")))(t)
		fillers := []string{filepath.Join(folder, "1"), filepath.Join(folder, "2"), filepath.Join(folder, "3")}
		for _, filler := range fillers {
			if err := os.WriteFile(filler, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, filler := range fillers { // there is no room for the lock file, for its lease, for the cache
			_, err := cache.Commit(ctx, nil, tokens("b"))
			expectCode(t, err, tokencache.CodeDiskFull)
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
		}
		expectOnlyNextCommit(t, cache, folder)
	})
}
