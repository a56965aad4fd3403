// What Go's azidentity/cache reads and writes, as it does it. `peer read <name>`: prints the cache; `peer write <name>`: stores
// what comes from standard input. The module's name lets it call the package's internal functions.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity/cache"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity/internal"
	msal "github.com/AzureAD/microsoft-authentication-library-for-go/apps/cache"
)

type document struct{ content []byte }

func (d *document) Marshal() ([]byte, error) { return d.content, nil }
func (d *document) Unmarshal(b []byte) error { d.content = b; return nil }

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(verb, name string) error {
	c, err := cache.New(&cache.Options{Name: name})
	if err != nil {
		return err
	}
	access, err := internal.ExportReplace(c, false)
	if err != nil {
		return err
	}
	d := &document{}
	if verb == "read" {
		err = access.Replace(context.Background(), d, msal.ReplaceHints{})
		os.Stdout.Write(d.content)
		return err
	}
	d.content, err = io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	return access.Export(context.Background(), d, msal.ExportHints{})
}
