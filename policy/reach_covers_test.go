package policy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
)

// TestCovers compares rules of two account roles, a row for a sentence or a half of one: a
// rule covers another one if "its conditions are a subset of b's, it hides nothing that b shows,
// and its scope is as wide: the same with the same as; or any; or, with the same as, sole < own,
// sole < team < shared".
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
		{"own", "team", no}, // all of a team's hosts need not be the user
		{"own", "shared", no},
		{"team", "own", no}, // there may be other hosts, of other teams
		{"shared", "own", no},

		{"own as host", "own as host", yes},
		{"own as host", "own as guest", no},
		{"own", "own as host", no}, // which is so, but parties are not compared beyond the same or not
		{"own as host or guest", "own as guest or host", yes},
		{"own as host or guest or team", "own", yes}, // all of them is the same as none named
		{"own", "own as host or guest or team", yes},
		{"own as host", "sole as host", yes},
		{"own as host", "sole", no},

		{"any if mfa", "any if mfa", yes},
		{"any", "any if mfa", yes},
		{"any if mfa", "any", no},
		{"any if mfa", "own if mfa and open", yes},
		{"any if mfa and open", "own if mfa", no},
		{"any if not mfa", "any if mfa", no}, // x and not x are two
		{"any if not open", "own if open and not mfa", no},
		{"any if also-mfa", "any if mfa", no}, // one fact by two names, and two conditions
		{"any if seated", "any if seated", yes},
		{"any if seated", "any", no}, // whoever sits there now
		{"any if linked", "any", no},
		{"any if teamed", "any", no},

		{"any", "any hiding details", yes},
		{"any hiding details", "any", no},
		{"any hiding details", "own hiding details", yes},
		{"any hiding details", "own hiding contact", no},
		{"any hiding place", "own hiding details", yes}, // place is among the details
		{"any hiding details and contact", "any hiding details", no},
		{"any hiding details", "any hiding details and contact", yes},
	} {
		p, err := policy.Load("covers.yaml", []byte(`
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
		// Desks and settings as they are now play no part.
		missing, ok := reach(t, p, "a").Missing(reach(t, p, "b"), policy.Reach{})
		if ok == row.want {
			t.Errorf("%q covers %q: %t, want %t; missing is %v", row.a, row.b, !ok, row.want, missing)
		}
	}
}
