// Sharing lets the hosts of a calendar give users and teams a role on it.
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
	"github.com/usher-go/usher/store/memstore"
)

//go:embed policy.yaml
var policySource []byte

var (
	viewCalendar = permission.MustParse("calendar.view")
	editCalendar = permission.MustParse("calendar.edit")
)

// calendars are the rows of the application.
var calendars = map[string]*usher.Object{
	"demo":  calendar("demo", "max"),
	"intro": calendar("intro", "mia"),
}

func calendar(id, host string) *usher.Object {
	return &usher.Object{
		Type: "calendar", ID: id, Account: "acme",
		Parties: map[string][]string{"host": {host}},
	}
}

var az *engine.Engine

// share gives or takes a role on a calendar. The hosts of the row decide whether the user may, so
// load the row from your database, and never take it from the request.
func share(
	ctx context.Context, as usher.UserID, c *usher.Object, command account.Command,
) (engine.Result, error) {
	return az.Submit(ctx, engine.Batch{
		Actor: account.AsUser(as), Account: c.Account,
		Commands:  []account.Command{command},
		Resources: []usher.Resource{c},
	})
}

// unshareAll is for a calendar that was deleted. Without it, a new calendar with the same id would
// be shared with the users of the old one.
func unshareAll(ctx context.Context, c *usher.Object) (engine.Result, error) {
	return az.Do(ctx, account.AsHost("calendars"), c.Account, account.Forget{On: c.Ref()})
}

// printShares prints the users and teams that hold a role on a calendar, or get one later, with its
// beginning and its end.
func printShares(ctx context.Context, c *usher.Object) {
	view := must(az.View(ctx, c.Account))
	for held := range view.TermsOn(c.Ref(), account.Holder{}) {
		for _, term := range held.Terms {
			fmt.Printf("%s: %s%s is %s", c.ID, held.User, held.Team, term.Role)
			if !term.From.IsZero() {
				fmt.Print(term.From.Format(" from 2 January"))
			}
			if !term.Until.IsZero() {
				fmt.Print(term.Until.Format(" until 2 January"))
			}
			fmt.Println()
		}
	}
}

// printList prints the calendars that a user may view. An application uses the filter in SQL.
func printList(ctx context.Context, user usher.UserID) {
	f := must(az.Filter(ctx, usher.Request{
		Account: "acme", Subject: user, Permission: viewCalendar,
	}))
	ids := []string{}
	for _, id := range []string{"demo", "intro"} {
		if must(f.Match(calendars[id])) {
			ids = append(ids, id)
		}
	}
	fmt.Println(user, "sees", ids)
}

func main() {
	ctx := context.Background()
	april, june := date(time.April), date(time.June)
	az = must(engine.Open(engine.Options{
		Policy: must(policyfile.Load("policy.yaml", policySource)),
		Store:  new(memstore.Store),
		Clock:  func() time.Time { return april }, // so that June is later, whenever you run this
	}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia"}, account.CreateTeam{Team: "sales"},
		account.AddUser{User: "mia"}, account.AddUser{User: "max"},
		account.AddUser{User: "sue", Teams: []usher.TeamID{"sales"}}))

	intro := calendars["intro"]
	edit := usher.Request{
		Account: "acme", Subject: "max", Permission: editCalendar, Resource: intro,
	}
	fmt.Println("max edits intro:", must(az.Check(ctx, edit)))

	// Mia, its host, shares it: with Max until June, and with all users of a team.
	editor := account.GiveRoleOn{User: "max", Role: "editor", On: intro.Ref(), Until: june}
	viewers := account.GiveRoleOn{Team: "sales", Role: "viewer", On: intro.Ref()}
	must(share(ctx, "mia", intro, editor))
	must(share(ctx, "mia", intro, viewers))
	printShares(ctx, intro)
	printList(ctx, "max")
	printList(ctx, "sue")
	fmt.Println(must(az.Explain(ctx, edit)))
	edit.Time = june
	fmt.Println("max edits intro in June:", must(az.Check(ctx, edit)))

	// Max may edit it and not share it: the policy gives calendar.share to hosts alone.
	_, err := share(ctx, "max", intro, viewers)
	fmt.Println("max shares intro:", err)

	// Mia takes the role back. Then she deletes the calendar, and olivia makes a new one with its id.
	must(share(ctx, "mia", intro,
		account.TakeRoleOn{User: "max", Role: "editor", On: intro.Ref()}))
	printList(ctx, "max")
	must(unshareAll(ctx, intro))
	calendars["intro"] = calendar("intro", "olivia")
	fmt.Println("olivia has a new intro")
	printList(ctx, "sue")
}

func date(m time.Month) time.Time { return time.Date(2026, m, 1, 0, 0, 0, 0, time.UTC) }

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
