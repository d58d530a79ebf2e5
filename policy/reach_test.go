package policy_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

const reachPolicy = `
usher: 1
seats: {desk: {}}
features: [bots, sms]
conditions:
  mfa:    {context: mfa}
  office: {context: office}
  bots:   {feature: bots}
  beta:   {feature: bots}
  sms:    {feature: sms}
  seated: {seat: desk}
roles:
  boss:    {unique: true, includes: [admin], hands-over-to: admin}
  admin:   {includes: [member]}
  member:  {default: true}
  guest:   {}
  careful: {includes: [member], requires: [mfa]}
  indoor:  {requires: [office]}
  botted:  {requires: [bots]}
  crew:    {}
  mate:    {}
  loner:   {}
  bots-ed: {}
  no-bots: {}
  any-bot: {}
  root:    {all: true}
  strict:  {all: true, requires: [mfa]}
  lead:    {held-on: team}
  manager: {held-on: team, includes: [lead]}
  head:    {held-on: team}
  scribe:  {held-on: team, requires: [seated]}
  solo:    {held-on: team}
  free:    {held-on: team}
bundles:
  kit: [page.view, page.print]
resources:
  page:
    parties: {author: users, group: teams}
    permissions:
      view:  {admin: any, member: own}
      edit:  {admin: own}
      print: {}
      see:   {everyone: shared}
      plan:  {lead: team, head: shared, crew: team, mate: shared, scribe: team, solo: sole, free: any, loner: own}
      chat:  {bots-ed: own if bots, no-bots: own if not bots, any-bot: own if not beta and sms}
`

// TestMissing holds what one user can hand to another against the sentences of the contract.
// Want is the rule that is missing; none where nobody's permissions grow beyond the actor's.
func TestMissing(t *testing.T) {
	p, err := policy.Load("reach.yaml", []byte(reachPolicy))
	require.NoError(t, err)
	for _, row := range []struct{ by, before, after, want string }{
		// "account role with includes and all"
		{"admin", "", "member", ""},
		{"boss", "", "admin", ""},
		{"admin", "", "boss", ""}, // which is all that the owner has; unique-role is another matter
		{"member", "", "admin", "page.view: any [role admin]"},
		{"member", "member", "admin", "page.view: any [role admin]"},
		{"guest", "member", "member", ""}, // nothing new
		{"guest", "", "member", "page.view: own [role member]"},
		{"root", "", "admin sales:manager +bots +kit", ""},
		{"admin", "", "root", "account.configure: any [role root]"},
		{"strict", "", "root", "account.configure: any [role root]"},
		{"root", "", "strict", ""},

		// "requires guards the holder": everything that they do.
		{"member", "", "careful", ""},
		{"careful", "", "careful", ""},
		{"careful", "", "member", "page.view: own [role member]"},
		{"careful", "careful", "guest", "page.see: shared [everyone everyone]"}, // everyone's rules are now without mfa
		{"indoor", "guest", "indoor", ""},                                       // narrower than it was
		{"guest", "", "indoor", ""},
		{"indoor", "", "guest", "page.see: shared [everyone everyone]"},
		{"member +kit", "", "careful +kit", ""},
		{"careful +kit", "", "member +kit", "page.view: own [role member]"},
		{"careful +kit", "careful", "careful +kit", ""},

		// "team roles with their teams", and "a's teams contain b's", those below too.
		{"guest sales:lead", "guest sales", "guest sales:lead", ""},
		{"guest sales:lead", "guest emea", "guest emea:lead", ""},
		{"guest emea:lead", "guest sales", "guest sales:lead", "page.plan: team [team role lead] on sales"},
		{"guest sales", "guest sales", "guest sales:lead", "page.plan: team [team role lead] on sales"},
		{"guest sales:manager", "guest sales", "guest sales:lead", ""}, // another role
		{"guest sales:head", "guest sales", "guest sales:manager", ""}, // shared is wider than team
		{"guest sales:lead", "guest sales", "guest sales:head", "page.plan: shared [team role head] on sales"},
		{"guest sales:lead ops:lead", "guest sales ops", "guest sales:lead ops:lead", ""},                                                 // the teams of one role count together,
		{"guest sales:lead ops:head", "guest sales ops", "guest sales:lead ops:lead", "page.plan: team [team role lead] on sales on ops"}, // not those of two
		{"guest ops:lead", "guest sales:lead ops", "guest sales:lead ops:lead", "page.plan: team [team role lead] on sales on ops"},       // what one of each hosts is new
		{"guest", "guest sales:lead emea", "guest sales:lead emea:lead", ""},                                                              // it was there already
		{"guest", "guest sales:lead ops:lead", "guest sales:lead ops", ""},
		{"guest stray:lead", "guest stray", "guest stray:lead", ""},                                 // a team that the tree lacks is below itself
		{"guest", "", "guest sales:pilot sales:admin", ""},                                          // no team roles
		{"guest sales:scribe", "", "guest sales:lead", "page.plan: team [team role lead] on sales"}, // a scribe needs a desk
		{"guest sales:lead", "", "guest sales:scribe", ""},

		// Where roles are held plays no part for sole, own and any.
		{"guest ops:solo", "", "guest sales:solo", ""},
		{"guest ops:lead", "", "guest sales:solo", ""},
		{"loner", "", "guest sales:solo", ""},
		{"guest ops:free", "", "guest sales:free", ""},
		{"guest ops:free", "", "guest sales:head", ""},
		{"guest sales:head", "", "guest ops:free", "page.plan: any [team role free] on ops"},

		// A rule of a whole account means the teams of its own user; the words decide.
		{"crew sales", "", "crew ops", ""},
		{"crew", "", "crew ops", ""},
		{"mate", "", "crew ops", ""},
		{"crew ops", "", "mate ops", "page.plan: shared [role mate]"},
		// Beside a team role it is the teams that count.
		{"crew sales", "guest emea", "guest emea:lead", ""},
		{"crew emea", "guest sales", "guest sales:lead", "page.plan: team [team role lead] on sales"},
		{"guest sales:lead", "", "crew emea", ""},
		{"guest emea:lead", "", "crew sales", "page.plan: team [role crew]"},
		{"guest sales:lead", "", "crew sales ops", "page.plan: team [role crew]"},
		{"guest sales:lead", "", "crew", ""}, // put in no team

		// "conditions on features decided for that user", for each their own.
		{"bots-ed +bots", "", "bots-ed +bots", ""},
		{"bots-ed", "", "bots-ed", ""}, // a rule of neither
		{"bots-ed", "bots-ed", "bots-ed +bots", "page.chat: own if bots [role bots-ed]"},
		{"bots-ed", "", "bots-ed +bots", "page.chat: own if bots [role bots-ed]"},
		{"bots-ed +bots", "", "no-bots", ""},
		{"bots-ed", "", "no-bots", "page.chat: own if not bots [role no-bots]"},
		{"no-bots +bots", "", "no-bots", "page.chat: own if not bots [role no-bots]"},
		{"no-bots", "", "bots-ed +bots", ""},
		{"no-bots +bots", "", "no-bots +bots", ""},
		{"bots-ed +bots", "any-bot", "any-bot +sms", ""},
		{"bots-ed", "any-bot +bots", "any-bot +sms +bots", ""}, // beta is bots
		{"bots-ed", "any-bot", "any-bot +sms", "page.chat: own if not beta sms [role any-bot]"},
		{"botted +bots", "", "guest", ""}, // what requires bots requires nothing of who has them
		{"botted", "", "guest", "page.see: shared [everyone everyone]"},
		{"guest", "botted", "botted +bots", ""},
		{"guest", "botted +kit", "botted +kit +bots", "page.view: any if bots [grant kit]"},

		// Grants: "a permission, bundle or feature"; they give any.
		{"guest +page.view", "guest", "guest +page.view", ""},
		{"guest +kit", "guest", "guest +page.view", ""},
		{"guest +page.view", "guest", "guest +kit", "page.print: any [grant kit]"},
		{"guest +page.view +page.print", "guest", "guest +kit", ""},
		{"admin", "guest", "guest +page.view", ""},
		{"admin", "guest", "guest +page.edit", "page.edit: any [grant page.edit]"},
		{"guest", "guest", "guest +gone", ""},
		// Nobody hands out what they do not have, although the one who gets it could do it before.
		{"guest", "admin", "admin +page.view", "page.view: any [grant page.view]"},
		{"guest", "guest +kit", "guest +kit +page.view", "page.view: any [grant page.view]"},
		{"guest", "guest +kit", "guest +kit", ""},

		// A grant is not handed on for longer than it is held.
		{"guest +page.view@2", "guest", "guest +page.view@2", ""},
		{"guest +page.view@2", "guest", "guest +page.view@1", ""},
		{"guest +page.view@1", "guest", "guest +page.view@2", "page.view: any [grant page.view] until 02:00"},
		{"guest +page.view@2", "guest +page.view@2", "guest +page.view", "page.view: any [grant page.view]"},
		{"guest +page.view", "guest +page.view@1", "guest +page.view", ""},
		{"guest", "guest +page.view@2", "guest +page.view@1", ""}, // shorter
		{"guest", "guest +page.view@0", "guest +page.view@0", ""}, // ended before this
		{"guest +page.view@0", "guest", "guest +page.view@1", "page.view: any [grant page.view] until 01:00"},
		{"bots-ed +bots@1", "", "bots-ed +bots@1", ""},
		{"bots-ed +bots@1", "bots-ed +bots@1", "bots-ed +bots", "page.chat: own if bots [role bots-ed]"},
		{"bots-ed +bots@1", "bots-ed", "bots-ed +bots@2", "page.chat: own if bots [role bots-ed] until 02:00"},
		{"bots-ed +bots@1 +bots@2", "bots-ed", "bots-ed +bots@2", ""}, // the last one counts
		{"bots-ed +bots@2 +bots@1", "bots-ed", "bots-ed +bots@2", ""},
		{"bots-ed +bots@1", "", "no-bots", "page.chat: own if not bots [role no-bots]"},

		{"guest +page.view@1", "botted", "botted +page.view +bots@1", ""}, // without bots the grant is none either
		{"guest +page.view@1", "botted", "botted +page.view +bots@2", "page.view: any if bots [grant page.view] until 02:00"},

		// "everyone" is in each reach.
		{"guest", "", "guest", ""},
		{"", "", "guest", "page.see: shared [everyone everyone]"},
		{"", "guest", "guest", ""},
		{"guest", "guest", "", ""},
		{"", "", "", ""},
	} {
		missing, ok := reach(t, p, row.by).Missing(reach(t, p, row.after), reach(t, p, row.before))
		if got := missingText(missing, ok); got != row.want {
			t.Errorf("%q makes %q of %q: missing is %q, want %q", row.by, row.after, row.before, got, row.want)
		}
	}
}

// TestMissingOfRole is the other half: whoever is touched, a rule of their account role that the
// actor does not cover. What else they hold is left out, and so is how long it lasts.
func TestMissingOfRole(t *testing.T) {
	p, err := policy.Load("reach.yaml", []byte(reachPolicy))
	require.NoError(t, err)
	for _, row := range []struct{ by, target, want string }{
		{"admin", "admin", ""},
		{"admin", "boss", ""},
		{"member", "admin", "page.view: any [role admin]"},
		{"member", "member sales:head +kit +bots", ""}, // only the account role
		{"", "guest", ""},
		{"careful", "indoor", ""}, // everyone's rules are not the role's
		{"careful", "member", "page.view: own [role member]"},
		{"", "bots-ed", ""},
		{"", "bots-ed +bots", "page.chat: own if bots [role bots-ed]"},
		{"bots-ed +bots@1", "bots-ed +bots", ""}, // now they have it
		{"bots-ed +bots@0", "bots-ed +bots", "page.chat: own if bots [role bots-ed]"},
		{"guest +page.view@1", "member", ""},
		{"guest sales:lead", "crew emea", ""},
		{"guest sales:lead", "crew ops", "page.plan: team [role crew]"},
		{"admin", "", ""},
	} {
		of, err := p.RoleReach(parseUser(row.target), midnight)
		require.NoError(t, err)
		missing, ok := reach(t, p, row.by).Missing(of, policy.Reach{})
		if got := missingText(missing, ok); got != row.want {
			t.Errorf("%q sets %q: missing is %q, want %q", row.by, row.target, got, row.want)
		}
	}
}

// What is missing can be told to a person: which rule, and of what they hold it is.
func TestMissingTells(t *testing.T) {
	p := loadPreset(t, "oncehub")
	missing, ok := reach(t, p, "member").Missing(reach(t, p, "owner"), policy.Reach{})
	require.True(t, ok)
	assert.Regexp(t, "^`admin: any` of account.configure \\(which owner includes, oncehub.yaml:[0-9]+\\)$", missing.Rule.String())
	assert.Equal(t, "owner", missing.Rule.Held)

	missing, ok = reach(t, p, "member").Missing(reach(t, p, "member sales:manager ops:manager"), policy.Reach{})
	require.True(t, ok)
	assert.Equal(t, usher.SourceTeamRole, missing.Rule.Source)
	assert.Equal(t, []usher.TeamID{"sales", "ops"}, missing.Teams)
}

// A reach keeps nothing of the user, so that whoever changes one in place compares
// what was with what is.
func TestReachIsImmutable(t *testing.T) {
	p, err := policy.Load("reach.yaml", []byte(reachPolicy))
	require.NoError(t, err)
	u := parseUser("crew sales:lead ops:lead +page.view")
	before := reachOf(t, p, u)
	u.Teams[0].Team, u.Teams[1].Roles[0] = "north", "head"
	u.Grants[0].Name = "page.edit"
	u.Role = "admin"
	after := reachOf(t, p, u)
	missing, ok := policy.Reach{}.Missing(after, before)
	assert.Equal(t, "page.view: any [role admin]", missingText(missing, ok))
	missing, ok = policy.Reach{}.Missing(before, reach(t, p, "crew sales:lead ops:lead +page.view"))
	assert.False(t, ok, "%v", missing)
}

func TestReachRefuses(t *testing.T) {
	p, err := policy.Load("reach.yaml", []byte(reachPolicy))
	require.NoError(t, err)
	for _, name := range []role.Name{"", "pilot", "lead", "everyone"} {
		u := &policy.User{Status: usher.Active, Role: name}
		for _, of := range []*policy.Policy{p, {}, nil} {
			_, err := of.Reach(u, nil, midnight)
			require.ErrorIs(t, err, usher.ErrUndeclared, "Reach of a user with the role %q", name)
			_, err = of.RoleReach(u, midnight)
			require.ErrorIs(t, err, usher.ErrUndeclared, "RoleReach of a user with the role %q", name)
		}
	}
	_, err = (*policy.Policy)(nil).Reach(parseUser("admin"), nil, midnight)
	require.ErrorIs(t, err, usher.ErrUndeclared)
	assert.EqualError(t, err, `role of the user "admin": not declared by the policy`)
}

// Rules of two policies, although of the same text, are not compared.
func TestReachesOfTwoPolicies(t *testing.T) {
	p, err := policy.Load("reach.yaml", []byte(reachPolicy))
	require.NoError(t, err)
	q, err := policy.Load("reach.yaml", []byte(reachPolicy))
	require.NoError(t, err)
	_, ok := reach(t, p, "boss").Missing(reach(t, q, "admin"), policy.Reach{})
	assert.True(t, ok)
	_, ok = reach(t, p, "guest").Missing(reach(t, p, "admin"), reach(t, q, "admin"))
	assert.True(t, ok)
	_, ok = reach(t, p, "root").Missing(reach(t, p, "admin"), reach(t, q, "admin"))
	assert.False(t, ok)
}

// What a policy finds out about its roles is found out by many at the same time.
func TestMissingAtTheSameTime(t *testing.T) {
	table := func() (texts []string) {
		p, err := policy.Load("reach.yaml", []byte(reachPolicy))
		require.NoError(t, err)
		var reaches []policy.Reach
		for _, r := range p.Roles() {
			if !r.OnTeam {
				reaches = append(reaches, reach(t, p, string(r.Name)))
			}
		}
		texts = make([]string, len(reaches))
		var askers sync.WaitGroup
		for i, by := range reaches {
			askers.Go(func() {
				for _, of := range reaches {
					texts[i] += missingText(by.Missing(of, policy.Reach{})) + "\n"
				}
			})
		}
		askers.Wait()
		return texts
	}
	assert.Equal(t, table(), table())
}

func TestReachWithoutTree(t *testing.T) {
	p, err := policy.Load("reach.yaml", []byte(reachPolicy))
	require.NoError(t, err)
	flat := func(user string) policy.Reach {
		r, err := p.Reach(parseUser(user), nil, midnight)
		require.NoError(t, err)
		return r
	}
	missing, ok := flat("guest sales:lead").Missing(flat("guest emea:lead"), policy.Reach{})
	assert.Equal(t, "page.plan: team [team role lead] on emea", missingText(missing, ok))
	missing, ok = flat("guest emea:lead").Missing(flat("guest emea:lead"), policy.Reach{})
	assert.False(t, ok, "%v", missing)
}

func reach(t *testing.T, p *policy.Policy, user string) policy.Reach {
	t.Helper()
	return reachOf(t, p, parseUser(user))
}

// reachOf returns what a user has at midnight, where emea is below sales.
func reachOf(t *testing.T, p *policy.Policy, u *policy.User) policy.Reach {
	t.Helper()
	tree, err := team.New(map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales", "ops": "", "support": ""})
	require.NoError(t, err)
	r, err := p.Reach(u, tree, midnight)
	require.NoError(t, err)
	return r
}

// parseUser reads "member sales:lead:head ops +kit +page.view@2": the account role, teams with
// the roles held there, grants with the hour at which they end; nobody for "".
func parseUser(text string) *policy.User {
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	u := &policy.User{Status: usher.Active, Role: role.Name(words[0])}
	for _, word := range words[1:] {
		if grant, ok := strings.CutPrefix(word, "+"); ok {
			name, until, ends := strings.Cut(grant, "@")
			g := policy.Grant{Name: name}
			if ends {
				var hours int
				if _, err := fmt.Sscan(until, &hours); err != nil {
					panic(err)
				}
				g.Until = midnight.Add(time.Duration(hours) * time.Hour)
			}
			u.Grants = append(u.Grants, g)
			continue
		}
		parts := strings.Split(word, ":")
		u.Teams = append(u.Teams, in(usher.TeamID(parts[0]), parts[1:]...)...)
	}
	return u
}

func missingText(h policy.Holding, ok bool) string {
	if !ok {
		return ""
	}
	return strings.Join(holdings([]policy.Holding{h}), "")
}
