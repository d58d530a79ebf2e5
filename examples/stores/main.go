// Stores opens a store of each durable kind, and keeps an account in it.
//
//	go run ./examples/stores usher.db
//	go run ./examples/stores sqlite:shop.sqlite
//	go run ./examples/stores postgres://localhost/shop
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("stores needs one argument: FILE, sqlite:FILE or postgres://…")
	}
	keep(context.Background(), os.Args[1])
}

// keep creates an account in a store, unless it is there.
func keep(ctx context.Context, name string) {
	s, closeStore := open(ctx, name)
	defer closeStore()
	az := must(engine.Open(engine.Options{Policy: must(preset.Load("oncehub")), Store: s}))
	defer az.Close()

	_, err := az.Do(ctx, account.AsHost("signup"), "acme", account.CreateAccount{Owner: "olivia"})
	switch {
	case err == nil:
		fmt.Println("acme is created")
	case errors.Is(err, account.ErrExists):
		fmt.Println("acme was here before")
	default:
		log.Fatal(err)
	}
}

// open opens a store by its name.
func open(ctx context.Context, name string) (s store.Store, closeStore func()) {
	path, isSQLite := strings.CutPrefix(name, "sqlite:")
	switch {
	case isSQLite:
		return inSQLite(ctx, path)
	case strings.HasPrefix(name, "postgres://"):
		return inPostgres(ctx, name)
	default:
		return inFile(name)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
