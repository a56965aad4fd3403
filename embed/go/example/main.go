// Command example signs a user in with MSAL Go and keeps the tokens in a file. Run it twice: the second time nobody has to sign in.
//
//	go run ./example ~/.my-app/cache.json <client id>
//
// AUTHORITY_URL, if set, is where requests to the public cloud go instead: the local authority of the tests.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	tokencache "msal-extensions/embed/go"
)

var scopes = []string{"https://graph.microsoft.com/user.read"}

func main() {
	shared, err := tokencache.New(os.Args[1], nil)
	must(err)
	options := []public.Option{public.WithAuthority("https://login.microsoftonline.com/organizations"), public.WithCache(shared)}
	if to := os.Getenv("AUTHORITY_URL"); to != "" {
		local, err := url.Parse(to)
		must(err)
		options = append(options, public.WithHTTPClient(redirect{local}))
	}
	app, err := public.New(os.Args[2], options...)
	must(err)

	ctx := context.Background()
	accounts, err := app.Accounts(ctx)
	must(err)
	for _, account := range accounts {
		result, err := app.AcquireTokenSilent(ctx, scopes, public.WithSilentAccount(account))
		must(err)
		fmt.Println("from the cache:", result.Account.PreferredUsername)
	}
	if len(accounts) == 0 {
		code, err := app.AcquireTokenByDeviceCode(ctx, scopes)
		must(err)
		fmt.Fprintln(os.Stderr, code.Result.Message)
		result, err := code.AuthenticationResult(ctx)
		must(err)
		fmt.Println("signed in:", result.Account.PreferredUsername)
	}
}

type redirect struct{ to *url.URL }

func (r redirect) Do(request *http.Request) (*http.Response, error) {
	request.URL.Scheme, request.URL.Host, request.Host = r.to.Scheme, r.to.Host, r.to.Host
	return http.DefaultClient.Do(request)
}

func (r redirect) CloseIdleConnections() {}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
