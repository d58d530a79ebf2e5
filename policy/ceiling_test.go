package policy_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

// TestGives compares what an actor can give to a user with the sentences of the contract.
// Want is the rule that the actor's rules do not cover; "" if the command is allowed.
func TestGives(t *testing.T) {
	p, err := policyfile.Load("ceiling.yaml", []byte(ceilingPolicy))
	require.NoError(t, err)
	for _, row := range []struct{ by, before, after, want string }{
		// "account role with includes and all"
		{"admin", "", "member", ""},
		{"boss", "", "admin", ""},
		{"admin", "", "boss", ""}, // it gives all that the owner has; another check rejects the unique role
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
		{"careful", "careful", "guest", "page.see: shared [everyone everyone]"}, // everyone's rules no longer require mfa
		{"indoor", "guest", "indoor", ""},                                       // the user has less than before
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
		{"guest sales:lead ops:head", "guest sales ops", "guest sales:lead ops:lead", "page.plan: team [team role lead] on sales on ops"}, // the teams of two roles do not
		{"guest ops:lead", "guest sales:lead ops", "guest sales:lead ops:lead", "page.plan: team [team role lead] on sales on ops"},       // a resource with one host of each team is new
		{"guest", "guest sales:lead emea", "guest sales:lead emea:lead", ""},                                                              // the user had it before
		{"guest", "guest sales:lead ops:lead", "guest sales:lead ops", ""},
		{"guest stray:lead", "guest stray", "guest stray:lead", ""},                                 // a team that the tree lacks counts as below itself
		{"guest", "", "guest sales:pilot sales:admin", ""},                                          // not team roles
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
		{"bots-ed", "any-bot +bots", "any-bot +sms +bots", ""}, // beta and bots name the same feature
		{"bots-ed", "any-bot", "any-bot +sms", "page.chat: own if not beta sms [role any-bot]"},
		{"botted +bots", "", "guest", ""}, // requires: [bots] always holds for users with bots
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
		// Users cannot give what they do not have, although the recipient had it before.
		{"guest", "admin", "admin +page.view", "page.view: any [grant page.view]"},
		{"guest", "guest +kit", "guest +kit +page.view", "page.view: any [grant page.view]"},
		{"guest", "guest +kit", "guest +kit", ""},

		// A grant cannot be given for longer than the actor has it.
		{"guest +page.view@2", "guest", "guest +page.view@2", ""},
		{"guest +page.view@2", "guest", "guest +page.view@1", ""},
		{"guest +page.view@1", "guest", "guest +page.view@2", "page.view: any [grant page.view] from 01:00 on"},
		{"guest +page.view@2", "guest +page.view@2", "guest +page.view", "page.view: any [grant page.view] from 02:00 on"},
		{"guest +page.view", "guest +page.view@1", "guest +page.view", ""},
		{"guest", "guest +page.view@2", "guest +page.view@1", ""}, // shorter
		{"guest", "guest +page.view@0", "guest +page.view@0", ""}, // it ended before the command
		{"guest +page.view@0", "guest", "guest +page.view@1", "page.view: any [grant page.view]"},
		{"bots-ed +bots@1", "", "bots-ed +bots@1", ""},
		{"bots-ed +bots@1", "bots-ed +bots@1", "bots-ed +bots", "page.chat: own if bots [role bots-ed] from 01:00 on"},
		{"bots-ed +bots@1", "bots-ed", "bots-ed +bots@2", "page.chat: own if bots [role bots-ed] from 01:00 on"},
		{"bots-ed +bots@1 +bots@2", "bots-ed", "bots-ed +bots@2", ""}, // the last end counts
		{"bots-ed +bots@2 +bots@1", "bots-ed", "bots-ed +bots@2", ""},
		{"bots-ed +bots@1", "", "no-bots", "page.chat: own if not bots [role no-bots] from 01:00 on"},

		{"guest +page.view@1", "botted", "botted +page.view +bots@1", ""}, // without bots the grant does not apply either
		{"guest +page.view@1", "botted", "botted +page.view +bots@2", "page.view: any if bots [grant page.view] from 01:00 on"},

		// A feature can lift or apply a prohibition, and a rule can require its absence.
		{"guest +page.print", "guest", "guest +page.print", ""},
		{"guest +page.print +bots", "guest", "guest +page.print", "page.print: any [grant page.print]"}, // the actor is forbidden to print
		{"guest +page.print +bots", "guest +bots", "guest +bots +page.print", ""},
		{"guest", "paid +bots", "paid", "page.print: any if seated [role paid]"},
		{"guest", "paid +bots", "paid +bots@1", "page.print: any if seated [role paid] from 01:00 on"},
		{"guest", "guest +bots", "guest", ""},
		{"paid +bots", "paid +bots", "paid", "page.print: any if seated [role paid]"}, // the actor, who is forbidden to print, cannot lift that
		{"guest", "no-bots +bots", "no-bots", "page.chat: own if not bots [role no-bots]"},
		{"guest", "no-bots +bots", "no-bots +bots@1", "page.chat: own if not bots [role no-bots] from 01:00 on"},
		{"guest", "no-bots +bots@1", "no-bots +bots@2", ""},
		{"guest", "no-bots", "no-bots +bots@1", ""},

		// A condition that holds for the actor at the time of the command counts as met.
		{"careful mfa", "", "member", ""},
		{"strict mfa", "", "root", ""},
		{"paid /desk", "guest", "guest +page.print", ""},
		{"paid", "guest", "guest +page.print", "page.print: any [grant page.print]"},
		{"desk-bound /desk", "", "guest", ""},

		// The actor needs a seat that a rule under never forbids; the user may pass without it, now
		// or after losing it.
		{"clerk /desk", "guest", "guest +page.sign", "page.sign: any [grant page.sign]"},
		{"clerk /desk", "guest /desk", "guest +page.sign /desk", "page.sign: any [grant page.sign]"},
		{"clerk /desk", "guest", "clerk", ""},

		// "everyone" is a source of each user.
		{"guest", "", "guest", ""},
		{"guest", "guest", "", ""},
		{"guest", "", "", ""},
	} {
		if got := gives(t, p, row.by, row.before, row.after); got != row.want {
			t.Errorf("%q makes %q of %q: gives %q, want %q", row.by, row.after, row.before, got, row.want)
		}
	}
}

// TestTakes compares which changes count as taking with the sentences of the contract.
func TestTakes(t *testing.T) {
	p, err := policyfile.Load("ceiling.yaml", []byte(ceilingPolicy))
	require.NoError(t, err)
	for _, row := range []struct {
		before, after string
		want          bool
	}{
		{"member", "", true},
		{"member", "member", false},
		{"member", "admin", false}, // the account role is one source
		{"admin", "member", true},
		{"member", "careful", true}, // what the user had now requires mfa
		{"careful", "member", false},
		{"guest +kit", "guest", true},
		{"admin +kit", "admin", true}, // the grant would have outlasted the role
		{"guest +kit@1", "guest +kit@2", false},
		{"guest +kit@2", "guest +kit@1", true},
		{"guest +kit@0", "guest", false}, // it had ended
		{"guest +kit@1", "guest +kit@1", false},
		{"guest sales:lead", "guest sales", true},
		{"guest sales:lead emea:lead", "guest sales:lead emea", false}, // emea is below sales
		{"guest sales:lead emea:lead", "guest sales emea:lead", true},
		{"guest sales:pilot", "guest sales", false}, // not a role of the policy
		{"guest sales", "guest", false},             // membership is not compared

		// A feature can take by what it brings into force.
		{"no-bots", "no-bots +bots", true},
		{"no-bots", "no-bots +bots@1", true},
		{"bots-ed +bots", "bots-ed", true},
		{"bots-ed +bots@2", "bots-ed +bots@1", true},
		{"guest", "guest +bots", false},
		{"guest +kit", "guest +kit +bots", true}, // page.print is now forbidden to the user
		{"paid", "paid +bots", true},
		{"standing", "standing +bots", false}, // the user could not print before

		// A seat that is released.
		{"paid /desk", "paid", true},
		{"guest /desk", "guest", false},
		{"guest /desk sales:scribe", "guest sales:scribe", true},
		{"desk-bound /desk", "desk-bound", true},
		{"standing /desk", "standing", true}, // page.pay is forbidden to the user without a seat
		{"standing", "standing /desk", false},
	} {
		got, err := ceilingOf(t, p, "guest").Takes(parseUser(row.before), parseUser(row.after))
		require.NoError(t, err)
		if got != row.want {
			t.Errorf("from %q to %q takes something: %t, want %t", row.before, row.after, got, row.want)
		}
	}
}

// TestOutranks compares who outranks an actor with the sentences of the contract.
func TestOutranks(t *testing.T) {
	p, err := policyfile.Load("ceiling.yaml", []byte(ceilingPolicy))
	require.NoError(t, err)
	for _, row := range []struct{ by, user, want string }{
		{"admin", "admin", ""},
		{"admin", "boss", ""},
		{"member", "admin", "page.view: any [role admin]"},
		{"member", "member sales:head +kit +bots", ""}, // only the account role
		{"careful", "indoor", ""},                      // everyone's rules are not the role's
		{"guest", "member", ""},                        // own is about the user's own things
		{"guest", "bots-ed +bots", ""},
		{"guest +page.view@1", "member", ""},
		{"guest sales:lead", "crew emea", ""},
		{"guest sales:lead", "crew ops", "page.plan: team [role crew]"},
		{"root", "strict", ""},
		{"strict", "root", "account.configure: any [role root]"}, // without mfa in the request
		{"strict mfa", "root", ""},
		{"any-botted", "any-botted +bots", ""}, // a feature hides no rank, and makes no difference
		{"any-botted +bots", "any-botted", ""},
		{"guest", "any-botted", "page.chat: any if not bots [role any-botted]"},
		{"guest", "any-botted +bots", "page.chat: any if not bots [role any-botted]"},
		{"paid +bots", "paid", ""}, // nor do rules under never
		{"guest", "", ""},
	} {
		rule, ok, err := ceilingOf(t, p, row.by).Outranks(parseUser(row.user))
		require.NoError(t, err)
		if got := uncoveredText(rule, ok); got != row.want {
			t.Errorf("%q is outranked by %q: %q, want %q", row.by, row.user, got, row.want)
		}
	}
}

// An uncovered rule can be shown to a user: the rule, and where it comes from.
func TestGivesTells(t *testing.T) {
	p := loadPreset(t, "oncehub")
	given, ok, err := ceilingOf(t, p, "member").Gives(nil, parseUser("owner"))
	require.NoError(t, err)
	require.True(t, ok)
	assert.Regexp(t, "^`admin: any` of account.configure \\(which owner includes, oncehub.yaml:[0-9]+\\)$", given.Rule.String())
	assert.Equal(t, "owner", given.Rule.Held)

	given, ok, err = ceilingOf(t, p, "member").Gives(parseUser("member sales ops"), parseUser("member sales:manager ops:manager"))
	require.NoError(t, err)
	require.True(t, ok)
	assert.Equal(t, usher.SourceTeamRole, given.Rule.Source)
	assert.Equal(t, []usher.TeamID{"sales", "ops"}, given.Teams)
	assert.Zero(t, given.Never)

	p, err = policyfile.Load("ceiling.yaml", []byte(ceilingPolicy))
	require.NoError(t, err)
	given, ok, err = ceilingOf(t, p, "paid +bots +kit").Gives(parseUser("guest"), parseUser("guest +kit"))
	require.NoError(t, err)
	require.True(t, ok)
	assert.Regexp(t, "^`never: page.print: any if bots` ", given.Never.String())
}

func TestCeilingRefuses(t *testing.T) {
	p, err := policyfile.Load("ceiling.yaml", []byte(ceilingPolicy))
	require.NoError(t, err)
	fine := parseUser("admin")
	for _, name := range []role.Name{"", "pilot", "lead", "everyone"} {
		u := &policy.User{Status: usher.Active, Role: name}
		for _, of := range []*policy.Policy{p, {}, nil} {
			_, err := of.Ceiling(u, &policy.Account{}, nil, midnight)
			require.ErrorIs(t, err, usher.ErrUndeclared, "Ceiling of a user with the role %q", name)
		}
		c := ceilingOf(t, p, "root")
		for _, pair := range [][2]*policy.User{{nil, u}, {u, fine}, {fine, u}} {
			_, ok, err := c.Gives(pair[0], pair[1])
			require.ErrorIs(t, err, usher.ErrUndeclared)
			assert.True(t, ok, "with an error the rule counts as not covered")
			takes, err := c.Takes(pair[0], pair[1])
			require.ErrorIs(t, err, usher.ErrUndeclared)
			assert.True(t, takes)
		}
		_, ok, err := c.Outranks(u)
		require.ErrorIs(t, err, usher.ErrUndeclared)
		assert.True(t, ok)
	}
	_, err = (*policy.Policy)(nil).Ceiling(fine, &policy.Account{}, nil, midnight)
	require.ErrorIs(t, err, usher.ErrUndeclared)
	_, err = p.Ceiling(fine, &policy.Account{}, nil, time.Time{})
	require.ErrorIs(t, err, usher.ErrNoTime)
	_, err = p.Ceiling(nil, &policy.Account{}, nil, midnight)
	require.Error(t, err)
	_, err = p.Ceiling(fine, nil, nil, midnight)
	require.Error(t, err)
}

// Concurrent goroutines may compute the cached facts of a policy's roles.
func TestGivesConcurrently(t *testing.T) {
	table := func() (texts []string) {
		p, err := policyfile.Load("ceiling.yaml", []byte(ceilingPolicy))
		require.NoError(t, err)
		var users []string
		for _, r := range p.Roles() {
			if !r.OnTeam {
				users = append(users, string(r.Name))
			}
		}
		texts = make([]string, len(users))
		var callers sync.WaitGroup
		for i, by := range users {
			callers.Go(func() {
				for _, of := range users {
					texts[i] += gives(t, p, by, "", of) + "\n"
				}
			})
		}
		callers.Wait()
		return texts
	}
	assert.Equal(t, table(), table())
}
