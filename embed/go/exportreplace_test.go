package tokencache_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"

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
