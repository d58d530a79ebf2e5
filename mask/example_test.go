package mask_test

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/mask"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

// Busy is an event in the form that an API returns.
type Busy struct {
	Start string
	Title string `usher:"title"`
	Place string `usher:"location"`
}

var freeBusy = mask.MustFor[[]Busy](mask.Placeholders{"title": "Booked"})

const shared = `
usher: 1
roles:
  owner:  {unique: true, all: true, hands-over-to: member}
  member: {default: true}
resources:
  calendar:
    fields: {details: [title, location]}
    permissions:
      view: {member: any hiding details}
`

// office is an account with one member.
type office struct{ *policy.Policy }

func (office) User(usher.UserID) (*policy.User, error) {
	return &policy.User{Status: usher.Active, Role: "member"}, nil
}

func (office) Account() (*policy.Account, error) { return &policy.Account{}, nil }

func (o office) Check(_ context.Context, r usher.Request) (usher.Decision, error) {
	r.Time = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	return o.Decide(o, &r)
}

func Example() {
	p, err := policyfile.Load("shared.yaml", []byte(shared))
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := usher.Require(context.Background(), office{p}, usher.Request{
		Subject: "mia", Permission: permission.MustParse("calendar.view"), Resource: &usher.Object{Type: "calendar", ID: "c1"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	day := []Busy{{"09:00", "Board meeting", "R1"}, {"14:00", "Dentist", "Main Street"}}
	for _, e := range freeBusy.Apply(d, day) {
		fmt.Printf("%s %q %q\n", e.Start, e.Title, e.Place)
	}
	fmt.Println("untouched:", day[1].Title)
	fmt.Println("all fields have tags:", freeBusy.Covers(p.Fields("calendar")...) == nil)
	// Output:
	// 09:00 "Booked" ""
	// 14:00 "Booked" ""
	// untouched: Dentist
	// all fields have tags: true
}

func ExampleColumns() {
	columns := mask.Columns{
		{Name: "starts_at"},
		{Name: "title", Field: "title", Instead: "Booked"},
		{Name: "place", Field: "location"},
	}
	row, _ := columns.Without([]any{"09:00", "Board meeting", "R1"}, "title", "location")
	fmt.Println(row...)
	// Output: 09:00 Booked <nil>
}
