// Customroles lets an administrator of an account make a role that the product does not have.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"log"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/memstore"
)

//go:embed policy.yaml
var policySource []byte

var editCalendar = permission.MustParse("calendar.edit")

var az *engine.Engine

// printOffers prints the choices for a new role, as a form would show them.
func printOffers() {
	for _, offer := range az.Policy().Offers() {
		title := az.Policy().PermissionTitle(offer.Permission)
		fmt.Printf("a role can %s: %s\n", title, offer.Rule)
	}
}

func main() {
	ctx := context.Background()
	az = must(engine.Open(engine.Options{
		Policy: must(policyfile.Load("policy.yaml", policySource)),
		Store:  new(memstore.Store),
	}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia"}, account.CreateTeam{Team: "praxis"},
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "fred", Teams: []usher.TeamID{"praxis"}},
		account.AddUser{User: "dina", Teams: []usher.TeamID{"praxis"}}))
	printOffers()

	// Adam, an administrator, makes a role of three of these choices, and gives it to Fred.
	adam := account.AsUser("adam")
	must(az.Do(ctx, adam, "acme",
		account.DefineRole{Role: "front-desk", Title: "Front desk", Gives: account.Gives{
			"calendar.view": {"any"},
			"calendar.edit": {"own", "team"},
		}},
		account.SetRole{User: "fred", Role: "front-desk"}))
	edit := usher.Request{Account: "acme", Subject: "fred", Permission: editCalendar}
	edit.Resource = &usher.Object{
		Type: "calendar", ID: "c1", Parties: map[string][]string{"host": {"dina"}},
	}
	fmt.Println("fred edits the calendar of dina:", must(az.Check(ctx, edit)))

	// What Adam cannot make. Each rejection has a code.
	for _, role := range []account.DefineRole{
		{Role: "planner", Gives: account.Gives{"calendar.edit": {"any"}}},
		{Role: "books", Gives: account.Gives{"invoice.view": {"any"}}},
		{Role: "admin", Gives: account.Gives{"calendar.view": {"any"}}},
	} {
		_, err := az.Do(ctx, adam, "acme", role)
		fmt.Println(err)
	}

	// Before Adam changes the role, a preview shows what its holders gain and lose.
	change := account.ChangeRole{Role: "front-desk", Gives: account.Gives{"calendar.edit": {"own"}}}
	preview := must(az.Preview(ctx, engine.Batch{
		Actor: adam, Account: "acme", Commands: []account.Command{change},
	}))
	for _, lost := range preview.Roles[0].Loses {
		fmt.Println(lost.Users, "user would lose", lost.Rule)
	}

	// A later policy no longer offers a rule that the role has.
	narrower := must(policyfile.Load("policy.yaml",
		bytes.Replace(policySource, []byte("custom: [own, team]"), []byte("custom: own"), 1)))
	err := az.SetPolicy(ctx, narrower)
	fmt.Println(err)
	var list *engine.PolicyMismatchError
	if errors.As(err, &list) {
		err = az.SetPolicy(ctx, narrower, engine.Accept(list))
	}
	fmt.Println("accepted:", err == nil)
	fmt.Println("fred edits the calendar of dina:", must(az.Check(ctx, edit)))

	// A role with holders is deleted only with another one in its place.
	_, err = az.Do(ctx, adam, "acme", account.DeleteRole{Role: "front-desk"})
	fmt.Println(err)
	deleted := must(az.Do(ctx, adam, "acme",
		account.DeleteRole{Role: "front-desk", ReplaceBy: "member"}))
	for _, c := range deleted.Commit.Changes {
		fmt.Println(account.DescribeChange(c))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
