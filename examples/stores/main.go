// Stores runs two engines on one store, as two instances of a service do.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

var createUser = permission.MustParse("user.create")

func main() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "stores"))
	defer os.RemoveAll(dir)
	file := must(boltstore.Open(filepath.Join(dir, "usher.db"), boltstore.Options{}))
	defer file.Close()

	first, second := open(file), open(file)
	defer first.Close()
	defer second.Close()

	must(first.Do(ctx, account.AsHost("signup"), "acme", account.CreateAccount{Owner: "olivia"}))
	r := usher.Request{Account: "acme", Subject: "adam", Permission: createUser}
	fmt.Println("second:", must(second.Check(ctx, r)).Reason())

	// The first instance makes adam an administrator. The result has the new version.
	result := must(first.Do(ctx, account.AsUser("olivia"), "acme",
		account.AddUser{User: "adam", Role: "admin"}))

	// The second instance may use a cached account that is up to MaxStaleness old. A reader
	// of at least that version never does: it loads the commits first.
	atLeast := second.AtLeast("acme", result.Version)
	fmt.Println("second, at least version", result.Version, must(atLeast.Check(ctx, r)).Reason())
}

// open returns an engine for one of several instances: it compares its cache with the
// store at least every two seconds.
func open(s store.Store) *engine.Engine {
	return must(engine.Open(engine.Options{
		Policy: must(preset.Load("oncehub")), Store: s, MaxStaleness: 2 * time.Second,
		Observer: engine.Log(nil), // to slog.Default
	}))
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
