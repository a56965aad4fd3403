// The Go member of the family, told what it is on its command line: see ../orders.ts for the orders and the news.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/AzureAD/microsoft-authentication-extensions-for-go/cache"
	"github.com/AzureAD/microsoft-authentication-extensions-for-go/cache/accessor/file"
	msalcache "github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/confidential"
	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"
)

type assignment struct {
	Task         string `json:"task"`
	Cache        string `json:"cache"`
	ClientID     string `json:"clientId"`
	AuthorityURL string `json:"authorityUrl"`
	Tenant       string `json:"tenant"`
	Tokens       int    `json:"tokens"`
}

type news map[string]any

const authority = "https://login.microsoftonline.com/"

var (
	given  assignment
	orders = make(chan string, 8)
	graph  = []string{"https://graph.microsoft.com/user.read"}
)

func tell(n news) {
	line, _ := json.Marshal(n)
	fmt.Println(string(line))
}

func must(err error) {
	if err != nil {
		tell(news{"type": "failed", "what": err.Error()})
		os.Exit(1)
	}
}

// ordered returns when the order has come.
func ordered(order string) {
	for got := range orders {
		if got == order {
			return
		}
	}
}

func readOrders() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var order string
		if json.Unmarshal(lines.Bytes(), &order) == nil {
			orders <- order
		}
	}
	os.Exit(1) // Nobody is left to report to.
}

// redirect sends what MSAL addresses to the public cloud to the authority of the tests.
type redirect struct{ to *url.URL }

func (r redirect) Do(request *http.Request) (*http.Response, error) {
	request.URL.Scheme, request.URL.Host, request.Host = r.to.Scheme, r.to.Host, r.to.Host
	return http.DefaultClient.Do(request)
}

func (r redirect) CloseIdleConnections() {}

func client() redirect {
	to, err := url.Parse(given.AuthorityURL)
	must(err)
	return redirect{to}
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// holdingStorage keeps the lock from when the cache writes until it is told to let go: the one moment in which the public API holds it.
type holdingStorage struct{ started time.Time }

func (h holdingStorage) Delete(context.Context) error         { return nil }
func (h holdingStorage) Read(context.Context) ([]byte, error) { return nil, nil }
func (h holdingStorage) Write(context.Context, []byte) error {
	tell(news{"type": "holding", "afterMs": time.Since(h.started).Milliseconds()})
	ordered("release")
	return nil
}

type nothing struct{}

func (nothing) Marshal() ([]byte, error) { return []byte("{}"), nil }

func hold() {
	started := time.Now()
	shared, err := cache.New(holdingStorage{started}, given.Cache)
	must(err)
	err = shared.Export(context.Background(), nothing{}, msalcache.ExportHints{})
	if err != nil {
		tell(news{"type": "refused", "afterMs": time.Since(started).Milliseconds(), "what": err.Error()})
		return
	}
	tell(news{"type": "released"})
}

func sharedCache() *cache.Cache {
	storage, err := file.New(given.Cache)
	must(err)
	shared, err := cache.New(storage, given.Cache)
	must(err)
	return shared
}

func write() {
	secret, err := confidential.NewCredFromSecret("no secret")
	must(err)
	app, err := confidential.New(authority+given.Tenant, given.ClientID, secret,
		confidential.WithCache(sharedCache()), confidential.WithHTTPClient(client()))
	must(err)
	for n := range given.Tokens {
		scope := fmt.Sprintf("https://resource-%d.example.com/.default", n)
		result, err := app.AcquireTokenByCredential(context.Background(), []string{scope})
		if err != nil {
			tell(news{"type": "missed", "scope": scope, "what": err.Error()})
			continue
		}
		tell(news{"type": "wrote", "scope": scope, "sha256": digest(result.AccessToken)})
	}
	tell(news{"type": "done"})
}

func publicApp() public.Client {
	app, err := public.New(given.ClientID, public.WithAuthority(authority+given.Tenant),
		public.WithCache(sharedCache()), public.WithHTTPClient(client()))
	must(err)
	return app
}

func signIn() {
	code, err := publicApp().AcquireTokenByDeviceCode(context.Background(), graph)
	must(err)
	result, err := code.AuthenticationResult(context.Background())
	must(err)
	tell(news{"type": "signed-in", "homeAccountId": result.Account.HomeAccountID, "sha256": digest(result.AccessToken)})
}

func read() {
	app := publicApp()
	accounts, err := app.Accounts(context.Background())
	must(err)
	found := []news{}
	for _, account := range accounts {
		result, err := app.AcquireTokenSilent(context.Background(), graph, public.WithSilentAccount(account))
		must(err)
		found = append(found, news{"homeAccountId": account.HomeAccountID, "sha256": digest(result.AccessToken)})
	}
	tell(news{"type": "found", "accounts": found})
}

func main() {
	must(json.Unmarshal([]byte(os.Args[1]), &given))
	go readOrders()
	tell(news{"type": "ready"})
	ordered("go")
	map[string]func(){"hold": hold, "write": write, "sign-in": signIn, "read": read}[given.Task]()
}
