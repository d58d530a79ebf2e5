// Bills computes the bills of a month from the seats that accounts bought, and exports the journals.
//
//	go run ./examples/bills usher.db
package main

import (
	"context"
	"fmt"
	"log"
	"math/big"
	"os"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/storefeed"
)

// cents is the price of a seat for a day.
var cents = map[seat.PoolName]*big.Rat{"booking": big.NewRat(35, 1)}

var now time.Time // of the clock

func main() {
	if len(os.Args) != 2 {
		log.Fatal("bills needs one argument: FILE")
	}
	ctx := context.Background()
	journals := must(boltstore.Open(os.Args[1], boltstore.Options{}))
	defer journals.Close()
	az := must(engine.Open(engine.Options{
		Policy: must(preset.Load("oncehub")), Store: journals,
		Clock: func() time.Time { return now }, // a service leaves it out
	}))
	defer az.Close()
	february(ctx, az)

	now = day(time.March, 2)
	check(bill(ctx, az, day(time.February, 1), day(time.March, 1)))

	cursor := storefeed.Cursor{} // a service keeps it: see Cursor.Write and ReadCursor
	fmt.Println("first export")
	check(export(ctx, journals, cursor))
	must(az.Do(ctx, account.AsHost("billing"), "acme", account.SetSeats{Pool: "booking", Total: 9}))
	check(az.Erase(ctx, "demo"))
	fmt.Println("next export")
	check(export(ctx, journals, cursor))
}

// bill computes the bills of all accounts for a period.
func bill(ctx context.Context, az *engine.Engine, from, to time.Time) error {
	for id, err := range az.Accounts(ctx, "") {
		if err != nil {
			return err
		}
		report, err := az.Seats(ctx, id, from, to)
		if err != nil {
			return err
		}
		for _, use := range report.Pools {
			total := new(big.Rat).Mul(use.Bought.Days(), cents[use.Pool]) // exact
			fmt.Printf("%s: %s seat-days in %s, at most %d bought and %d held, %s cents, final: %v\n",
				id, use.Bought.Days().FloatString(1), use.Pool, use.PeakBought.Seats, use.PeakHeld.Seats,
				total.FloatString(0), report.Final) // rounded once, at the end
		}
	}
	return nil
}

// export sends what is new in the journals of all accounts to another system, and moves the cursor.
func export(ctx context.Context, s store.Store, cursor storefeed.Cursor) error {
	for e, err := range storefeed.Read(ctx, s, cursor) {
		switch {
		case err != nil:
			return err // the next call goes on from the cursor
		case e.Problem != nil:
			log.Printf("%s cannot be exported: %v", e.Account, e.Problem) // alert; the others go on
			continue
		}
		if err := send(e.Line()); err != nil {
			return err
		}
		cursor.Note(e) // after send, so that no line is lost
	}
	return nil
}

// send stands for the other system: it returns nil once the line is stored there.
func send(line []byte) error {
	fmt.Printf("%.39s\n", line) // the beginning of the line
	return nil
}

// february makes three accounts: acme buys more seats, beta has fewer from a date on, and demo has none.
func february(ctx context.Context, az *engine.Engine) {
	signup, billing := account.AsHost("signup"), account.AsHost("billing")
	buys := func(n int) map[seat.PoolName]int { return map[seat.PoolName]int{"booking": n} }
	at := func(t time.Time, actor account.Actor, id usher.AccountID, commands ...account.Command) {
		now = t
		must(az.Do(ctx, actor, id, commands...))
	}
	at(day(time.January, 10), signup, "acme", account.CreateAccount{Owner: "olivia", Seats: buys(2)})
	at(day(time.January, 20), signup, "beta", account.CreateAccount{Owner: "kim", Seats: buys(6)},
		account.SetSeats{Pool: "booking", Total: 1, From: day(time.February, 15)})
	at(day(time.February, 2), signup, "demo", account.CreateAccount{Owner: "eve"})
	at(day(time.February, 11).Add(12*time.Hour), billing, "acme", account.SetSeats{Pool: "booking", Total: 5})
	at(day(time.February, 12), account.AsUser("olivia"), "acme", account.AddUser{User: "mia"},
		account.AssignSeat{User: "mia", Pool: "booking"})
	at(day(time.March, 1), account.AsUser("olivia"), "acme", account.AddUser{User: "max"})
}

func day(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
