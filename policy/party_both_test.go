package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/team"
)

const sharedPages = `
usher: 1
conditions:
  edited:      {party: editor}
  admins-page: {party: editor, has: admin}
  gives-admin: {gives: admin}
roles:
  boss:   {unique: true, hands-over-to: member}
  admin:  {}
  member: {default: true}
resources:
  page:
    parties: {author: users, editor: [users, teams]}
    permissions:
      "*":  {member: own}
      edit: {}
      drop: {}
      read: {member: any if edited}
      lock: {member: any if not admins-page and not gives-admin}
bundles:
  all: [page.read, page.edit, page.drop, page.lock]
never:
  all: own as editor if admins-page
`

// bare is a host's resource without the optional method for the teams of a party.
type bare struct{ usher.Resource }

func TestTeamsOfAParty(t *testing.T) {
	p, err := policyfile.Load("p.yaml", []byte(sharedPages+"  page.drop: sole as editor\n"))
	require.NoError(t, err)
	assert.Equal(t, map[string]syntax.PartyKind{"author": syntax.OfUsers, "editor": syntax.OfBoth}, p.Parties("page"))
	w := &world{users: map[usher.UserID]*policy.User{
		"mia":  {Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "east"}}},
		"adam": {Status: usher.Active, Role: "admin"},
	}, teams: map[usher.TeamID]usher.TeamID{"sales": "", "east": "sales"}, now: noon}
	page := &usher.Object{Type: "page", Teams: map[string][]string{"editor": {"sales"}}}
	may := func(action string, r usher.Resource) usher.Reason {
		d, err := p.Decide(w.facts(), &usher.Request{Subject: "mia", Permission: permission.MustParse("page." + action), Resource: r, Gives: usher.GivesNone})
		require.NoError(t, err)
		return d.Reason()
	}
	for _, action := range []string{"read", "lock"} {
		assert.Equal(t, usher.ReasonGranted, may(action, page), action)
	}
	assert.Equal(t, usher.ReasonConditionUnmet, may("read", bare{page}), "the teams of a resource without TeamParty are unknown")
	assert.Equal(t, usher.ReasonGranted, may("lock", bare{page}), "only the users of the party count")

	_, err = p.Decide(w.facts(), &usher.Request{Subject: "mia", Permission: permission.MustParse("page.read"), Resource: &usher.Object{Type: "page", Teams: map[string][]string{"author": {"sales"}}}})
	assert.ErrorIs(t, err, usher.ErrUndeclared)
	assert.ErrorContains(t, err, `party "author" of page relates to users only`)
	_, err = p.Decide(w.facts(), &usher.Request{Subject: "mia", Permission: permission.MustParse("page.read"), Gives: "admn"})
	assert.ErrorIs(t, err, usher.ErrUndeclared)
	assert.ErrorContains(t, err, `did you mean "admin"`)
}

// A check under these words allocates nothing.
func TestWordsDoNotAllocate(t *testing.T) {
	p, err := policyfile.Load("p.yaml", []byte(sharedPages))
	require.NoError(t, err)
	tree, err := team.New(map[usher.TeamID]usher.TeamID{"sales": "", "east": "sales"})
	require.NoError(t, err)
	f := &fixed{user: &policy.User{Status: usher.Active, Role: "member", Teams: []policy.Membership{{Team: "east"}}}, account: &policy.Account{Teams: tree}}
	page := &thingOf{users: []string{"tom", "mia"}, teams: []string{"sales"}}
	for _, action := range []string{"read", "lock", "edit"} {
		r := usher.Request{Subject: "mia", Permission: permission.MustParse("page." + action), Resource: page, Gives: "member", Time: noon}
		d, err := p.Decide(f, &r)
		require.NoError(t, err)
		assert.NotZero(t, d.Reason(), action)
		assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = p.Decide(f, &r) }), action)
	}
}

// fixed are facts with one user under every id.
type fixed struct {
	user    *policy.User
	account *policy.Account
}

func (f *fixed) User(usher.UserID) (*policy.User, error) { return f.user, nil }
func (f *fixed) Account() (*policy.Account, error)       { return f.account, nil }

// thingOf is a page with stored editors.
type thingOf struct{ users, teams []string }

func (*thingOf) Ref() usher.Ref                      { return usher.Ref{Type: "page"} }
func (*thingOf) InAccount() usher.AccountID          { return "" }
func (o *thingOf) Party(string) ([]string, bool)     { return o.users, true }
func (o *thingOf) TeamParty(string) ([]string, bool) { return o.teams, true }
