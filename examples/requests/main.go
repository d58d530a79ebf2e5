// Requests lets users ask for what they may not do, and other users approve it.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"strings"

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

var editCalendar = permission.MustParse("calendar.edit")

var az *engine.Engine

func main() {
	ctx := context.Background()
	studio := must(policyfile.Load("policy.yaml", policySource))
	az = must(engine.Open(engine.Options{Policy: studio, Store: new(memstore.Store)}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olga", Seats: map[seat.PoolName]int{"booking": 1}},
		account.CreateTeam{Team: "sales"},
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "mona", Teams: []usher.TeamID{"sales"}},
		account.SetTeamRole{Team: "sales", User: "mona", Role: "manager"},
		account.AddUser{User: "mia", Teams: []usher.TeamID{"sales"}},
		account.AddUser{User: "max", Teams: []usher.TeamID{"sales"}}))
	do := func(user usher.UserID, command account.Command) {
		report(user)(az.Do(ctx, account.AsUser(user), "acme", command))
	}

	// A denial becomes a request, and the manager approves it.
	edit := usher.Request{Account: "acme", Subject: "mia", Permission: editCalendar}
	edit.Resource = &usher.Object{
		Type: "calendar", ID: "intro", Account: "acme",
		Parties: map[string][]string{"host": {"mia"}},
	}
	fmt.Println("mia edits intro:", must(az.Check(ctx, edit)).Allowed())
	report("mia")(askFor(ctx, edit, "for the fair"))
	for _, user := range []usher.UserID{"mia", "max", "mona"} {
		for _, r := range must(inbox(ctx, user)) {
			fmt.Printf("inbox of %s: %d by %s, %q\n", user, r.ID, r.User, r.Note)
		}
	}
	do("mia", account.Approve{Request: 1})
	do("mona", account.Approve{Request: 1})
	fmt.Println("mia edits intro:", must(az.Check(ctx, edit)).Allowed())

	// A wish for one more seat: only the owner buys seats.
	do("mona", account.Request{Commands: []account.Command{
		account.SetSeats{Pool: "booking", Total: 2},
		account.AssignSeat{User: "max", Pool: "booking"},
	}})
	do("adam", account.Approve{Request: 2})
	do("olga", account.Approve{Request: 2})

	// Adam offers to take over the account.
	do("adam", account.Request{Commands: []account.Command{
		account.TransferOwnership{To: "adam"},
	}})
	do("olga", account.Approve{Request: 3})

	// A request is declined.
	do("mia", account.Request{Commands: []account.Command{
		account.SetRole{User: "mia", Role: "admin"},
	}})
	do("adam", account.Decline{Request: 4, Note: "next year"})

	// Zoe is not in the account, and asks to join it.
	do("zoe", account.RequestToJoin{})
	do("adam", account.AdmitUser{User: "zoe"})
}

// report prints what a user has changed, or why not.
func report(user usher.UserID) func(engine.Result, error) {
	return func(result engine.Result, err error) {
		switch {
		case err != nil:
			fmt.Println(user, "-", err)
			return
		case result.Commit == nil:
			fmt.Println(user, "- changed nothing")
			return
		}
		var lines []string
		for _, c := range result.Commit.Changes {
			lines = append(lines, account.DescribeChange(c))
		}
		fmt.Println(user, "-", strings.Join(lines, ", "))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
