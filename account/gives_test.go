package account_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// namesButDoesNotGive are the arguments of commands that are roles and that the command does not give.
var namesButDoesNotGive = map[string]string{
	"unset-role-beside Role": "it takes the role",
	"unset-team-role Role":   "it takes the role",
	"take-role-on Role":      "it takes the role",
	"define-role Role":       "no user holds it yet",
	"define-role Like":       "it is what the role is held like",
	"change-role Role":       "it changes the role",
	"delete-role Role":       "it takes the role",
	"request-to-join Role":   "only the host can name it",
}

// Each argument of a command that is a role is the role that the command gives, for rules such as
// {gives: admin}, unless the list states why not. A command without such a statement could give
// under "any if not gives-admin" what the rule is to forbid.
func TestCommandsStateTheRoleThatTheyGive(t *testing.T) {
	p := compile(t, `
usher: 1
roles:
  owner:  {unique: true, all: true, hands-over-to: member}
  member: {default: true}
  bills:  {beside: true}
  lead:   {held-on: team}
  editor: {held-on: calendar}
custom-roles: {like: member, at-most: 3}
resources:
  calendar: {parties: {host: users}, permissions: {edit: {editor: here, custom: any}, share: {member: any}}}
`)
	on := usher.Ref{Type: "calendar", ID: "c1"}
	s := do(t, p, account.New("club"), account.AsHost("test"), account.CreateAccount{Owner: "mia"}, account.DefineRole{Role: "planner"})
	checked := 0
	for _, c := range account.Commands() {
		value := c.New()
		for i := range value.NumField() {
			field := value.Type().Field(i)
			if field.Type != reflect.TypeFor[role.Name]() || namesButDoesNotGive[c.Name+" "+field.Name] != "" {
				continue
			}
			command := c.New()
			command.Field(i).SetString("planner")
			if at := command.FieldByName("On"); at.IsValid() {
				at.Set(reflect.ValueOf(on))
			}
			r, ok := s.RequestFor(p, "mia", command.Interface().(account.Command), &usher.Object{Type: on.Type, ID: on.ID})
			require.True(t, ok, "%s requires a permission", c.Name)
			assert.Equal(t, "planner", r.Gives, "%s %s", c.Name, field.Name)
			checked++
		}
	}
	assert.GreaterOrEqual(t, checked, 8)
}
