package policytest

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
)

const emptyOffice = `usher: 1
name: office
seats: {desk: {}}
features: [sauna]
settings: {night: false}
roles:
  boss:  {unique: true, hands-over-to: staff}
  staff: {default: true}
  lead:  {held-on: team}
`

// What asks says a command asks for is what package account asks, of somebody who may
// do nothing.
func TestAsks(t *testing.T) {
	read := func(string) ([]byte, error) { return []byte(emptyOffice), nil }
	suite, err := Load("x.yaml", []byte(`usher: 1
policy: office.yaml
account:
  seats: {desk: 1}
  teams: {west: {}, sales: {parent: west}, east: {}}
  fields: [{field: phone, type: text}]
  users: {olga: {role: boss}, mia: {teams: [sales]}}
`), read)
	require.NoError(t, err)
	state := suite.World().State()
	arguments := map[string]string{
		"user": "mia", "role": "staff", "team-role": "lead", "status": "active", "teams": "west,east", "team": "sales",
		"pool": "desk", "count": "3", "setting": "night", "flag": "true", "grant": "sauna", "time": "2027-01-01", "field": "phone",
		"field-type": "text", "value": "x", "name": "mobile", "seats": "3",
	}
	asked := map[string]bool{}
	for _, form := range testfile.CommandTypes() {
		words := []string{form.Name}
		for _, arg := range form.Args {
			key, value := arg.Name, arguments[arg.Kind]
			require.NotEmpty(t, value, "%s %s", form.Name, key)
			switch key {
			case "seats":
				key = "seats.desk"
			case "parent":
				value = "east"
			}
			words = append(words, key+"="+value)
		}
		c, err := testfile.ParseCommand(words...)
		require.NoError(t, err)
		_, err = state.Propose(suite.Policy(), account.Proposal{Actor: account.User("mia"), Time: suite.Time(), Commands: []account.Command{c}})
		var want usher.Request // none where nothing was asked
		if refusal := new(account.Refusal); errors.As(err, &refusal) {
			want = refusal.Request
		}
		got, ok := asks(state, "mia", c)
		assert.Equal(t, !want.Permission.IsZero(), ok, form.Name)
		if !ok {
			continue
		}
		asked[form.Name] = true
		assert.Equal(t, want.Subject, got.Subject, form.Name)
		assert.Equal(t, want.Permission, got.Permission, form.Name)
		assert.Equal(t, *want.Resource.(*usher.Object), *got.Resource.(*usher.Object), form.Name)
	}
	assert.Len(t, asked, len(testfile.CommandTypes())-3, "not of whoever makes an account, or answers an invitation")
}
