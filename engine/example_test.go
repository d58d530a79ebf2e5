package engine_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

// An account is created, grows, and runs out of seats; then its owner changes.
func Example() {
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	e, err := engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store)})
	if err != nil {
		panic(err)
	}
	defer e.Close()
	ctx := context.Background()

	// The host application creates the account, and its owner invites the others.
	_, err = e.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia"},
		account.SetSeats{Pool: "booking", Total: 2},
	)
	if err != nil {
		panic(err)
	}
	_, err = e.Do(ctx, account.AsUser("olivia"), "acme",
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "mia"},
		account.AssignSeat{User: "adam", Pool: "booking"},
		account.AssignSeat{User: "mia", Pool: "booking"},
	)
	if err != nil {
		panic(err)
	}

	// A third seat was not bought.
	_, err = e.Do(ctx, account.AsUser("adam"), "acme", account.AssignSeat{User: "olivia", Pool: "booking"})
	fmt.Println(err, errors.Is(err, account.CodeNoSeatsLeft))

	// The next check sees the change.
	_, err = e.Do(ctx, account.AsUser("olivia"), "acme", account.TransferOwnership{To: "adam"})
	if err != nil {
		panic(err)
	}
	d, err := e.Check(ctx, usher.Request{Account: "acme", Subject: "olivia", Permission: permission.MustParse("account.delete")})
	fmt.Println(d.Allowed(), d.Reason(), d.Detail().Version, err)

	// Output:
	// assign-seat olivia booking: no seats left: 2 of 2 seats in booking are held, and 3 would be; set-seats buys more, unassign-seat frees one true
	// false no-permission 3 <nil>
}

// The journal shows who did what.
func ExampleEngine_Journal() {
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	e, err := engine.Open(engine.Options{
		Policy: oncehub, Store: new(memstore.Store),
		Clock: func() time.Time { return time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		panic(err)
	}
	defer e.Close()
	ctx := context.Background()
	for _, batch := range []engine.Batch{
		{Actor: account.AsHost("signup"), Account: "acme", Commands: []account.Command{account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"}}},
		{Actor: account.AsUser("olivia"), Account: "acme", Commands: []account.Command{account.SetRole{User: "mia", Role: "admin"}}, Note: "Olivia is away in March"},
		{Actor: account.AsUser("mia"), Account: "acme", Commands: []account.Command{account.AddUser{User: "max"}}, IdempotencyKey: "form-17"},
		{Actor: account.AsUser("mia"), Account: "acme", Commands: []account.Command{account.AddUser{User: "max"}}, IdempotencyKey: "form-17"}, // the user clicked twice
	} {
		if _, err := e.Submit(ctx, batch); err != nil {
			panic(err)
		}
	}

	for c, err := range e.Journal(ctx, "acme", 0) {
		if err != nil {
			panic(err)
		}
		for _, change := range c.Changes {
			fmt.Printf("%d %s %s: %s", c.Version, c.Time.Format("2 Jan 15:04"), c.Actor, account.DescribeChange(change))
			if c.Note != "" {
				fmt.Printf(" (%s)", c.Note)
			}
			fmt.Println()
		}
	}

	// Before the second commit, mia could not add users.
	add := usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("user.create")}
	for _, version := range []uint64{1, 2} {
		d, err := e.At("acme", version).Check(ctx, add)
		fmt.Println(version, d.Allowed(), err)
	}

	// Output:
	// 1 1 Mar 09:00 host signup: the account is created, with olivia as owner
	// 1 1 Mar 09:00 host signup: mia is added as member
	// 2 1 Mar 09:00 olivia: mia: member becomes admin (Olivia is away in March)
	// 3 1 Mar 09:00 mia: max is added as member
	// 1 false <nil>
	// 2 true <nil>
}

// A change feed keeps a cursor for each account. A program stores the cursor in its own
// database, in the transaction that stores the effect of the commit. It reads the journal
// when a hint of a store.Watcher arrives, and on a timer.
func ExampleEngine_Journal_cursor() {
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	e, err := engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store)})
	if err != nil {
		panic(err)
	}
	defer e.Close()
	ctx := context.Background()

	cursors := map[usher.AccountID]uint64{} // a table of the host
	deliver := func(id usher.AccountID) error {
		for c, err := range e.Journal(ctx, id, cursors[id]) {
			if err != nil {
				return err
			}
			for _, change := range c.Changes {
				fmt.Println(c.Version, account.DescribeChange(change))
			}
			cursors[id] = c.Version
		}
		return nil
	}
	for _, command := range []account.Command{account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"}} {
		if _, err := e.Do(ctx, account.AsHost("signup"), "acme", command); err != nil {
			panic(err)
		}
		for range 2 { // a hint may come twice
			if err := deliver("acme"); err != nil {
				panic(err)
			}
		}
	}
	// Output:
	// 1 the account is created, with olivia as owner
	// 2 mia is added as member
}

// A host adds a user and a row of its own in one transaction. A program whose store is in a
// database makes the store.Tx from its own transaction; memstore serves tests.
func ExampleEngine_SubmitTx() {
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	s := new(memstore.Store)
	e, err := engine.Open(engine.Options{Policy: oncehub, Store: s})
	if err != nil {
		panic(err)
	}
	defer e.Close()
	ctx := context.Background()
	if _, err := e.Do(ctx, account.AsHost("signup"), "acme", account.CreateAccount{Owner: "olivia"}); err != nil {
		panic(err)
	}

	tx := s.Begin()
	defer tx.Rollback() // does nothing after Commit
	result, err := e.SubmitTx(ctx, tx, engine.Batch{
		Actor: account.AsUser("olivia"), Account: "acme", Commands: []account.Command{account.AddUser{User: "mia"}},
	})
	if err != nil {
		panic(err)
	}
	// … the host's own statements …
	added := func(view account.View, err error) bool {
		if err != nil {
			panic(err)
		}
		_, ok := view.User("mia")
		return ok
	}
	fmt.Println("in the transaction:", added(e.ReaderTx(tx).View(ctx, "acme")), "elsewhere:", added(e.View(ctx, "acme")))
	if err := tx.Commit(ctx); err != nil {
		panic(err)
	}
	fmt.Println("after it:", added(e.AtLeast("acme", result.Version).View(ctx, "acme")))
	// Output:
	// in the transaction: true elsewhere: false
	// after it: true
}
