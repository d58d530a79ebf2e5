// Basic makes the five kinds of checks on an account in memory.
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

var (
	viewCalendar = permission.MustParse("calendar.view")
	editCalendar = permission.MustParse("calendar.edit")
)

func main() {
	ctx := context.Background()
	oncehub := must(preset.Load("oncehub"))
	az := must(engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store)}))
	defer az.Close()

	// The application creates the account with its owner. The owner adds users.
	must(az.Do(ctx, account.AsHost("signup"), "acme", account.CreateAccount{Owner: "olivia"}))
	must(az.Do(ctx, account.AsUser("olivia"), "acme",
		account.AddUser{User: "mia"}, account.AddUser{User: "max"}))

	// May mia edit this calendar? A member edits a calendar that the member alone hosts.
	r := usher.Request{Account: "acme", Subject: "mia", Permission: editCalendar}
	for _, hosts := range [][]string{{"mia"}, {"mia", "max"}} {
		r.Resource = &usher.Object{
			Type: "calendar", ID: "demo", Parties: map[string][]string{"host": hosts},
		}
		fmt.Println(must(az.Check(ctx, r)))
	}

	// Why not, and what would change the decision?
	fmt.Println(must(az.Explain(ctx, r)))

	// What may mia do on this calendar?
	for _, a := range must(az.Actions(ctx, r)) {
		fmt.Println("mia may", a.Permission)
	}

	// Several checks of one user, for one page: the account and the user are found once, and all
	// decisions are about one version.
	page := must(az.As(ctx, "acme", "mia", nil))
	for _, p := range []permission.Permission{viewCalendar, editCalendar} {
		fmt.Println("the page has", p, must(page.Check(p, r.Resource)).Allowed())
	}

	// Which users may edit this calendar?
	for user, err := range az.WhoMay(ctx, r, "") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(user.ID, "may", editCalendar)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
