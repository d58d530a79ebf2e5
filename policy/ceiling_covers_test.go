package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy/policyfile"
)

// TestCovers compares rules of two account roles, with a row for each sentence or part of one: a rule
// covers another rule b if each of its conditions holds now or is a condition of b, it hides nothing
// that b shows, and its scope is as wide: the same with the same as; or any; or, with the same as,
// sole < own, sole < team < shared.
func TestCovers(t *testing.T) {
	const yes, no = true, false
	for _, row := range []struct {
		a, b string
		want bool
	}{
		{"any", "any", yes},
		{"any", "own", yes},
		{"any", "sole as host", yes}, // any looks at no parties
		{"any as guest", "team as host", yes},
		{"own", "any", no},
		{"shared", "any", no},

		{"own", "own", yes},
		{"own", "sole", yes},
		{"team", "sole", yes},
		{"shared", "sole", yes},
		{"shared", "team", yes},
		{"sole", "own", no},
		{"sole", "team", no},
		{"team", "shared", no},
		{"own", "team", no}, // the hosts of a team may include other users
		{"own", "shared", no},
		{"team", "own", no}, // there may be other hosts, of other teams
		{"shared", "own", no},

		{"own as host", "own as host", yes},
		{"own as host", "own as guest", no},
		{"own", "own as host", no}, // true, but parties are compared for equality only
		{"own as host or guest", "own as guest or host", yes},
		{"own as host or guest or team", "own", yes}, // all parties are the same as none named
		{"own", "own as host or guest or team", yes},
		{"own as host", "sole as host", yes},
		{"own as host", "sole", no},

		{"own", "own and not own as guest", yes}, // a has fewer scopes
		{"own and not own as guest", "own", no},
		{"any", "own and not own as guest", yes},
		{"any and not own", "any", no},
		{"any and not own", "any and not own", yes},
		{"any and not sole", "any and not own", yes}, // a narrower scope is excluded
		{"any and not own", "any and not sole", no},
		{"any and not own as guest", "shared and not own as guest", yes},
		{"shared and own as guest", "own as guest and team", yes}, // in any order, each scope as wide
		{"team and own as guest", "own as guest and shared", no},
		{"shared and own", "sole", yes}, // one scope is narrower than both
		{"shared and not own as host", "shared and not own as guest", no},

		{"any if mfa", "any if mfa", yes},
		{"any", "any if mfa", yes},
		{"any if mfa", "any", no},
		{"any if mfa", "own if mfa and open", yes},
		{"any if mfa and open", "own if mfa", no},
		{"any if not mfa", "any if mfa", no},                // x and not x are two conditions
		{"any if not open", "own if open and not mfa", yes}, // the setting is off now
		{"any if open", "own if not mfa", no},
		{"any if also-mfa", "any if mfa", yes}, // two names of one fact
		{"any if seated", "any if seated", yes},
		{"any if seated", "any", no}, // the actor has no seat
		{"any if linked", "any", no},
		{"any if teamed", "any", no},

		{"any", "any hiding details", yes},
		{"any hiding details", "any", no},
		{"any hiding details", "own hiding details", yes},
		{"any hiding details", "own hiding contact", no},
		{"any hiding place", "own hiding details", yes}, // place is among the details
		{"any hiding details and contact", "any hiding details", no},
		{"any hiding details", "any hiding details and contact", yes},
		{"[any hiding details, any hiding contact]", "any", yes}, // together they hide nothing
		{"[any hiding details, own hiding contact]", "any", no},
		{"[any hiding details, any hiding contact]", "own hiding place", yes},
	} {
		p, err := policyfile.Load("covers.yaml", []byte(`
usher: 1
seats: {desk: {}}
settings: {open: false}
conditions:
  mfa:      {context: mfa}
  also-mfa: {context: mfa}
  open:     {setting: open}
  seated:   {seat: desk}
  linked:   {attribute: linked}
  teamed:   {party: team}
roles:
  a: {unique: true, hands-over-to: b}
  b: {default: true}
resources:
  page:
    parties: {host: users, guest: users, team: teams}
    fields:  {details: [title, place], place: [place], contact: [phone]}
    permissions:
      view: {a: `+row.a+`, b: `+row.b+`}
`))
		require.NoError(t, err)
		given := gives(t, p, "a", "", "b")
		if covers := given == ""; covers != row.want {
			t.Errorf("%q covers %q: %t, want %t", row.a, row.b, covers, row.want)
		}
	}
}
