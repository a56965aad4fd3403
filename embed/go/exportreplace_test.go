package tokencache_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	tokencache "msal-extensions/embed/go"
)

// client is a real MSAL client. Its tokens are made here, so that it needs no network.
func client(t *testing.T, shared msal.ExportReplace) confidential.Client {
	t.Helper()
	credential := confidential.NewCredFromTokenProvider(
		func(_ context.Context, p confidential.TokenProviderParameters) (confidential.TokenProviderResult, error) {
			return confidential.TokenProviderResult{AccessToken: "token for " + p.Scopes[0], ExpiresInSeconds: 3600}, nil
		})
	return must(confidential.New("https://login.microsoftonline.com/tenant", "client", credential,
		confidential.WithCache(shared), confidential.WithInstanceDiscovery(false)))(t)
}

func acquire(t *testing.T, app confidential.Client, scope string) {
	t.Helper()
	if _, err := app.AcquireTokenByCredential(ctx, []string{scope}); err != nil {
		t.Error(err)
	}
}

func expectStored(t *testing.T, path string, count int) {
	t.Helper()
	if found := len(keysIn(t, must(os.ReadFile(path))(t))); found != count {
		t.Errorf("%d tokens are stored, expected %d", found, count)
	}
}

func TestTokensOfManyClientsAreAllStored(t *testing.T) {
	path := temporary(t)
	shared := open(t, path, nil)
	clients := []confidential.Client{client(t, shared), client(t, shared), client(t, open(t, path, nil))}
	var running sync.WaitGroup
	for i := range 30 {
		running.Add(1)
		go func() {
			defer running.Done()
			acquire(t, clients[i%len(clients)], fmt.Sprintf("https://resource-%d/.default", i))
		}()
	}
	running.Wait()
	expectStored(t, path, 30)
	// A new client finds them, and asks nobody.
	again := client(t, open(t, path, nil))
	result := must(again.AcquireTokenByCredential(ctx, []string{"https://resource-7/.default"}))(t)
	if result.Metadata.TokenSource != confidential.TokenSourceCache {
		t.Errorf("%+v", result.Metadata)
	}
}

// memory is what a client hands over. A real one does not let itself be made to export without replacing.
type memory struct{ content []byte }

func (m *memory) Marshal() ([]byte, error)       { return m.content, nil }
func (m *memory) Unmarshal(content []byte) error { m.content = content; return nil }

func exportOf(t *testing.T, cache *tokencache.Cache, m *memory, keys ...string) {
	t.Helper()
	m.content = tokens(keys...)
	if err := cache.Export(ctx, m, msal.ExportHints{}); err != nil {
		t.Fatal(err)
	}
}

func replace(t *testing.T, cache *tokencache.Cache, m *memory) {
	t.Helper()
	if err := cache.Replace(ctx, m, msal.ReplaceHints{}); err != nil {
		t.Fatal(err)
	}
}

func TestExportingAgainWithoutReplacingLosesNothing(t *testing.T) {
	path := temporary(t)
	cache, others, m := open(t, path, nil), open(t, path, nil), &memory{}
	replace(t, cache, m)
	exportOf(t, cache, m, "a")
	must(others.Commit(ctx, nil, tokens("theirs")))(t)
	exportOf(t, cache, m, "a", "b")
	must(others.Commit(ctx, nil, tokens("theirs too")))(t)
	exportOf(t, cache, m, "b")
	expectKeys(t, must(cache.Load(ctx))(t), "b", "theirs", "theirs too")
}

func TestAMemoryThatWasNeverReplacedRemovesNothing(t *testing.T) {
	cache := open(t, temporary(t), nil)
	must(cache.Commit(ctx, nil, tokens("a")))(t)
	exportOf(t, cache, &memory{}, "b")
	expectKeys(t, must(cache.Load(ctx))(t), "a", "b")
}

func TestClientsOfOneCacheDoNotTakeTheirDifferencesForRemovals(t *testing.T) {
	cache := open(t, temporary(t), nil)
	first, second := &memory{}, &memory{}
	replace(t, cache, first)
	replace(t, cache, second)
	exportOf(t, cache, first, "a")
	exportOf(t, cache, second, "b")
	exportOf(t, cache, first, "a", "c")
	expectKeys(t, must(cache.Load(ctx))(t), "a", "b", "c")
}

func TestWhatOthersRemovedLeavesMemory(t *testing.T) {
	path := temporary(t)
	cache, m := open(t, path, nil), &memory{}
	exportOf(t, cache, m, "a")
	if err := open(t, path, nil).Clear(ctx); err != nil {
		t.Fatal(err)
	}
	replace(t, cache, m)
	expectKeys(t, m.content)
}

// truncate cuts the file at path short in place, as a peer does that is killed while it writes. The file is dated anew: two writes within a
// tick of the clock would look like one.
func truncate(t *testing.T, path string, keep func(size int64) int64) {
	t.Helper()
	status := must(os.Stat(path))(t)
	if err := os.Truncate(path, keep(status.Size())); err != nil {
		t.Fatal(err)
	}
	later := status.ModTime().Add(time.Second)
	if err := os.Chtimes(path, later, later); err != nil {
		t.Fatal(err)
	}
}

func toNothing(int64) int64   { return 0 }
func toHalf(size int64) int64 { return size / 2 }

func TestWhatADamagedFileHasLostIsPutBackByWhoeverKnowsIt(t *testing.T) {
	for name, keep := range map[string]func(int64) int64{"nothing": toNothing, "half": toHalf} {
		for _, isSalvaged := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s is left, others were there first: %t", name, isSalvaged), func(t *testing.T) {
				path := temporary(t)
				app, others := client(t, open(t, path, nil)), open(t, path, nil)
				for i := range 6 {
					acquire(t, app, fmt.Sprintf("https://resource-%d/.default", i))
				}
				acquire(t, app, "https://resource-0/.default")
				must(others.Load(ctx))(t)
				truncate(t, path, keep)
				expected := 7
				if isSalvaged {
					must(others.Commit(ctx, nil, tokens("theirs")))(t)
					expected = 8
				}
				acquire(t, app, "https://resource-6/.default")
				expectStored(t, path, expected)
				acquire(t, app, "https://resource-7/.default")
				expectStored(t, path, expected+1)
			})
		}
	}
}

func TestWhatOthersRemoveAfterASalvageIsNotPutBack(t *testing.T) {
	path := temporary(t)
	cache, others, m := open(t, path, nil), open(t, path, nil), &memory{}
	exportOf(t, cache, m, "a", "b")
	must(others.Load(ctx))(t)
	truncate(t, path, toNothing)
	must(others.Commit(ctx, nil, tokens("theirs")))(t)
	replace(t, cache, m)
	expectKeys(t, m.content, "a", "b", "theirs")
	exportOf(t, cache, m, "a", "b", "c", "theirs")
	stored := must(others.Load(ctx))(t)
	expectKeys(t, stored, "a", "b", "c", "theirs")
	must(others.Commit(ctx, stored, tokens("b", "c", "theirs")))(t)
	// Handed over or not, what was removed stays removed.
	exportOf(t, cache, m, "a", "b", "c", "d", "theirs")
	expectKeys(t, must(others.Load(ctx))(t), "b", "c", "d", "theirs")
	replace(t, cache, m)
	expectKeys(t, m.content, "b", "c", "d", "theirs")
}

func TestASignOutByAnotherProcessRemovesWhatAClientKnows(t *testing.T) {
	path := temporary(t)
	app, others := client(t, open(t, path, nil)), open(t, path, nil)
	acquire(t, app, "https://resource-1/.default")
	acquire(t, app, "https://resource-2/.default")
	must(others.Update(ctx, func([]byte) ([]byte, error) { return []byte("{}"), nil }))(t)
	acquire(t, app, "https://resource-3/.default")
	expectStored(t, path, 1)
}

func TestATokenThatCouldNotBeStoredIsStoredByTheNextExport(t *testing.T) {
	path := temporary(t)
	shared := open(t, path, &tokencache.Options{LockTimeout: 300 * time.Millisecond})
	app, other := client(t, shared), client(t, shared)
	acquire(t, app, "https://resource-1/.default")
	scope := []string{"https://resource-2/.default"}
	held(t, path, func() {
		_, err := app.AcquireTokenByCredential(ctx, scope)
		expectCode(t, err, tokencache.CodeLockTimeout)
		// Nor is it forgotten.
		result := must(app.AcquireTokenByCredential(ctx, scope))(t)
		if result.Metadata.TokenSource != confidential.TokenSourceCache {
			t.Errorf("%+v", result.Metadata)
		}
	})
	must(open(t, path, nil).Commit(ctx, nil, tokens("theirs")))(t)
	acquire(t, other, "https://resource-3/.default")
	expectStored(t, path, 4)
}

func TestWhatIsTooLargeIsRefusedAloneAndASignOutIsStored(t *testing.T) {
	path := temporary(t)
	a, b, c := strings.Repeat("a", 150), strings.Repeat("b", 150), strings.Repeat("c", 150)
	limit := uint32(len(tokens(a, b)) + 100)
	cache, others, m := open(t, path, &tokencache.Options{MaxBytes: limit}), open(t, path, nil), &memory{}
	replace(t, cache, m)
	exportOf(t, cache, m, a)
	must(others.Commit(ctx, nil, tokens(b)))(t)
	m.content = tokens(a, c)
	expectCode(t, cache.Export(ctx, m, msal.ExportHints{}), tokencache.CodeDocumentTooLarge)
	replace(t, cache, m)
	expectKeys(t, m.content, a, b, c) // c is pending
	m.content = tokens(a, b, c, "d")
	expectCode(t, cache.Export(ctx, m, msal.ExportHints{}), tokencache.CodeDocumentTooLarge)
	replace(t, cache, m)
	expectKeys(t, m.content, a, b, c)
	exportOf(t, cache, m, b, c)
	expectKeys(t, must(others.Load(ctx))(t), b, c)
}

func TestAnExportThatWasGivenUpIsMadeUpFor(t *testing.T) {
	cache, m := open(t, temporary(t), nil), &memory{}
	exportOf(t, cache, m, "a")
	must(cache.Update(ctx, func(stored []byte) ([]byte, error) {
		ended, cancel := context.WithCancel(ctx)
		cancel()
		m.content = tokens("a", "b")
		if err := cache.Export(ended, m, msal.ExportHints{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		return stored, nil
	}))(t)
	replace(t, cache, m)
	expectKeys(t, m.content, "a", "b")
	exportOf(t, cache, m, "a", "b", "c")
	expectKeys(t, must(cache.Load(ctx))(t), "a", "b", "c")
}

func TestARenewalThatCouldNotBeStoredIsNotUndone(t *testing.T) {
	path := temporary(t)
	cache, m := open(t, path, &tokencache.Options{LockTimeout: time.Millisecond}), &memory{}
	exportOf(t, cache, m, "a", "b")
	renewed := bytes.ReplaceAll(tokens("a"), []byte("secret of a"), []byte("renewed"))
	held(t, path, func() {
		m.content = renewed
		expectCode(t, cache.Export(ctx, m, msal.ExportHints{}), tokencache.CodeLockTimeout)
	})
	replace(t, cache, m)
	if !bytes.Contains(m.content, []byte("renewed")) || bytes.Contains(m.content, []byte("secret of b")) {
		t.Errorf("memory holds %s", m.content)
	}
	if err := cache.Export(ctx, m, msal.ExportHints{}); err != nil {
		t.Fatal(err)
	}
	stored := must(os.ReadFile(path))(t)
	expectKeys(t, stored, "a")
	if !bytes.Contains(stored, []byte("renewed")) {
		t.Errorf("there is %s", stored)
	}
}

// one can be handed over, but not compared with another.
type incomparable struct{ parts []json.RawMessage }

func (i incomparable) Marshal() ([]byte, error) { return i.parts[0], nil }
func (incomparable) Unmarshal([]byte) error     { return errors.New("unreadable") }

func TestAnyMemoryCanBeHandedOver(t *testing.T) {
	cache := open(t, temporary(t), nil)
	odd := incomparable{[]json.RawMessage{tokens("a")}}
	if err := cache.Export(ctx, odd, msal.ExportHints{}); err != nil {
		t.Fatal(err)
	}
	expectKeys(t, must(cache.Load(ctx))(t), "a")
	if err := cache.Replace(ctx, odd, msal.ReplaceHints{}); err == nil || err.Error() != "unreadable" {
		t.Errorf("%v", err)
	}
}

// storedByOthers is a user whom another MSAL has signed in. MSAL Go spells each of these entities differently: without what is empty or null,
// say.
const storedByOthers = `{
	"Account": {"u.t-login.microsoftonline.com-t": {"home_account_id": "u.t", "environment": "login.microsoftonline.com", "realm": "t",
		"local_account_id": "u", "username": "ada", "authority_type": "MSSTS", "name": ""}},
	"RefreshToken": {"u.t-login.microsoftonline.com-refreshtoken-client--": {"home_account_id": "u.t", "environment": "login.microsoftonline.com",
		"credential_type": "RefreshToken", "client_id": "client", "secret": "s", "target": ""}},
	"AccessToken": {
		"u.t-login.microsoftonline.com-accesstoken-client-t-s": {"home_account_id": "u.t", "environment": "login.microsoftonline.com",
			"credential_type": "AccessToken", "client_id": "client", "realm": "t", "target": "s", "secret": "s", "cached_at": "1",
			"expires_on": "4000000000", "key_id": null},
		"of another user": {"home_account_id": "v.t", "environment": "login.microsoftonline.com", "credential_type": "AccessToken",
			"client_id": "client", "realm": "t", "target": "s", "secret": "s", "cached_at": "1", "expires_on": "4000000000", "key_id": null}}}`

func publicClient(t *testing.T, shared msal.ExportReplace) public.Client {
	t.Helper()
	return must(public.New("client", public.WithCache(shared), public.WithInstanceDiscovery(false)))(t)
}

func TestAUserWhomAnotherMSALHasSignedInIsSignedOut(t *testing.T) {
	path := temporary(t)
	if err := os.WriteFile(path, []byte(storedByOthers), 0o600); err != nil {
		t.Fatal(err)
	}
	app := publicClient(t, open(t, path, nil))
	for _, account := range must(app.Accounts(ctx))(t) {
		if err := app.RemoveAccount(ctx, account); err != nil {
			t.Fatal(err)
		}
	}
	stored := must(os.ReadFile(path))(t)
	expectKeys(t, stored, "of another user")
	if bytes.Contains(stored, []byte("u.t")) {
		t.Errorf("there is %s", stored)
	}
	if !bytes.Contains(stored, []byte(`"key_id": null`)) {
		t.Errorf("spelled anew: %s", stored)
	}
}

func TestEntitiesThatAreNoObjectsAreInNobodysWay(t *testing.T) {
	for _, odd := range []string{
		`{"Account": {"k": null}, "AppMetadata": null}`, `{"AccessToken": null}`, `{"AccessToken": {"k": 5}, "Account": [1.50]}`,
	} {
		path := temporary(t)
		if err := os.WriteFile(path, []byte(odd), 0o600); err != nil {
			t.Fatal(err)
		}
		shared := open(t, path, nil)
		if accounts, err := publicClient(t, shared).Accounts(ctx); len(accounts) > 0 || err != nil {
			t.Errorf("%v, %v", accounts, err)
		}
		acquire(t, client(t, shared), "https://resource/.default")
		stored := must(os.ReadFile(path))(t)
		if !bytes.Contains(stored, []byte("token for https://resource")) {
			t.Errorf("%s: there is %s", odd, stored)
		}
		for _, kept := range []string{`"k": null`, `"k": 5`, `[1.50]`} {
			if bytes.Contains([]byte(odd), []byte(kept)) && !bytes.Contains(stored, []byte(kept)) {
				t.Errorf("%s: there is %s", odd, stored)
			}
		}
	}
}
