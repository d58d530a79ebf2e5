// Later gives roles that begin and end at a date, and sells fewer seats from a date on.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
)

//go:embed policy.yaml
var policySource []byte

var editPlan = permission.MustParse("plan.edit")

var (
	june = time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	july = time.Date(2026, time.July, 1, 0, 0, 0, 0, time.UTC)
)

func main() {
	ctx := context.Background()
	now := time.Date(2026, time.May, 4, 9, 0, 0, 0, time.UTC)
	az := must(engine.Open(engine.Options{
		Policy: must(policyfile.Load("policy.yaml", policySource)), Store: new(memstore.Store),
		Clock: func() time.Time { return now }, // a service leaves it out
	}))
	defer az.Close()
	billing, adam, mia := account.AsHost("billing"), account.AsUser("adam"), account.AsUser("mia")
	must(az.Do(ctx, billing, "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"desk": 2}},
		account.AddUser{User: "adam", Role: "admin"}, account.AddUser{User: "mia"},
		account.AddUser{User: "max"}, account.AddUser{User: "zoe"}))

	// Mia stands in for Adam until June. She cannot give more, and not for longer.
	must(az.Do(ctx, adam, "acme", account.SetRole{User: "mia", Role: "admin", Until: june}))
	ask := usher.Request{Account: "acme", Subject: "mia", Permission: editPlan}
	fmt.Println("mia edits plans:", must(az.Explain(ctx, ask)).Sentence)
	ask.Time = june
	fmt.Println("mia in June:", must(az.Check(ctx, ask)).Allowed())
	_, err := az.Do(ctx, mia, "acme", account.SetRole{User: "zoe", Role: "admin"})
	fmt.Println("mia makes zoe an admin:", err)

	// Max becomes a planner in June. The preview states what differs, and from when on.
	planner := account.SetRole{User: "max", Role: "planner", From: june, Until: july}
	preview := must(az.Preview(ctx, engine.Batch{
		Actor: adam, Account: "acme", Commands: []account.Command{planner},
	}))
	for _, later := range preview.Later {
		for _, u := range later.Users {
			fmt.Printf("from %s on, new rules of %s: %d\n", date(later.At), u.User, len(u.Gains))
		}
	}
	must(az.Do(ctx, adam, "acme", planner))

	// The plan has one desk from June on. Zoe is to be a planner in the middle of June.
	must(az.Do(ctx, billing, "acme", account.SetSeats{Pool: "desk", Total: 1, From: june}))
	must(az.Do(ctx, adam, "acme",
		account.SetRole{User: "zoe", Role: "planner", From: june.AddDate(0, 0, 14)}))
	view := must(az.View(ctx, "acme"))
	for e := range view.Scheduled(account.ScheduleEntry{}) {
		fmt.Println("scheduled:", e.ID, date(e.At), account.Describe(e.Command))
	}
	// Without its end, entry 3, Max keeps the role.
	must(az.Do(ctx, adam, "acme", account.Cancel{ID: 3}))

	now = july.AddDate(0, 0, 2) // two months later; no job has run, and there is no commit
	view = must(az.View(ctx, "acme"))
	for _, id := range []usher.UserID{"mia", "max", "zoe"} {
		d := must(az.Check(ctx, usher.Request{Account: "acme", Subject: id, Permission: editPlan}))
		u, _ := view.User(id)
		fmt.Printf("%s on %s: %s, edits plans: %v\n", id, date(now), u.Role, d.Allowed())
	}
	for _, e := range view.Skipped() {
		fmt.Println("was not possible:", date(e.At), account.Describe(e.Command))
	}

	// The next commit begins with what took effect before it.
	result := must(az.Do(ctx, adam, "acme", account.AddUser{User: "ben"}))
	for _, c := range result.Commit.Changes[:2] {
		fmt.Println("recorded:", account.DescribeChange(c))
	}
}

func date(t time.Time) string { return t.Format(time.DateOnly) }

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
