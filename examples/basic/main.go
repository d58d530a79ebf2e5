// Basic asks two questions about an account that is kept in memory.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

var editCalendar = permission.MustParse("calendar.edit")

func main() {
	ctx := context.Background()
	oncehub := must(preset.Load("oncehub"))
	az := must(engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store)}))
	defer az.Close()

	// The host makes the account with its owner; the owner adds people.
	must(az.Do(ctx, account.Host("signup"), "acme", account.CreateAccount{Owner: "olivia"}))
	must(az.Do(ctx, account.User("olivia"), "acme", account.AddUser{User: "mia"}, account.AddUser{User: "max"}))

	// A member edits a calendar whose only host she is, and no other.
	for _, hosts := range [][]string{{"mia"}, {"mia", "max"}} {
		calendar := &usher.Object{Type: "calendar", Parties: map[string][]string{"host": hosts}}
		fmt.Println(must(az.Check(ctx, usher.Request{Account: "acme", Subject: "mia", Permission: editCalendar, Resource: calendar})))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
