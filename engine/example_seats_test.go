package engine_test

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
)

// A bill for March: the seats that were bought, for as long as each was, and at most.
func ExampleEngine_Seats() {
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	april := time.Date(2026, time.April, 2, 0, 0, 0, 0, time.UTC)
	e, err := engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store), Clock: func() time.Time { return april }})
	if err != nil {
		panic(err)
	}
	defer e.Close()
	ctx := context.Background()
	for _, batch := range []engine.Batch{
		{
			Time:     time.Date(2026, time.February, 20, 0, 0, 0, 0, time.UTC),
			Commands: []account.Command{account.CreateAccount{Owner: "olivia"}, account.SetSeats{Pool: "booking", Total: 2}},
		},
		{
			Time:     time.Date(2026, time.March, 11, 0, 0, 0, 0, time.UTC),
			Commands: []account.Command{account.SetSeats{Pool: "booking", Total: 5}, account.AssignSeat{User: "olivia", Pool: "booking"}},
		},
	} {
		batch.Actor, batch.Account = account.AsHost("signup"), "acme"
		if _, err := e.Submit(ctx, batch); err != nil {
			panic(err)
		}
	}

	march := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	report, err := e.Seats(ctx, "acme", march, march.AddDate(0, 1, 0))
	if err != nil {
		panic(err)
	}
	for _, use := range report.Pools {
		fmt.Printf("%s: %s seat-days bought, at most %d seats\n", use.Pool, use.Bought.Days().FloatString(3), use.PeakBought.Seats)
		fmt.Printf("%s: %s seat-days held, at most %d seats\n", use.Pool, use.Held.Days().FloatString(3), use.PeakHeld.Seats)
		fmt.Println("exact seat-seconds:", use.Bought, use.Held)
	}
	fmt.Println("final:", report.Final)

	for span, err := range e.SeatSpans(ctx, "acme", march, march.AddDate(0, 1, 0)) {
		if err != nil {
			panic(err)
		}
		fmt.Println(span.From.Format(time.DateOnly), span.To.Format(time.DateOnly), span.Pool, span.Seats.Total, span.Seats.Held)
	}
	// Output:
	// booking: 125.000 seat-days bought, at most 5 seats
	// booking: 21.000 seat-days held, at most 1 seats
	// exact seat-seconds: 10800000 1814400
	// final: false
	// 2026-03-01 2026-03-11 booking 2 0
	// 2026-03-11 2026-04-01 booking 5 1
}
