// Command contention commits access tokens one by one, for tests in which processes of all languages meet on one cache:
//
//	contention <cache path> <prefix> <count> [hold]
//
// With "hold" it then keeps the lock until it is killed.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	tokencache "msal-extensions/embed/go"
)

func main() {
	cache, err := tokencache.New(os.Args[1], &tokencache.Options{LockTimeout: time.Minute})
	must(err)
	prefix := os.Args[2]
	count, err := strconv.Atoi(os.Args[3])
	must(err)
	for i := range count {
		_, err := cache.Commit(context.Background(), nil, documentWith(fmt.Sprintf("%s-%d", prefix, i)))
		must(err)
		fmt.Printf("committed %d\n", i)
	}
	if len(os.Args) > 4 && os.Args[4] == "hold" {
		_, err := cache.Update(context.Background(), func([]byte) ([]byte, error) {
			fmt.Println("holding")
			for {
				time.Sleep(time.Hour)
			}
		})
		must(err)
	}
}

func documentWith(key string) []byte {
	token := map[string]string{
		"credential_type": "AccessToken",
		"secret":          "secret of " + key,
		"cached_at":       strconv.FormatInt(time.Now().Unix(), 10),
		"expires_on":      strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10),
	}
	document, err := json.Marshal(map[string]any{"AccessToken": map[string]any{key: token}})
	must(err)
	return document
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
