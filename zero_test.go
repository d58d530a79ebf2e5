package usher_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// world is an account with one active owner, who may do everything there is.
type world struct{ user policy.User }

func (w *world) User(usher.UserID) (*policy.User, error) { return &w.user, nil }
func (w *world) Account() (*policy.Account, error)       { return &policy.Account{}, nil }

// Every zero value refuses: each row asks what the one thing that is zero must
// not let through.
func TestZeroValuesRefuse(t *testing.T) {
	p, err := preset.Load("oncehub")
	assert.NoError(t, err)
	owner := &world{policy.User{Status: usher.Active, Role: "owner"}}
	ask := func(p *policy.Policy, f policy.Facts, change func(*usher.Request)) bool {
		r := usher.Request{Account: "acme", Subject: "olivia", Permission: permission.MustParse("account.configure"), Time: time.Unix(1, 0)}
		change(&r)
		d, err := p.Decide(f, &r)
		return err == nil && d.Allowed()
	}
	same := func(*usher.Request) {}
	assert.True(t, ask(p, owner, same), "but for the zero, all of them would be allowed")

	for name, allowed := range map[string]func() bool{
		"Decision":       func() bool { return usher.Decision{}.Allowed() },
		"Decision.Hides": func() bool { return !usher.Decision{}.Hides("title") },
		"Decision without a basis": func() bool {
			return usher.NewDecision(nil, usher.Outcome(usher.ReasonGranted), time.Time{}).Allowed()
		},
		"Outcome":     func() bool { return usher.Outcome(0).Reason() == usher.ReasonGranted },
		"Reason":      func() bool { return usher.Reason(0) == usher.ReasonGranted },
		"Explanation": func() bool { return usher.Explanation{}.Decision.Allowed() },
		"Action":      func() bool { return policy.Action{}.Decision.Allowed() },
		"DeniedError": func() bool { return (&usher.DeniedError{}).Decision.Allowed() },
		"Authorizer": func() bool {
			_, err := usher.Require(context.Background(), nil, usher.Request{})
			return err == nil
		},
		"Request": func() bool { return ask(p, owner, func(r *usher.Request) { *r = usher.Request{} }) },
		"nil Request": func() bool {
			d, err := p.Decide(owner, nil)
			return err == nil && d.Allowed()
		},
		"Request.Subject":    func() bool { return ask(p, owner, func(r *usher.Request) { r.Subject = "" }) },
		"Request.Permission": func() bool { return ask(p, owner, func(r *usher.Request) { r.Permission = permission.Permission{} }) },
		"Request.Time":       func() bool { return ask(p, owner, func(r *usher.Request) { r.Time = time.Time{} }) },
		"Object":             func() bool { return ask(p, owner, func(r *usher.Request) { r.Resource = &usher.Object{} }) },
		"nil Object":         func() bool { return ask(p, owner, func(r *usher.Request) { r.Resource = (*usher.Object)(nil) }) },
		"Policy":             func() bool { return ask(&policy.Policy{}, owner, same) },
		"nil Policy":         func() bool { return ask(nil, owner, same) },
		"Document": func() bool {
			_, err := (&policy.Document{}).Compile()
			return err == nil
		},
		"User":        func() bool { return ask(p, &world{}, same) },
		"User.Status": func() bool { return ask(p, &world{policy.User{Role: "owner"}}, same) },
		"User.Role":   func() bool { return ask(p, &world{policy.User{Status: usher.Active}}, same) },
		"Status":      func() bool { return usher.Status(0) == usher.Active },
		"Summary":     func() bool { return len(policy.Summary{}.Holdings) > 0 },
		"Grant": func() bool {
			return ask(p, &world{policy.User{Status: usher.Active, Role: "member", Grants: []policy.Grant{{}}}}, same)
		},
		"Membership": func() bool {
			return ask(p, &world{policy.User{Status: usher.Active, Role: "member", Teams: []policy.Membership{{}}}}, same)
		},
		"Membership and a party without a name": func() bool {
			return ask(p, &world{policy.User{Status: usher.Active, Role: "member", Teams: []policy.Membership{{}}}}, func(r *usher.Request) {
				r.Permission = permission.MustParse("calendar.view")
				r.Resource = &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {""}, "team": {""}}}
			})
		},
		"Scope":     func() bool { return policy.Scope(0) == policy.ScopeAny },
		"Rule":      func() bool { _, err := policy.ParseRule(policy.Rule{}.String()); return err == nil },
		"role.Role": func() bool { return role.Role{}.All || role.Role{}.Unique },
		"Tree":      func() bool { return new(team.Tree).Within("", "") },
		"Pool": func() bool {
			_, err := seat.Pool{}.Take(1)
			return err == nil
		},
		"Holds": func() bool { return seat.Holds(0).Has(usher.Active) },
		"Suite": func() bool { return new(policytest.Suite).Run().Passed > 0 },
	} {
		assert.False(t, allowed(), "the zero %s lets through what it must refuse", name)
	}
}
