package usher_test

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
)

// mayEdit is parsed once, like a regular expression.
var mayEdit = permission.MustParse("calendar.edit")

// Calendar is a type of the host. Three methods make it a usher.Resource.
type Calendar struct {
	ID      string
	Company usher.AccountID
	Hosts   []string
}

func (c *Calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.ID} }

func (c *Calendar) InAccount() usher.AccountID { return c.Company }

func (c *Calendar) Party(name string) (ids []string, known bool) {
	if name == "host" {
		return c.Hosts, true
	}
	return nil, true // no calendar has a team as its host
}

// Staff contains the facts of an account. A host reads them from its own storage.
type Staff map[usher.UserID]*policy.User

func (s Staff) User(id usher.UserID) (*policy.User, error) { return s[id], nil }

func (s Staff) Account() (*policy.Account, error) { return &policy.Account{}, nil }

func Example() {
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	staff := Staff{
		"tom": {Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "sales", Roles: []role.Name{"manager"}}}},
		"mia": {Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "sales"}}},
		"max": {Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "sales"}}},
	}
	shared := &Calendar{ID: "demo", Hosts: []string{"mia", "max"}}
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

	for _, subject := range []usher.UserID{"tom", "mia"} {
		d, err := oncehub.Decide(staff, &usher.Request{Subject: subject, Permission: mayEdit, Resource: shared, Time: now})
		if err != nil {
			panic(err) // an error denies, too: d is the zero Decision
		}
		fmt.Println(subject, d.Allowed(), d.Reason())
	}

	x, _ := oncehub.Explain(staff, &usher.Request{Subject: "mia", Permission: mayEdit, Resource: shared, Time: now})
	for _, remedy := range x.Remedies {
		fmt.Println("would help:", remedy.Text)
	}
	// Output:
	// tom true granted
	// mia false out-of-scope
	// would help: be the only host
	// would help: role manager on team sales
	// would help: a grant of calendar.edit
	// would help: role admin
}

// Gate is a minimal Authorizer: a policy and facts.
type Gate struct {
	policy *policy.Policy
	facts  policy.Facts
}

func (g Gate) Check(_ context.Context, r usher.Request) (usher.Decision, error) {
	return g.policy.Decide(g.facts, &r)
}

func ExampleRequire() {
	p, err := preset.Load("oncehub")
	if err != nil {
		panic(err)
	}
	az := Gate{p, Staff{"ned": {Status: usher.Active, Role: "member"}}}
	_, err = usher.Require(context.Background(), az, usher.Request{
		Subject: "ned", Permission: mayEdit, Resource: &Calendar{ID: "demo", Hosts: []string{"mia"}}, Time: time.Now(),
	})
	fmt.Println(err)
	// Output:
	// ned may not calendar.edit on calendar demo: denied (out-of-scope): `member: sole` of calendar.edit (oncehub.yaml:97) does not reach this resource
}
