package account_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/seat"
)

// wishes is a policy in which each kind of step helps against some denial.
const wishes = `
usher: 1
seats: {desk: {}}
features: [pro]
settings: {open: false}
conditions:
  seated: {seat: desk}
  pro: {feature: pro}
  is-open: {setting: open}
  mfa: {context: mfa}
  draft: {attribute: draft}
roles:
  owner:   {unique: true, all: true, hands-over-to: admin}
  admin:   {includes: [member]}
  member:  {default: true}
  billing: {beside: true}
  lead:    {held-on: team}
  patron:  {held-on: team, outside: true}
  editor:  {held-on: page}
resources:
  page:
    parties: {author: users, team: teams}
    permissions:
      read:   {member: own as team}
      edit:   {editor: here}
      lead:   {lead: team as team}
      fund:   {patron: team as team}
      print:  {member: any if seated}
      export: {member: any if pro}
      show:   {member: any if is-open}
      sign:   {member: any if mfa}
      erase:  {member: any if draft}
      date:   {member: own as author}
      pay:    {billing: any}
      ban:    {admin: any}
  request: {permissions: {make: {everyone: own}}}
`

// What RequestFrom returns makes the denied request allowed, once it is made and approved. It returns
// false exactly for the remedies with a step that belongs to the host application.
func TestRequestFromRemedy(t *testing.T) {
	p := compile(t, wishes)
	page := &usher.Object{Account: "club", Type: "page", ID: "p1", Parties: map[string][]string{"author": {"olga"}, "team": {"sales"}}}
	s := open(t, p, account.Seed{
		Seats: map[seat.PoolName]int{"desk": 9},
		Teams: map[usher.TeamID]usher.TeamID{"sales": ""},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"), "pat": user("member"), "mia": user("member"), "max": inTeam(user("member"), "sales"),
			"ina": withStatus(user("member"), usher.Inactive), "rex": withStatus(user("member"), usher.Requested),
		},
	})
	hosts := []usher.StepKind{usher.StepContext, usher.StepAttribute, usher.StepParty}
	seen := map[usher.StepKind]int{}
	decide := func(s *account.State, r usher.Request) usher.Explanation {
		x, err := s.Policy(p).Explain(s, &r)
		require.NoError(t, err)
		return x
	}
	for _, id := range []usher.UserID{"mia", "max", "ina", "rex", "new"} {
		for _, can := range p.Permissions() {
			r := usher.Request{Account: "club", Subject: id, Permission: can, Time: noon}
			if can.Resource() == "page" {
				r.Resource = page
			}
			for _, remedy := range decide(s, r).Remedies {
				made, ok := s.View(p).RequestFrom(id, remedy)
				ofHost := slices.ContainsFunc(remedy.Steps, func(s usher.Step) bool { return slices.Contains(hosts, s.Kind) })
				require.Equal(t, !ofHost, ok, remedy.Text)
				for _, step := range remedy.Steps {
					seen[step.Kind]++
				}
				if !ok {
					continue
				}
				next := do(t, p, s, account.AsUser("pat"), made)
				o, err := next.Propose(p, account.Proposal{
					Actor: account.AsHost("test"), Time: noon,
					Commands: []account.Command{account.Approve{Request: 1}}, Resources: []usher.Resource{page},
				})
				require.NoError(t, err, "%s: %s", can, remedy.Text)
				assert.True(t, decide(o.Next, r).Decision.Allowed(), "%s may not %s, although: %s", id, can, remedy.Text)
			}
		}
	}
	t.Log(seen)
	for kind := usher.StepJoin; kind <= usher.StepParty; kind++ {
		assert.Positive(t, seen[kind], "no remedy has a step of kind %d", kind)
	}
}

func TestRequestFromNothing(t *testing.T) {
	p := compile(t, wishes)
	s := open(t, p, account.Seed{Users: map[usher.UserID]policy.User{"olga": user("owner"), "max": user("member")}})
	joins := usher.Remedy{Steps: []usher.Step{{Kind: usher.StepRole, Name: "admin"}}}
	for name, ok := range map[string]func() (account.Request, bool){
		"no steps":  func() (account.Request, bool) { return s.View(p).RequestFrom("max", usher.Remedy{}) },
		"a visitor": func() (account.Request, bool) { return s.View(p).RequestFrom("", joins) },
		"unknown step": func() (account.Request, bool) {
			return s.View(p).RequestFrom("max", usher.Remedy{Steps: []usher.Step{{}}})
		},
		"no id": func() (account.Request, bool) {
			return s.View(p).RequestFrom("max", usher.Remedy{Steps: []usher.Step{{Kind: usher.StepResourceRole, Name: "editor", On: usher.Ref{Type: "page"}}}})
		},
	} {
		made, ok := ok()
		assert.False(t, ok, name)
		assert.Empty(t, made, name)
	}
	made, ok := account.View{}.RequestFrom("max", joins)
	assert.True(t, ok, "a View without an account")
	assert.Equal(t, requestFor(account.SetRole{User: "max", Role: "admin"}), made)
}

// A user asks for what an explanation says would help.
func ExampleView_RequestFrom() {
	p, err := policyfile.Load("wishes.yaml", []byte(wishes))
	if err != nil {
		panic(err)
	}
	s := account.New("acme")
	at := func(as account.Actor, c account.Command) account.Outcome {
		o, err := s.Propose(p, account.Proposal{Actor: as, Time: noon, Commands: []account.Command{c}})
		if err != nil {
			panic(err)
		}
		return o
	}
	s = at(account.AsHost("setup"), account.Import{Seed: account.Seed{
		Seats: map[seat.PoolName]int{"desk": 1},
		Users: map[usher.UserID]policy.User{"olga": {Role: "owner"}, "mia": {Role: "member"}},
	}}).Next

	x, err := p.Explain(s, &usher.Request{Account: "acme", Subject: "mia", Permission: permission.MustParse("page.print"), Time: noon})
	if err != nil {
		panic(err)
	}
	for _, remedy := range x.Remedies {
		if request, ok := s.View(p).RequestFrom("mia", remedy); ok {
			request.Note = "I print the programme"
			s = at(account.AsUser("mia"), request).Next
			break
		}
	}
	for _, change := range at(account.AsUser("olga"), account.Approve{Request: 1}).Changes {
		fmt.Println(account.DescribeChange(change))
	}
	// Output:
	// the request 1 of mia is approved
	// mia gets a seat in desk
}
