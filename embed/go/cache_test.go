package tokencache_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tokencache "msal-extensions/embed/go"
)

var ctx = context.Background()

func open(t *testing.T, path string, options *tokencache.Options) *tokencache.Cache {
	t.Helper()
	cache, err := tokencache.New(path, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	return cache
}

func temporary(t *testing.T) string { return filepath.Join(t.TempDir(), "cache.json") }

// tokens is a document with these access tokens.
func tokens(keys ...string) []byte {
	section := map[string]any{}
	for _, key := range keys {
		section[key] = map[string]string{"secret": "secret of " + key, "cached_at": "1", "expires_on": "2"}
	}
	document, _ := json.Marshal(map[string]any{"AccessToken": section})
	return document
}

func keysIn(t *testing.T, document []byte) []string {
	t.Helper()
	var read struct{ AccessToken map[string]json.RawMessage }
	if err := json.Unmarshal(document, &read); err != nil {
		t.Fatalf("%v in %q", err, document)
	}
	keys := []string{}
	for key := range read.AccessToken {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func expectKeys(t *testing.T, document []byte, expected ...string) {
	t.Helper()
	if keys := keysIn(t, document); !slices.Equal(keys, expected) {
		t.Fatalf("there are the tokens %q, expected %q", keys, expected)
	}
}

func expectCode(t *testing.T, err error, code tokencache.Code) *tokencache.Error {
	t.Helper()
	var typed *tokencache.Error
	if !errors.Is(err, code) || !errors.As(err, &typed) {
		t.Fatalf("the error is %v, expected %s", err, code)
	}
	return typed
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestNothingIsStoredAtFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "cache.json")
	cache := open(t, path, nil)
	if stored := must(cache.Load(ctx))(t); stored != nil {
		t.Fatalf("there is %q", stored)
	}
	if err := cache.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Fatal("looking has made a file")
	}
}

func TestOnlyTheOwnerCanRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "folder", "cache.json")
	must(open(t, path, nil).Commit(ctx, nil, tokens("a")))(t)
	for name, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if found := must(os.Stat(name))(t).Mode().Perm(); found != mode {
			t.Errorf("%s has mode %o", name, found)
		}
	}
}

func TestCommitMergesThreeWays(t *testing.T) {
	path := temporary(t)
	ours, others := open(t, path, nil), open(t, path, nil)
	base := must(ours.Commit(ctx, nil, tokens("a", "b")))(t).Content
	must(others.Commit(ctx, base, tokens("a", "b", "theirs")))(t)
	merged := must(ours.Commit(ctx, base, tokens("b", "ours")))(t)
	expectKeys(t, merged.Content, "b", "ours", "theirs")
	if merged.Added != 1 || merged.Removed != 1 || merged.Unchanged {
		t.Errorf("%+v", merged)
	}
	expectKeys(t, must(others.Load(ctx))(t), "b", "ours", "theirs")
	// The second time nothing has changed, and the same is there.
	expectKeys(t, must(others.Load(ctx))(t), "b", "ours", "theirs")
	if again := must(ours.Commit(ctx, merged.Content, merged.Content))(t); !again.Unchanged {
		t.Errorf("%+v", again)
	}
}

func TestNothingIsNoDocumentToCommit(t *testing.T) {
	cache := open(t, temporary(t), nil)
	stored := must(cache.Commit(ctx, nil, tokens("a")))(t).Content
	_, err := cache.Commit(ctx, stored, nil)
	expectCode(t, err, tokencache.CodeBadArgument)
	expectKeys(t, must(cache.Load(ctx))(t), "a")
}

func TestUpdateAndClear(t *testing.T) {
	cache := open(t, temporary(t), nil)
	must(cache.Update(ctx, func(stored []byte) ([]byte, error) {
		if stored != nil {
			t.Errorf("there is %q", stored)
		}
		return tokens("a"), nil
	}))(t)
	merged := must(cache.Update(ctx, func(stored []byte) ([]byte, error) {
		expectKeys(t, stored, "a")
		return tokens("b"), nil
	}))(t)
	expectKeys(t, merged.Content, "b")
	if err := cache.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	if stored := must(cache.Load(ctx))(t); stored != nil {
		t.Fatalf("there is %q", stored)
	}
}

func TestAFailedUpdateChangesNothing(t *testing.T) {
	path := temporary(t)
	cache := open(t, path, nil)
	must(cache.Commit(ctx, nil, tokens("a")))(t)
	reason := errors.New("no")
	_, err := cache.Update(ctx, func([]byte) ([]byte, error) { return nil, reason })
	expectCode(t, err, tokencache.CodeCallbackFailed)
	if !errors.Is(err, reason) {
		t.Errorf("%v does not say why", err)
	}
	func() {
		defer func() {
			if recover() != reason {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = cache.Update(ctx, func([]byte) ([]byte, error) { panic(reason) })
	}()
	// Its lock was given back: another one does not have to wait.
	other := open(t, path, &tokencache.Options{LockTimeout: time.Nanosecond})
	expectKeys(t, must(other.Commit(ctx, nil, tokens("b")))(t).Content, "a", "b")
}

func TestNoFunctionAndOneThatUsesTheCacheAreToldSo(t *testing.T) {
	cache := open(t, temporary(t), &tokencache.Options{LockTimeout: 50 * time.Millisecond})
	_, err := cache.Update(ctx, nil)
	expectCode(t, err, tokencache.CodeBadArgument)
	must(cache.Update(ctx, func([]byte) ([]byte, error) {
		_, err := cache.Load(ctx)
		expectCode(t, err, tokencache.CodeLockTimeout)
		if !strings.Contains(err.Error(), "the function handed to Update") {
			t.Errorf("%v", err)
		}
		return tokens("a"), nil
	}))(t)
}

func TestAnUpdateThatFailsForAnotherLockIsNotRepeated(t *testing.T) {
	calls := 0
	_, err := open(t, temporary(t), nil).Update(ctx, func([]byte) ([]byte, error) {
		calls++
		return nil, &tokencache.Error{Code: tokencache.CodeLockTimeout}
	})
	expectCode(t, err, tokencache.CodeCallbackFailed)
	if calls != 1 {
		t.Errorf("called %d times", calls)
	}
}

func TestNothingIsLostAmongManyGoroutinesAndCaches(t *testing.T) {
	path := temporary(t)
	caches := []*tokencache.Cache{open(t, path, nil), open(t, path, nil), open(t, path, nil)}
	var expected []string
	var running sync.WaitGroup
	for i := range 24 {
		key := fmt.Sprintf("token-%02d", i)
		expected = append(expected, key)
		running.Add(1)
		go func() {
			defer running.Done()
			if _, err := caches[i%len(caches)].Commit(ctx, nil, tokens(key)); err != nil {
				t.Error(err)
			}
		}()
	}
	running.Wait()
	expectKeys(t, must(os.ReadFile(path))(t), expected...)
}

// held calls act while another cache holds the lock of the file at path.
func held(t *testing.T, path string, act func()) {
	t.Helper()
	_, err := open(t, path, nil).Update(ctx, func(stored []byte) ([]byte, error) {
		act()
		return stored, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAHeldLockTimesOutAndSaysWhoHasIt(t *testing.T) {
	path := temporary(t)
	must(open(t, path, nil).Commit(ctx, nil, tokens("a")))(t)
	waiting := open(t, path, &tokencache.Options{LockTimeout: 300 * time.Millisecond})
	held(t, path, func() {
		_, err := waiting.Commit(ctx, nil, tokens("b"))
		timeout := expectCode(t, err, tokencache.CodeLockTimeout)
		if timeout.Holder == nil || int(timeout.Holder.Pid) != os.Getpid() || timeout.Path != path+".lockfile" {
			t.Errorf("%+v", timeout)
		}
		who := fmt.Sprintf("It is held by process %d (%s), and its file is ", os.Getpid(), filepath.Base(os.Args[0]))
		if text := err.Error(); !strings.Contains(text, who) || !strings.HasSuffix(text, "the file need not be deleted.") {
			t.Error(text)
		}
		// Reading takes no lock.
		expectKeys(t, must(waiting.Load(ctx))(t), "a")
	})
	expectKeys(t, must(waiting.Commit(ctx, nil, tokens("b")))(t).Content, "a", "b")
}

func TestTheFamilysLockFilesAreReadAndOnesThatNameNoProcessAreSaidToNameNone(t *testing.T) {
	path, pid := temporary(t), os.Getpid()
	waiting := open(t, path, &tokencache.Options{LockTimeout: time.Nanosecond})
	for written, expected := range map[string]string{
		fmt.Sprintf("{%d} {python3}", pid): fmt.Sprintf("by process %d (python3), ", pid),
		fmt.Sprintf("{%d}", pid):           fmt.Sprintf("by process %d, ", pid),
		"nobody":                           "by a holder that names no process, ",
	} {
		if err := os.WriteFile(path+".lockfile", []byte(written), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := waiting.Commit(ctx, nil, tokens("a"))
		if expectCode(t, err, tokencache.CodeLockTimeout); !strings.Contains(err.Error(), expected) {
			t.Error(err)
		}
	}
}

func TestWhatIsWrongWithTheLockFileNamesIt(t *testing.T) {
	path := temporary(t)
	if err := os.Mkdir(path+".lockfile", 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, path, nil).Commit(ctx, nil, tokens("a"))
	if failed := expectCode(t, err, tokencache.CodeNotAFile); failed.Path != path+".lockfile" {
		t.Error(failed)
	}
}

func TestAContextEndsTheWait(t *testing.T) {
	path := temporary(t)
	must(open(t, path, nil).Commit(ctx, nil, tokens("a")))(t)
	waiting := open(t, path, &tokencache.Options{LockTimeout: time.Hour})
	held(t, path, func() {
		soon, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		if _, err := waiting.Commit(soon, nil, tokens("b")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := waiting.Load(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	expectKeys(t, must(waiting.Commit(ctx, nil, tokens("c")))(t).Content, "a", "c")
}

func TestAContextEndsTheWaitForAnotherGoroutine(t *testing.T) {
	cache := open(t, temporary(t), &tokencache.Options{LockTimeout: time.Hour})
	must(cache.Update(ctx, func([]byte) ([]byte, error) {
		soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if _, err := cache.Load(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		return tokens("a"), nil
	}))(t)
}

func TestALongUpdateKeepsItsLease(t *testing.T) {
	path := temporary(t)
	modified := func() time.Time { return must(os.Stat(path + ".lockfile.lock"))(t).ModTime() }
	held(t, path, func() {
		taken, giveUp := modified(), time.After(30*time.Second)
		for modified().Equal(taken) {
			select {
			case <-giveUp:
				t.Fatal("the lease is never renewed")
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
}

func TestATornFileIsSalvagedAndKept(t *testing.T) {
	path := temporary(t)
	whole := tokens("a", "b")
	torn := whole[:bytes.Index(whole, []byte(`"b"`))]
	if err := os.WriteFile(path, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	merged := must(open(t, path, nil).Commit(ctx, nil, tokens("c")))(t)
	expectKeys(t, merged.Content, "a", "c")
	if !merged.Salvaged || !merged.SetAside {
		t.Errorf("%+v", merged)
	}
	kept := must(filepath.Glob(path + ".damaged-*"))(t)
	if len(kept) != 1 || !bytes.Equal(must(os.ReadFile(kept[0]))(t), torn) {
		t.Errorf("kept: %q", kept)
	}
}

func TestWhatIsRefusedSaysWhere(t *testing.T) {
	cache := open(t, temporary(t), &tokencache.Options{MaxBytes: 1000})
	_, err := cache.Commit(ctx, nil, []byte(`{"AccessToken":!}`))
	wrong := expectCode(t, err, tokencache.CodeJSONUnexpectedByte)
	if wrong.Document != "ours" || wrong.Offset != 15 {
		t.Errorf("%+v", wrong)
	}
	_, err = cache.Commit(ctx, nil, make([]byte, 1001))
	expectCode(t, err, tokencache.CodeDocumentTooLarge)
	_, err = cache.Update(ctx, func([]byte) ([]byte, error) { return make([]byte, 1001), nil })
	expectCode(t, err, tokencache.CodeDocumentTooLarge)
	_, err = tokencache.New("", nil)
	expectCode(t, err, tokencache.CodeInvalidLocation)
	_, err = tokencache.New("/dev/null/cache.json", nil)
	expectCode(t, err, tokencache.CodeNotAFile)
	if runtime.GOOS == "linux" { // there mkdir finds nothing to make a folder in
		_, err = tokencache.New("/proc/missing/cache.json", nil)
		expectCode(t, err, tokencache.CodeInvalidLocation)
	}
	_, err = open(t, t.TempDir(), nil).Load(ctx)
	expectCode(t, err, tokencache.CodeNotAFile)
	for _, name := range []string{strings.Repeat("x", 300) + "/cache.json", "a\x00b/cache.json", "a\x00b", "\xff"} {
		_, err = tokencache.New(filepath.Join(t.TempDir(), name), nil)
		expectCode(t, err, tokencache.CodeInvalidLocation)
	}
	link := temporary(t)
	for target, code := range map[string]tokencache.Code{link: tokencache.CodeInvalidLocation, "missing": tokencache.CodeNotAFile} {
		_ = os.Remove(link)
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
		_, err = tokencache.New(filepath.Join(link, "cache.json"), nil)
		expectCode(t, err, code)
		_, err = tokencache.New(filepath.Join(link, "folder", "cache.json"), nil)
		expectCode(t, err, code)
	}
}

func TestALinkIsFollowedAndStaysOne(t *testing.T) {
	target, link := temporary(t), temporary(t)
	must(open(t, target, nil).Commit(ctx, nil, tokens("a")))(t)
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	must(open(t, link, nil).Commit(ctx, nil, tokens("b")))(t)
	expectKeys(t, must(os.ReadFile(target))(t), "a", "b")
	if must(os.Lstat(link))(t).Mode()&os.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
}

func TestALocationMayBeBelowTheHomeFolder(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Chdir(t.TempDir())
	must(open(t, "~/folder/cache.json", nil).Commit(ctx, nil, tokens("a")))(t)
	expectKeys(t, must(os.ReadFile(filepath.Join(home, "folder/cache.json")))(t), "a")
	must(open(t, "~cache.json", nil).Commit(ctx, nil, tokens("b")))(t)
	expectKeys(t, must(os.ReadFile("~cache.json"))(t), "b")
	t.Setenv("HOME", "")
	_, err := tokencache.New("~/folder/cache.json", nil)
	expectCode(t, err, tokencache.CodeInvalidLocation)
}

func TestInspectCounts(t *testing.T) {
	inspection := must(tokencache.Inspect(tokens("a", "b"), time.Unix(100, 0)))(t)
	if inspection.Entities["AccessToken"] != 2 || inspection.ExpiredAccessTokens != 2 {
		t.Errorf("%+v", inspection)
	}
}

func TestACacheThatNobodyClosesLeavesNothingOpen(t *testing.T) {
	path := temporary(t)
	before := timesOpen(t, path)
	for range 10 {
		must(must(tokencache.New(path, nil))(t).Load(ctx))(t)
	}
	for deadline := time.Now().Add(10 * time.Second); timesOpen(t, path) > before; runtime.GC() {
		if time.Now().After(deadline) {
			t.Fatalf("the folder is open %d times", timesOpen(t, path))
		}
	}
}

// timesOpen counts how often the folder of a cache is open, as it is to each instance.
func timesOpen(t *testing.T, cache string) (count int) {
	t.Helper()
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc")
	}
	for _, descriptor := range descriptors {
		if file, _ := os.Readlink("/proc/self/fd/" + descriptor.Name()); file == filepath.Dir(cache) {
			count++
		}
	}
	return count
}

func TestACacheThatIsClosedWhileItIsUsedIsClosedAfterwards(t *testing.T) {
	path := temporary(t)
	cache := must(tokencache.New(path, nil))(t)
	closed := make(chan struct{})
	must(cache.Update(ctx, func([]byte) ([]byte, error) {
		go func() {
			cache.Close()
			close(closed)
		}()
		select {
		case <-closed:
		case <-time.After(10 * time.Second):
			t.Error("it waits")
		}
		return tokens("a"), nil
	}))(t)
	if count := timesOpen(t, path); count != 0 {
		t.Errorf("the folder is open %d times", count)
	}
	expectKeys(t, must(cache.Load(ctx))(t), "a")
	cache.Close()
	cache.Close()
	if count := timesOpen(t, path); count != 0 {
		t.Errorf("the folder is open %d times", count)
	}
}

func TestANegativeTimeoutIsRefused(t *testing.T) {
	_, err := tokencache.New(temporary(t), &tokencache.Options{LockTimeout: -time.Second})
	expectCode(t, err, tokencache.CodeBadArgument)
}

func TestNothingThatIsPrintedHoldsContent(t *testing.T) {
	cache := open(t, temporary(t), nil)
	merged := must(cache.Commit(ctx, nil, tokens("a")))(t)
	asJSON := must(json.Marshal(merged))(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		printed := fmt.Sprintf(format+format+format, merged, *merged, cache) + string(asJSON)
		for _, secret := range []string{"secret of", fmt.Sprint([]byte("secret of"))[1:10], "0x73, 0x65", "c2VjcmV0", hex.EncodeToString([]byte("secret of"))} {
			if strings.Contains(printed, secret) {
				t.Errorf("%s prints %s", format, printed)
			}
		}
	}
}
