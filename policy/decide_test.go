package policy_test

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

const small = `
usher: 1
settings: {frozen: false}
features: [beta]
conditions:
  mfa:    {context: mfa}
  locked: {attribute: locked}
  frozen: {setting: frozen}
  beta:   {feature: beta}
roles:
  owner:  {unique: true, hands-over-to: member, includes: [member]}
  member: {default: true}
resources:
  page:
    parties: {author: users, team: teams}
    permissions:
      view: {member: any if not locked}
      edit: {member: [own if mfa, team]}
      try:  {member: any if beta}
      list: {member: any if not frozen}
      wipe: {member: any}
bundles:
  page.all: [page.view, page.wipe]
never:
  page.wipe: own if not mfa
`

func smallPolicy(t testing.TB) *policy.Policy {
	t.Helper()
	p, err := policyfile.Load("small.yaml", []byte(small))
	require.NoError(t, err)
	require.Empty(t, p.Warnings())
	return p
}

// broken are facts that fail for one user, or for the account.
type broken struct {
	*world
	failUser usher.UserID
	account  func() (*policy.Account, error)
}

var errDown = errors.New("database is down")

func (b broken) User(id usher.UserID) (*policy.User, error) {
	if id == b.failUser {
		return nil, errDown
	}
	return b.world.User(id)
}

func (b broken) Account() (*policy.Account, error) {
	if b.account != nil {
		return b.account()
	}
	return b.world.Account()
}

func member() *world {
	return &world{users: map[usher.UserID]*policy.User{
		"mia": {Status: usher.Active, Role: "member", Teams: in("sales")},
		"max": {Status: usher.Active, Role: "member", Teams: in("sales")},
		"odd": {Status: usher.Active, Role: "pilot"},
	}}
}

// A check that cannot be decided returns an error with the cause, and denies.
func TestDecideErrors(t *testing.T) {
	p := smallPolicy(t)
	view := func(r usher.Resource) usher.Request {
		return usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("page.view"), Resource: r, Time: noon}
	}
	edit := func(r usher.Resource) usher.Request {
		r2 := view(r)
		r2.Permission = permission.MustParse("page.edit")
		return r2
	}
	change := func(r usher.Request, f func(*usher.Request)) usher.Request { f(&r); return r }
	page := &usher.Object{Type: "page", ID: "p1", Parties: map[string][]string{"author": {"max"}}}
	for _, row := range []struct {
		name  string
		facts policy.Facts
		r     usher.Request
		is    error
		want  string
	}{
		{"no permission", member(), change(view(page), func(r *usher.Request) { r.Permission = permission.Permission{} }), usher.ErrUnknownPermission, "check mia on page p1: unknown permission: the request has none (the zero Permission)"},
		{"unknown permission", member(), change(view(page), func(r *usher.Request) { r.Permission = permission.MustParse("page.veiw") }), usher.ErrUnknownPermission, `check mia page.veiw on page p1: unknown permission; did you mean "page.view"?`},
		{"wrong type", member(), view(&usher.Object{Type: "pages"}), usher.ErrWrongResource, `check mia page.view on pages: wrong type of resource: got "pages", but page.view is about "page"`},
		{"bundle of another type", member(), change(view(&usher.Object{Type: "user"}), func(r *usher.Request) { r.Permission = permission.MustParse("page.all") }), usher.ErrWrongResource, `check mia page.all on user: wrong type of resource: got "user", but no permission of page.all is about it`},
		{"other account", member(), view(&usher.Object{Type: "page", Account: "evil"}), usher.ErrOtherAccount, `check mia page.view on page: wrong account: it belongs to "evil", but the request is about "acme"`},
		{"unknown fact", member(), change(view(page), func(r *usher.Request) { r.Context = usher.Context{"mfaa": true} }), usher.ErrUndeclared, `check mia page.view on page p1: fact of a request "mfaa": not declared by the policy; did you mean "mfa"?`},
		{"unknown party", member(), view(&usher.Object{Type: "page", Parties: map[string][]string{"auther": {"mia"}}}), usher.ErrUndeclared, `check mia page.view on page: party of page "auther": not declared by the policy; did you mean "author"?`},
		{"unknown attribute", member(), view(&usher.Object{Type: "page", Attributes: map[string]bool{"loked": true}}), usher.ErrUndeclared, `check mia page.view on page: attribute "loked": not declared by the policy; did you mean "locked"?`},
		{"unknown role", member(), change(view(page), func(r *usher.Request) { r.Subject = "odd" }), usher.ErrUndeclared, `check odd page.view on page p1: role of the user "pilot": not declared by the policy`},
		{"no time", member(), change(view(page), func(r *usher.Request) { r.Time = time.Time{} }), usher.ErrNoTime, "check mia page.view on page p1: no usable time: the request has none, and there is no clock"},
		{"a time too far", member(), change(view(page), func(r *usher.Request) { r.Time = time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC) }), usher.ErrNoTime, "check mia page.view on page p1: no usable time: 2300-01-01 00:00:00 +0000 UTC lies outside the years 1678 to 2261"},
		{"no facts", nil, view(page), nil, "check mia page.view on page p1: the facts are nil"},
		{"asker not to be had", broken{member(), "mia", nil}, view(page), errDown, "check mia page.view on page p1: database is down"},
		{"party not to be had", broken{member(), "max", nil}, edit(page), errDown, "check mia page.edit on page p1: database is down"},
		{"account not to be had", broken{member(), "", func() (*policy.Account, error) { return nil, errDown }}, change(view(nil), func(r *usher.Request) { r.Permission = permission.MustParse("page.list") }), errDown, "check mia page.list: database is down"},
		{"no account", broken{member(), "", func() (*policy.Account, error) { return nil, nil }}, change(view(nil), func(r *usher.Request) { r.Permission = permission.MustParse("page.list") }), nil, "check mia page.list: Facts.Account returned nil"},
	} {
		t.Run(row.name, func(t *testing.T) {
			d, err := p.Decide(row.facts, &row.r)
			assert.EqualError(t, err, row.want)
			if row.is != nil {
				assert.ErrorIs(t, err, row.is)
			}
			assert.Equal(t, usher.Decision{}, d, "an error is a denial")
			if row.r.Permission.String() == "page.list" {
				return // the next checks have a resource
			}
			_, err = p.Explain(row.facts, &row.r)
			assert.Error(t, err)
			if _, err = p.Actions(row.facts, &row.r); row.r.Permission.Resource() == "page" && row.r.Permission.String() != "page.veiw" && row.r.Permission.String() != "page.all" {
				assert.Error(t, err)
			}
		})
	}
}

// Unknown facts do not allow, and they do forbid.
func TestUnknown(t *testing.T) {
	p := smallPolicy(t)
	quiet := func(silent ...string) *thing {
		return &thing{ref: usher.Ref{Type: "page"}, parties: map[string][]string{"author": {"mia"}}, silent: silent}
	}
	for _, row := range []struct {
		can     string
		on      usher.Resource
		context usher.Context
		want    usher.Reason
	}{
		{"page.view", quiet(), nil, usher.ReasonConditionUnmet}, // neither locked nor not locked
		{"page.view", &usher.Object{Type: "page", Attributes: map[string]bool{"locked": false}}, nil, usher.ReasonGranted},
		{"page.view", &usher.Object{Type: "page", Attributes: map[string]bool{"locked": true}}, nil, usher.ReasonConditionUnmet},
		{"page.view", nil, nil, usher.ReasonConditionUnmet},
		{"page.edit", quiet(), usher.Context{"mfa": true}, usher.ReasonGranted},
		{"page.edit", quiet("author"), usher.Context{"mfa": true}, usher.ReasonOutOfScope},
		{"page.edit", quiet("team"), usher.Context{"mfa": true}, usher.ReasonOutOfScope},
		{"page.edit", nil, usher.Context{"mfa": true}, usher.ReasonOutOfScope},
		{"page.wipe", quiet(), usher.Context{"mfa": true}, usher.ReasonGranted},
		{"page.wipe", quiet(), usher.Context{"mfa": false}, usher.ReasonForbidden},
		{"page.wipe", quiet(), nil, usher.ReasonForbidden}, // the login may be weak
		{"page.wipe", quiet("team"), nil, usher.ReasonForbidden},
		{"page.wipe", &usher.Object{Type: "page", Parties: map[string][]string{"author": {"max"}}}, nil, usher.ReasonGranted},
		{"page.wipe", nil, nil, usher.ReasonGranted}, // without a resource, own does not match
	} {
		d, err := p.Decide(member(), &usher.Request{Subject: "mia", Permission: permission.MustParse(row.can), Resource: row.on, Context: row.context, Time: noon})
		require.NoError(t, err)
		assert.Equal(t, row.want, d.Reason(), "%s on %+v with %v", row.can, row.on, row.context)
	}
}

// counting facts count the calls of the clock and of the account.
type counting struct {
	*world
	clock, accounts int
}

func (c *counting) Now() time.Time { c.clock++; return noon }

func (c *counting) Account() (*policy.Account, error) { c.accounts++; return c.world.Account() }

// The clock and the account are read only if a rule needs them.
func TestDecideLooksAtNothingElse(t *testing.T) {
	p := smallPolicy(t)
	f := &counting{world: member()}
	ask := func(can string) usher.Decision {
		d, err := p.Decide(f, &usher.Request{Subject: "mia", Permission: permission.MustParse(can), Resource: &usher.Object{Type: "page"}})
		require.NoError(t, err)
		return d
	}
	d := ask("page.wipe")
	assert.Zero(t, f.clock+f.accounts)
	assert.True(t, d.Time().IsZero(), "time played no part")

	ask("page.try")
	assert.Zero(t, f.clock, "there is no grant that ends")
	f.users["mia"].Grants = []policy.Grant{{Name: "other", Until: noon.Add(1)}}
	ask("page.try")
	assert.Zero(t, f.clock, "no such grant is asked for")
	f.users["mia"].Grants = []policy.Grant{{Name: "beta", Until: noon.Add(1)}}
	d = ask("page.try")
	assert.Equal(t, 1, f.clock)
	assert.True(t, d.Allowed())
	assert.Equal(t, noon, d.Time())
	f.users["mia"].Grants[0].Until = noon
	assert.False(t, ask("page.try").Allowed(), "a grant holds while the time is before its end")

	assert.Zero(t, f.accounts)
	ask("page.list")
	assert.Equal(t, 1, f.accounts)
}

// A check of known names allocates nothing, whatever the decision.
func TestDecideAllocatesNothing(t *testing.T) {
	p := loadPreset(t, "oncehub")
	c := newCompany(1000, rand.New(rand.NewPCG(1, 2)))
	list := c.questions(2000, rand.New(rand.NewPCG(3, 4)))
	i := 0
	assert.Zero(t, testing.AllocsPerRun(len(list), func() {
		d, err := p.Decide(c, &list[i%len(list)].request)
		if err != nil {
			t.Fatal(err)
		}
		sink = d.Allowed()
		i++
	}))
	actions := make([]policy.Action, 0, 16)
	mia := list[0].request
	mia.Resource = c.calendars[0]
	assert.Zero(t, testing.AllocsPerRun(100, func() { actions, _ = p.AppendActions(actions[:0], c, &mia) }))

	// With conditions, hiding, facts of the request and grants that end.
	s := smallPolicy(t)
	f := member()
	f.users["mia"].Grants = []policy.Grant{{Name: "beta", Until: noon.Add(1)}, {Name: "page.all"}}
	r := usher.Request{
		Subject: "mia", Resource: &usher.Object{Type: "page", Parties: map[string][]string{"author": {"mia", "max"}}},
		Context: usher.Context{"mfa": true}, Time: noon,
	}
	for _, can := range []string{"page.try", "page.list", "page.wipe", "page.edit"} {
		r.Permission = permission.MustParse(can)
		assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = s.Decide(f, &r) }), can)
	}
}

// The reference of the benchmark and the policy agree.
func TestReferenceAgrees(t *testing.T) {
	p := onceHub(t)
	for _, users := range []int{7, 100, 3000} {
		c := newCompany(users, rand.New(rand.NewPCG(5, uint64(users))))
		for _, q := range c.questions(5000, rand.New(rand.NewPCG(6, 7))) {
			d, err := p.Decide(c, &q.request)
			require.NoError(t, err)
			require.Equal(t, c.byHand(q.user, q.name, q.request.Resource), d.Allowed(), "%s %s %+v: %v", q.user, q.name, q.request.Resource, d)
		}
	}
}
