package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
)

// Somebody who is looked at with the zero time has all that they ever will, by grants that have
// ended too; the actor is looked at now.
func TestMissingEver(t *testing.T) {
	p, err := policy.Load("reach.yaml", []byte(reachPolicy))
	require.NoError(t, err)
	ever := func(user string) policy.Reach {
		r, err := p.Reach(parseUser(user), nil, time.Time{})
		require.NoError(t, err)
		return r
	}
	for _, row := range []struct{ by, before, after, want string }{
		{"guest", "guest", "guest +page.view@0", "page.view: any [grant page.view] until 00:00"},
		{"guest +page.view@0", "guest", "guest +page.view@0", "page.view: any [grant page.view] until 00:00"},
		{"guest +page.view@1", "guest", "guest +page.view@0", ""},
		{"guest +page.edit", "guest +page.view@0", "guest +page.view@0 +page.edit", ""}, // that was there
		{"guest", "guest +page.view@0", "guest +page.view@1", "page.view: any [grant page.view] until 01:00"},

		// A feature that ends brings rules until then, and others from then on.
		{"bots-ed +bots@2", "", "bots-ed +bots@2", ""},
		{"bots-ed +bots@1", "", "bots-ed +bots@2", "page.chat: own if bots [role bots-ed] until 02:00"},
		{"bots-ed", "", "bots-ed +bots@0", "page.chat: own if bots [role bots-ed] until 00:00"},
		{"no-bots", "", "no-bots +bots@2", ""},
		{"bots-ed", "", "no-bots +bots@2", "page.chat: own if not bots [role no-bots]"},
		{"bots-ed", "", "no-bots +bots@0", "page.chat: own if not bots [role no-bots]"},
		{"no-bots +bots@1", "", "no-bots +bots@2", "page.chat: own if not bots [role no-bots]"}, // now the actor has none
		{"bots-ed", "", "no-bots +bots", ""},
		{"guest", "bots-ed +bots@1", "bots-ed +bots@1", ""},
		{"guest", "bots-ed +bots@2", "bots-ed +bots@1", ""}, // for less long
		{"guest", "bots-ed +bots@1", "bots-ed +bots@2", "page.chat: own if bots [role bots-ed] until 02:00"},
		{"guest", "bots-ed +bots@1", "bots-ed +bots", "page.chat: own if bots [role bots-ed]"},
		{"guest", "no-bots +bots@1", "no-bots +bots@2", ""}, // less soon
		{"guest", "no-bots +bots@2", "no-bots +bots@1", "page.chat: own if not bots [role no-bots]"},
		{"guest", "no-bots", "no-bots +bots@1", ""},
		{"guest", "no-bots +bots", "no-bots +bots@1", "page.chat: own if not bots [role no-bots]"},
	} {
		missing, ok := reach(t, p, row.by).Missing(ever(row.after), ever(row.before))
		if got := missingText(missing, ok); got != row.want {
			t.Errorf("%q makes %q of %q: missing is %q, want %q", row.by, row.after, row.before, got, row.want)
		}
	}
	// Nor does it help an actor who is looked at so by mistake.
	missing, ok := ever("no-bots +bots@1").Missing(ever("bots-ed +bots@2"), policy.Reach{})
	if got, want := missingText(missing, ok), "page.chat: own if bots [role bots-ed] until 02:00"; got != want {
		t.Errorf("missing is %q, want %q", got, want)
	}
}
