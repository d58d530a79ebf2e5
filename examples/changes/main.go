// Changes changes roles, seats and ownership of an account by commands.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
)

func main() {
	ctx := context.Background()
	oncehub := must(preset.Load("oncehub"))
	az := must(engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store)}))
	defer az.Close()

	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 1}}))

	// A batch is one commit: all of its commands, or none.
	result := must(az.Submit(ctx, engine.Batch{
		Actor: account.AsUser("olivia"), Account: "acme",
		Commands: []account.Command{
			account.AddUser{User: "adam", Role: "admin"},
			account.AddUser{User: "mia"},
			account.AssignSeat{User: "mia", Pool: "booking"},
		},
		IdempotencyKey: "import-1", // a retry does nothing, and returns this result
		Note:           "first users",
	}))
	fmt.Println("version", result.Version)

	// The code of a rejection says why. A denial is one of the codes.
	_, err := az.Do(ctx, account.AsUser("adam"), "acme", account.TransferOwnership{To: "adam"})
	fmt.Println(errors.Is(err, usher.ErrDenied), err)
	_, err = az.Do(ctx, account.AsUser("adam"), "acme",
		account.AddUser{User: "max"}, account.AssignSeat{User: "max", Pool: "booking"})
	fmt.Println(errors.Is(err, account.CodeNoSeatsLeft), err)

	// A preview has the changes, and what they mean for each user. It stores nothing.
	preview := must(az.Preview(ctx, engine.Batch{
		Actor: account.AsUser("olivia"), Account: "acme",
		Commands: []account.Command{account.TransferOwnership{To: "adam"}},
	}))
	for _, c := range preview.Changes {
		fmt.Println("would change:", account.DescribeChange(c))
	}

	// The journal is the audit log: who changed what, when and why.
	for commit, err := range az.Journal(ctx, "acme", 0) {
		if err != nil {
			log.Fatal(err)
		}
		for _, c := range commit.Changes {
			fmt.Println(commit.Version, commit.Actor, "-", account.DescribeChange(c))
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
