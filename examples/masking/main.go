// Masking removes from structs and rows what a decision hides.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/mask"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/memstore"
)

//go:embed policy.yaml
var policySource []byte

var viewEvent = permission.MustParse("event.view")

// Event is a type of the application. A tag names the field of the policy.
type Event struct {
	Start string
	Title string `usher:"title"`
	Place *Place `usher:"location"`
}

// Place is masked as a whole, by the tag on Event.Place.
type Place struct{ Room string }

// masked masks events. Create a masker once; MustFor panics for a type that it cannot mask.
var masked = mask.MustFor[*Event](mask.Placeholders{"title": "Booked"})

// columns does the same for rows of a query.
var columns = mask.Columns{
	{Name: "start"},
	{Name: "title", Field: "title", Instead: "Booked"},
	{Name: "room", Field: "location"},
}

func main() {
	ctx := context.Background()
	p := must(policyfile.Load("policy.yaml", policySource))
	az := must(engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia"},
		account.AddUser{User: "mia"},
		account.AddUser{User: "max"}))

	// A field of the policy that no tag names is an error. Make this call in a test.
	if err := masked.Covers(p.Fields("event")...); err != nil {
		log.Fatal(err)
	}
	event := &Event{Start: "09:00", Title: "Salary talk", Place: &Place{Room: "3.14"}}
	for _, user := range []usher.UserID{"mia", "max", "eve"} {
		d := must(az.Check(ctx, usher.Request{
			Account: "acme", Subject: user, Permission: viewEvent,
			Resource: &usher.Object{
				Type: "event", Parties: map[string][]string{"attendee": {"mia"}},
			},
		}))
		fmt.Println(user, show(masked.Apply(d, event)))
		fmt.Println(user, must(columns.Row(d, []any{"09:00", "Salary talk", "3.14"})))
	}
}

func show(e *Event) string {
	if e == nil {
		return "nothing: the decision denies"
	}
	return fmt.Sprintf("%s %s, place %v", e.Start, e.Title, e.Place)
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
