// Archive moves the first commits of the journals in a file to a folder, and reads them there.
//
//	go run ./examples/archive usher.db archive
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/filearchive"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("archive needs two arguments: FILE FOLDER")
	}
	ctx := context.Background()
	oncehub := must(preset.Load("oncehub"))
	journals := must(boltstore.Open(os.Args[1], boltstore.Options{}))
	defer journals.Close()
	grow(ctx, oncehub, journals)

	az := must(engine.Open(engine.Options{
		Policy: oncehub, Store: journals, Archive: must(filearchive.Open(os.Args[2])),
	}))
	defer az.Close()
	shortenAll(ctx, az)

	// All that reads old commits finds them in the archive.
	view := must(az.At("acme", 1).View(ctx, "acme"))
	fmt.Println("users of acme at version 1:", view.State().Users())
	commits := 0
	for _, err := range az.Journal(ctx, "acme", 0) {
		if err != nil {
			log.Fatal(err)
		}
		commits++
	}
	fmt.Println("commits of acme:", commits)
}

// shortenAll is a job that runs at night.
func shortenAll(ctx context.Context, az *engine.Engine) {
	for id, err := range az.Accounts(ctx, "") {
		if err != nil {
			log.Fatal(err)
		}
		upTo, err := az.Shorten(ctx, id)
		if err != nil {
			log.Print(err) // the journal is as it was, and the next run tries again
			continue
		}
		fmt.Printf("%s: some commits are in the archive: %v\n", id, upTo > 0)
	}
}

// grow makes an account with a journal of 300 commits. The engine stores a snapshot from 32 KiB on, at
// the latest when it is closed.
func grow(ctx context.Context, p *policy.Policy, s store.Store) {
	az := must(engine.Open(engine.Options{Policy: p, Store: s}))
	host := account.AsHost("signup")
	must(az.Do(ctx, host, "acme", account.CreateAccount{Owner: "olivia"}))
	for i := range 299 {
		user := usher.UserID(fmt.Sprint("user", i))
		must(az.Do(ctx, host, "acme", account.AddUser{User: user}))
	}
	if err := az.Close(); err != nil {
		log.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
