package boltstore_test

import (
	"context"
	"errors"
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
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/boltstore"
)

// The README shows what stands here; a test compares the two.
func Example() {
	dir, err := os.MkdirTemp("", "usher")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	now := func() time.Time { return time.Date(2026, time.March, 1, 9, 0, 0, 0, time.UTC) }

	oncehub, err := preset.Load("oncehub")
	if err != nil {
		log.Fatal(err)
	}
	file, err := boltstore.Open(filepath.Join(dir, "usher.db"), boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	az, err := engine.Open(engine.Options{Policy: oncehub, Store: file, Clock: now})
	if err != nil {
		log.Fatal(err)
	}
	defer az.Close()

	// The host makes the account; from then on people act, as far as the policy lets them.
	_, err = az.Do(ctx, account.Host("signup"), "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 1}})
	if err != nil {
		log.Fatal(err)
	}
	_, err = az.Do(ctx, account.User("olivia"), "acme",
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "mia"},
		account.AssignSeat{User: "mia", Pool: "booking"})
	if err != nil {
		log.Fatal(err)
	}

	// The seat too many is refused, and nothing of the batch is done.
	_, err = az.Do(ctx, account.User("adam"), "acme",
		account.AddUser{User: "max"},
		account.AssignSeat{User: "max", Pool: "booking"})
	fmt.Println(errors.Is(err, account.NoSeatsLeft), err)

	// Ownership is handed over, never shared.
	_, err = az.Do(ctx, account.User("adam"), "acme", account.TransferOwnership{To: "adam"})
	fmt.Println(errors.Is(err, usher.ErrDenied))
	_, err = az.Do(ctx, account.User("olivia"), "acme", account.TransferOwnership{To: "adam"})
	if err != nil {
		log.Fatal(err)
	}
	d, err := az.Check(ctx, usher.Request{Account: "acme", Subject: "adam", Permission: permission.MustParse("account.delete")})
	fmt.Println(d.Allowed(), err)

	// Who changed what, and when.
	for commit, err := range az.Journal(ctx, "acme", 0) {
		if err != nil {
			log.Fatal(err)
		}
		for _, c := range commit.Changes {
			fmt.Println(commit.Version, commit.Actor, "-", account.DescribeChange(c))
		}
	}
	// Output:
	// true command 2 of 2: assign-seat max booking: no seats left: 1 of 1 seats in booking are held; set-seats buys more, unassign-seat frees one
	// true
	// true <nil>
	// 1 host signup - the account begins, with olivia as owner
	// 1 host signup - seats in booking: 0 becomes 1
	// 2 olivia - adam is added as admin
	// 2 olivia - mia is added as member
	// 2 olivia - mia gets a seat in booking
	// 3 olivia - olivia hands the account over to adam, who was admin, and becomes admin
}
