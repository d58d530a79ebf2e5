package account_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
)

// A later end requires what a new grant requires. A grant that has ended gives nothing, and
// needs no cover.
func TestExtendingIsGiving(t *testing.T) {
	p := compile(t, club)
	s := do(t, p, open(t, p, members()), account.AsHost("test"),
		account.GiveGrant{User: "max", Grant: "seat.assign", Until: noon.Add(time.Hour)})
	_, err := propose(p, s, account.AsUser("dora"), account.GiveGrant{User: "max", Grant: "seat.assign", Until: noon.Add(2 * time.Hour)})
	assert.Equal(t, account.CodeEscalation, codeOf(t, err), "%v", err)
	_, err = propose(p, s, account.AsUser("adam"), account.GiveGrant{User: "max", Grant: "seat.assign"})
	require.NoError(t, err)
	_, err = propose(p, s, account.AsUser("dora"), account.GiveGrant{User: "max", Grant: "seat.assign", Until: noon.Add(time.Minute)})
	require.NoError(t, err, "an earlier end gives nothing")
}
