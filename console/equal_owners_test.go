package console_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/policyfile"
)

// Without a unique role, there is no page for the ownership, and the role of an owner can be changed
// like any other.
func TestEqualOwners(t *testing.T) {
	w := newWorld(t, "office")
	equal := strings.Replace(office, "unique: true", "at-least: 1", 1)
	equal = strings.Replace(equal, ", hands-over-to: admin", "", 1)
	require.NotEqual(t, office, equal)
	p, err := policyfile.Load("office.yaml", []byte(equal))
	require.NoError(t, err)
	require.NoError(t, w.SetPolicy(ctx, p))

	assert.Equal(t, 403, w.get(olivia, "/ownership").Code)
	assert.Equal(t, 403, w.post(olivia, "/ownership/transfer", "to", "adam").Code)
	page := body(w.get(olivia, "/people"))
	assert.NotContains(t, page, "ownership")
	page = body(w.get(olivia, "/person?id=olivia"))
	assert.NotContains(t, page, "ownership")
	assert.Contains(t, page, `action="./person/set-role"`)
	assert.Contains(t, body(w.get(olivia, "/person?id=mia")), `value="owner"`)

	assert.Contains(t, body(w.post(olivia, "/person/set-role", "id", "olivia", "role", "member")), "The role would have too few active users.")
	w.must(account.SetRole{User: "adam", Role: "owner"})
	record := body(w.get(olivia, "/record"))
	assert.Contains(t, record, "Several people can have the role")
	w.must(account.SetRole{User: "olivia", Role: "admin"})
	owned, err := policyfile.Load("office.yaml", []byte(office))
	require.NoError(t, err)
	require.NoError(t, w.SetPolicy(ctx, owned))
	w.must(account.SetRole{User: "mia", Role: "admin"})
	assert.Contains(t, body(w.get(adam, "/record")), "Exactly one person has the role")
	assert.Contains(t, body(w.get(adam, "/person?id=adam")), "Only a transfer of the ownership changes it.")
	assert.Equal(t, 200, w.get(adam, "/ownership").Code)
}
