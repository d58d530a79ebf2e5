package account

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/usher-go/usher/policy"
)

// A command with the zero requirement would be rejected for every actor, so each has another.
func TestEachCommandRequiresSomething(t *testing.T) {
	for _, c := range commands {
		want := c.asks(&proposing{draft: New("acme").draft(), actor: AsUser("mia")})
		assert.True(t, want.creates || want.own || want.each || want.hostOnly != "" || !want.permission.IsZero(), NameOf(c))
	}
	q := proposing{draft: New("acme").draft(), policy: &policy.Policy{}, actor: AsHost("test")}
	assert.ErrorIs(t, q.checkRequirement(requirement{}), CodeDenied, "the zero requirement is met by no actor")
}
