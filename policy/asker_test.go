package policy_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

// versioned is a basis with a version.
type versioned struct{ *policy.Policy }

func (versioned) Version() uint64 { return 7 }

func (v versioned) Detail(reason usher.Reason, bits uint64) usher.Detail {
	d := v.Policy.Detail(reason, bits)
	d.Version = 7
	return d
}

var (
	viewCourse  = permission.MustParse("course.view")
	editCourse  = permission.MustParse("course.edit")
	enterSauna  = permission.MustParse("sauna.enter")
	gymAt       = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	gymYoga     = &usher.Object{Type: "course", ID: "yoga", Account: "acme", Parties: map[string][]string{"trainer": {"tia"}}}
	gymStrength = &usher.Object{Type: "course", ID: "strength", Parties: map[string][]string{"trainer": {"ted"}}}
)

func gymPolicy(t testing.TB) *policy.Policy {
	p, err := policyfile.Load("gym.yaml", []byte(gym))
	require.NoError(t, err)
	return p
}

var gymUsers = studio{
	"tia": {Status: usher.Active, Role: "trainer"},
	"mel": {Status: usher.Active, Role: "member", Grants: []policy.Grant{{Name: "sauna", Until: gymAt.Add(time.Hour)}}},
	"ina": {Status: usher.Inactive, Role: "trainer"},
}

// An Asker decides what the policy decides, on the basis of its Binding.
func TestAskerDecidesAsThePolicy(t *testing.T) {
	p := gymPolicy(t)
	b := p.Bind(gymUsers, "acme", versioned{p})
	requests := []usher.Request{
		{Subject: "tia"},
		{Subject: "mel"},
		{Subject: "ina"},
		{Subject: "nil"},
		{},
		{Visitor: true},
		{Subject: "tia", By: "mel"},
		{Subject: "mel", By: "tia"},
		{Subject: "mel", By: "mel"},
		{Subject: "tia", Gives: "member"},
	}
	for _, r := range requests {
		r.Account, r.Time = "acme", gymAt
		a, err := b.AsRequest(&r)
		require.NoError(t, err)
		assert.Equal(t, uint64(7), a.Version())
		assert.Equal(t, usher.AccountID("acme"), a.Account())
		for _, name := range []permission.Permission{viewCourse, editCourse, enterSauna, permission.MustParse("no.such")} {
			for _, on := range []usher.Resource{nil, gymYoga, gymStrength} {
				r.Permission, r.Resource = name, on
				assert.Equal(t, r, a.Request(name, on))
				want, wantErr := p.Decide(gymUsers, &r)
				got, err := a.Check(name, on)
				assert.True(t, decision.On(want, versioned{p}) == got)
				assert.Equal(t, wantErr, err)

				x, wantErr := p.Explain(gymUsers, &r)
				y, err := a.Explain(name, on)
				assert.Equal(t, wantErr, err)
				x.Decision = decision.On(x.Decision, versioned{p})
				assert.Equal(t, x, y)
			}
			r.Resource = nil
			f, err := a.Filter(name)
			g, wantErr := p.Filter(gymUsers, &r)
			assert.Equal(t, wantErr, err)
			if err == nil && name.Resource() == "course" {
				want, err := g.Match(gymYoga)
				require.NoError(t, err)
				got, err := f.Match(gymYoga)
				require.NoError(t, err)
				assert.Equal(t, want, got)
			}
		}
		r.Resource = gymYoga
		want, err := p.Actions(gymUsers, &r)
		require.NoError(t, err)
		got, err := a.Actions(gymYoga)
		require.NoError(t, err)
		require.Len(t, got, len(want))
		for i := range want {
			want[i].Decision = decision.On(want[i].Decision, versioned{p})
		}
		assert.Equal(t, want, got)
	}
}

// A Binding returns the errors that checks of the user would return.
func TestAskerErrors(t *testing.T) {
	p := gymPolicy(t)
	down := errors.New("the tables are not reachable")
	broken := studio{"eva": {Status: usher.Active, Role: "boss"}}
	for name, c := range map[string]struct {
		b    *policy.Binding
		r    *usher.Request
		want error
	}{
		"a nil Binding":       {nil, &usher.Request{Time: gymAt}, usher.ErrNoAuthorizer},
		"the zero Binding":    {&policy.Binding{}, &usher.Request{Time: gymAt}, usher.ErrNoAuthorizer},
		"a nil policy":        {(*policy.Policy)(nil).Bind(gymUsers, "acme", nil), &usher.Request{Time: gymAt}, usher.ErrNoAuthorizer},
		"nil facts":           {p.Bind(nil, "acme", nil), &usher.Request{Subject: "tia", Time: gymAt}, usher.ErrUndecided},
		"a nil request":       {p.Bind(gymUsers, "acme", nil), nil, usher.ErrNoAuthorizer},
		"another account":     {p.Bind(gymUsers, "acme", nil), &usher.Request{Account: "globex", Subject: "tia", Time: gymAt}, usher.ErrOtherAccount},
		"a visitor with a id": {p.Bind(gymUsers, "acme", nil), &usher.Request{Subject: "tia", Visitor: true, Time: gymAt}, usher.ErrVisitor},
		"no time":             {p.Bind(gymUsers, "acme", nil), &usher.Request{Subject: "tia"}, usher.ErrNoTime},
		"a fact":              {p.Bind(gymUsers, "acme", nil), &usher.Request{Subject: "tia", Time: gymAt, Context: usher.Context{"mfa": true}}, usher.ErrUndeclared},
		"a role":              {p.Bind(broken, "acme", nil), &usher.Request{Subject: "eva", Time: gymAt}, usher.ErrUndeclared},
		"a role of By":        {p.Bind(broken, "acme", nil), &usher.Request{Subject: "mel", By: "eva", Time: gymAt}, usher.ErrUndeclared},
		"facts that fail":     {p.Bind(failing{down}, "acme", nil), &usher.Request{Subject: "tia", Time: gymAt}, down},
	} {
		a, err := c.b.AsRequest(c.r)
		assert.ErrorIs(t, err, c.want, name)
		assert.ErrorIs(t, err, usher.ErrUndecided, name)
		refusesAll(t, &a)
	}
	a, err := p.Bind(gymUsers, "acme", nil).As("tia", nil, gymAt)
	require.NoError(t, err)
	assert.Zero(t, a.Version(), "the policy has no version")
	refusesAll(t, nil)
}

type failing struct{ err error }

func (f failing) User(usher.UserID) (*policy.User, error) { return nil, f.err }

func (f failing) Account() (*policy.Account, error) { return nil, f.err }

// refusesAll requires that each method of an Asker returns an error.
func refusesAll(t *testing.T, a *policy.Asker) {
	d, err := a.Check(viewCourse, gymYoga)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	assert.Equal(t, usher.Decision{}, d)
	kept := []policy.Action{{Permission: viewCourse}}
	list, err := a.AppendActions(kept, gymYoga)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	assert.Equal(t, kept, list)
	f, err := a.Filter(viewCourse)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	selected, _ := f.Match(gymYoga)
	assert.False(t, selected)
	x, err := a.Explain(viewCourse, gymYoga)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	assert.Equal(t, usher.Explanation{}, x)
	d, err = a.Giving("member").Check(viewCourse, gymYoga)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	assert.False(t, d.Allowed())
	assert.Zero(t, a.Version())
	assert.Zero(t, a.Account())
	assert.Equal(t, usher.Request{Permission: viewCourse, Resource: gymYoga}, a.Request(viewCourse, gymYoga))
}

// monitor records what an Asker tells it.
type monitor struct {
	err     error
	decided []usher.Request
	errs    []error
}

func (m *monitor) Ready() error { return m.err }

func (m *monitor) Decided(r usher.Request, _ usher.Decision, err error) {
	m.decided, m.errs = append(m.decided, r), append(m.errs, err)
}

// The error of a Monitor is the result of each method, and Decided gets each Check.
func TestAskerMonitor(t *testing.T) {
	p := gymPolicy(t)
	a, err := p.Bind(gymUsers, "acme", nil).As("tia", nil, gymAt)
	require.NoError(t, err)
	stale := errors.New("too old")
	m := &monitor{}
	watched := a.Monitored(m)
	d, err := watched.Check(editCourse, gymYoga)
	require.NoError(t, err)
	assert.True(t, d.Allowed())
	m.err = stale
	d, err = watched.Check(editCourse, gymYoga)
	assert.ErrorIs(t, err, stale)
	assert.Equal(t, usher.Decision{}, d)
	_, err = watched.Actions(gymYoga)
	assert.ErrorIs(t, err, stale)
	_, err = watched.Filter(editCourse)
	assert.ErrorIs(t, err, stale)
	_, err = watched.Explain(editCourse, gymYoga)
	assert.ErrorIs(t, err, stale)
	_, err = watched.Giving("member").Check(editCourse, gymYoga)
	assert.ErrorIs(t, err, stale)
	require.Len(t, m.decided, 3)
	assert.Equal(t, a.Request(editCourse, gymYoga), m.decided[0])
	assert.NoError(t, m.errs[0])
	assert.ErrorIs(t, m.errs[1], stale)
	_, err = a.Check(editCourse, gymYoga)
	assert.NoError(t, err, "the first Asker has no Monitor")
}

// With the same names, a changed request is another Asker.
func TestAskerGiving(t *testing.T) {
	p, err := policyfile.Load("gives.yaml", []byte(`
usher: 1
conditions: {gives-boss: {gives: boss}}
roles: {boss: {at-least: 1}, clerk: {default: true}}
resources:
  desk: {permissions: {hire: {boss: any, clerk: any if not gives-boss}}}
`))
	require.NoError(t, err)
	hire := permission.MustParse("desk.hire")
	a, err := p.Bind(studio{"mia": {Status: usher.Active, Role: "clerk"}}, "acme", nil).As("mia", nil, gymAt)
	require.NoError(t, err)
	for gives, want := range map[string]bool{"clerk": true, usher.GivesNone: true, "boss": false} {
		d, err := a.Giving(gives).Check(hire, nil)
		require.NoError(t, err)
		assert.Equal(t, want, d.Allowed(), gives)
	}
	d, err := a.Check(hire, nil)
	require.NoError(t, err)
	assert.False(t, d.Allowed(), "it is unknown")
	_, err = a.Giving("chief").Check(hire, nil)
	assert.ErrorIs(t, err, usher.ErrUndeclared)
}

// Nothing allocates: not to make an Asker, and not to use it.
func TestAskerDoesNotAllocate(t *testing.T) {
	p := gymPolicy(t)
	b := p.Bind(gymUsers, "acme", nil)
	on := ownCourse{}
	room := make([]policy.Action, 0, 8)
	for _, r := range []usher.Request{
		{Subject: "tia", Time: gymAt},
		{Subject: "mel", Time: gymAt},
		{Subject: "nil", Time: gymAt},
		{Visitor: true, Time: gymAt},
		{Subject: "tia", By: "mel", Time: gymAt},
	} {
		allowed := 0
		assert.Zero(t, testing.AllocsPerRun(100, func() {
			a, err := b.AsRequest(&r)
			if err != nil {
				t.Error(err)
			}
			if d, _ := a.Check(viewCourse, &on); d.Allowed() {
				allowed++
			}
			if d, _ := a.Check(enterSauna, nil); d.Allowed() {
				allowed++
			}
			if list, err := a.AppendActions(room, &on); err == nil {
				allowed += len(list)
			}
		}), r.Requester())
		assert.Equal(t, r.Subject == "tia" || r.Subject == "mel", allowed > 0)
	}
}

// ownCourse is a host's own type of resource.
type ownCourse struct{}

func (*ownCourse) Ref() usher.Ref { return usher.Ref{Type: "course", ID: "yoga"} }

func (*ownCourse) InAccount() usher.AccountID { return "acme" }

func (*ownCourse) Party(string) ([]string, bool) { return nil, true }

// A Binding checks requests, one or many, as the policy does.
func TestBindingChecks(t *testing.T) {
	p := gymPolicy(t)
	b := p.Bind(gymUsers, "acme", nil)
	var requests []usher.Request
	for range 3 {
		for _, user := range []usher.UserID{"tia", "mel", "ina", "nil", ""} {
			for _, on := range []usher.Resource{nil, gymYoga, gymStrength, &ownCourse{}} {
				for _, r := range []usher.Request{
					{}, {By: "tia"}, {By: user}, {Gives: "member"}, {Gives: "boss"}, {Context: usher.Context{"mfa": true}}, {Time: time.Unix(1<<40, 0)},
				} {
					r.Account, r.Subject, r.Permission, r.Resource = "acme", user, viewCourse, on
					if r.Time.IsZero() {
						r.Time = gymAt
					}
					requests = append(requests, r)
				}
			}
		}
	}
	kept := []policy.Checked{{Err: usher.ErrNoTime}}
	all := b.AppendChecks(kept, requests)
	require.Len(t, all, 1+len(requests))
	assert.Equal(t, kept[0], all[0])
	for i := range requests {
		want, wantErr := p.Decide(gymUsers, &requests[i])
		got, err := b.Check(&requests[i])
		assert.True(t, want == got)
		assert.Equal(t, wantErr, err)
		assert.True(t, want == all[i+1].Decision)
		assert.Equal(t, wantErr, all[i+1].Err)
	}
	_, err := b.Can("tia", viewCourse, gymYoga)
	assert.ErrorIs(t, err, usher.ErrNoTime, "the facts have no clock")
	for _, none := range []*policy.Binding{nil, {}} {
		_, err := none.Check(&requests[0])
		assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
		_, err = none.Can("tia", viewCourse, nil)
		assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
		assert.ErrorIs(t, none.AppendChecks(nil, requests[:1])[0].Err, usher.ErrNoAuthorizer)
	}
	_, err = b.Check(&usher.Request{Account: "globex", Subject: "tia", Permission: viewCourse, Time: gymAt})
	assert.ErrorIs(t, err, usher.ErrOtherAccount)
	_, err = b.Check(nil)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
}
