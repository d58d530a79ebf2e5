package account

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// Every command has a description with its name and fields.
func TestCommands(t *testing.T) {
	for i, described := range Commands() {
		c := described.New().Interface().(Command)
		assert.IsType(t, commands[i], c)
		assert.Equal(t, NameOf(c), described.Name)
		assert.Len(t, described.Args, reflect.TypeOf(c).NumField(), described.Name)
		assert.Equal(t, described.Name != "import", described.Written(), described.Name)
		found, ok := CommandNamed(described.Name)
		assert.True(t, ok)
		assert.Equal(t, described, found)
	}
	_, ok := CommandNamed("assign-chair")
	assert.False(t, ok)
	assert.False(t, CommandType{}.Written())
}

func TestCommandArgs(t *testing.T) {
	add, ok := CommandNamed("add-user")
	require.True(t, ok)
	require.Len(t, add.Args, 5)
	assert.Equal(t, Arg{Name: "role", Type: reflect.TypeFor[role.Name](), Kind: "role", Optional: true}, add.Args[1])
	assert.Equal(t, []string{"active", "invited"}, add.Args[2].Choices)
	move, ok := CommandNamed("move-field")
	require.True(t, ok)
	assert.Equal(t, []Arg{
		{Name: "field", Type: reflect.TypeFor[string](), Kind: "field"},
		{Name: "before", Type: reflect.TypeFor[string](), Kind: "field", Optional: true},
	}, move.Args)
}

// A tag that is not valid is an error.
func TestArgTags(t *testing.T) {
	type wrong struct {
		Until time.Time `usher:"opional"`
		Role  role.Name `usher:"setting"`
		Count int       `usher:"1|2"`
		User  string    `usher:"user"`
	}
	for i := range reflect.TypeFor[wrong]().NumField() {
		_, err := argOf(reflect.TypeFor[wrong]().Field(i))
		assert.ErrorContains(t, err, "which is not valid for the type")
	}
}

func TestKebab(t *testing.T) {
	for name, want := range map[string]string{"Leave": "leave", "AssignSeat": "assign-seat", "UserID": "user-id", "SetURLOf": "set-url-of"} {
		assert.Equal(t, want, kebab(name))
	}
}

// RequestFor returns false if no rule decides.
func TestRequestForNothing(t *testing.T) {
	for _, c := range []Command{nil, &Leave{}, CreateAccount{}, AcceptInvitation{}} {
		r, ok := New("acme").RequestFor(nil, "mia", c)
		assert.False(t, ok, "%T", c)
		assert.Zero(t, r)
	}
	r, ok := New("acme").RequestFor(nil, "mia", Leave{})
	assert.True(t, ok)
	assert.Equal(t, "user.leave", r.Permission.String())
	assert.Equal(t, usher.UserID("mia"), r.Subject)
	assert.Equal(t, usher.AccountID("acme"), r.Account)
}
