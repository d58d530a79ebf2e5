package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// Values of fields are stored beside the journal, and deleted with the user.
func TestValues(t *testing.T) {
	p := compile(t, club)
	s := open(t, p, members())
	set := account.SetField{User: "max", Field: "phone", Value: "1"}
	o, err := propose(p, s, account.AsUser("max"), set, account.SetField{User: "max", Field: "born", Value: "2000-02-29"})
	require.NoError(t, err)
	assert.Equal(t, []account.FieldValue{{User: "max", Field: 1, Value: "1"}, {User: "max", Field: 2, Value: "2000-02-29"}}, o.Values)

	o, err = propose(p, s, account.AsUser("adam"), set, account.RemoveUser{User: "max"}, account.AddUser{User: "max"}, account.SetField{User: "max", Field: "phone", Value: "2"})
	require.NoError(t, err)
	assert.Equal(t, []account.FieldValue{{User: "max", Field: 1, Value: "2"}}, o.Values)
	assert.Equal(t, []usher.UserID{"max"}, o.Removed)
}
