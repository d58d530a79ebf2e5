package filter_test

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
)

var editCalendar = permission.MustParse("calendar.edit")

// company contains the users of an account and their teams.
type company map[usher.UserID]*policy.User

func (c company) User(id usher.UserID) (*policy.User, error) { return c[id], nil }
func (c company) Account() (*policy.Account, error)          { return &policy.Account{}, nil }

func (c company) UsersIn(teams []usher.TeamID) iter.Seq2[usher.UserID, error] {
	return func(yield func(usher.UserID, error) bool) {
		for id, u := range c {
			for _, m := range u.Teams {
				if slices.Contains(teams, m.Team) && !yield(id, nil) {
					return
				}
			}
		}
	}
}

// Which calendars may tom edit, the manager of the team sales? In Go, and as a condition in SQL.
func Example() {
	p, err := preset.Load("oncehub")
	if err != nil {
		fmt.Println(err)
		return
	}
	facts := company{
		"tom": {Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "sales", Roles: []role.Name{"manager"}}}},
		"mia": {Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "sales"}}},
		"ned": {Status: usher.Active, Role: "member"},
	}
	editable, err := p.Filter(facts, &usher.Request{
		Account: "acme", Subject: "tom", Permission: editCalendar, Time: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, host := range []string{"mia", "ned"} {
		calendar := &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {host}}}
		yes, err := editable.Match(calendar)
		fmt.Println(host, yes, err)
	}

	calendars, err := filter.Mapping{
		Type:    "calendar",
		Account: filter.Column{Name: "c.account_id"},
		Parties: map[string]filter.Party{
			"host": filter.Column{Name: "c.host_id"},
			"team": filter.Column{Name: "c.team_id"},
		},
	}.Compile(filter.SQLite)
	if err != nil {
		fmt.Println(err)
		return
	}
	where, err := editable.SQL(calendars, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(where.SQL)
	fmt.Printf("%s\n", where.Args)
	// Output:
	// mia true <nil>
	// ned false <nil>
	// ("c"."account_id" COLLATE BINARY = ?1 AND (("c"."host_id" COLLATE BINARY IN (SELECT value FROM json_each(?2)) AND (+"c"."team_id" IS NULL OR CAST("c"."team_id" AS TEXT) COLLATE BINARY = ?3)) OR (+"c"."host_id" IS NULL AND "c"."team_id" COLLATE BINARY = ?3)))
	// [acme ["mia","tom"] sales]
}
