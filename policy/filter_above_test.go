package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
)

// A rule that looks at containers cannot be a condition in SQL, which would ignore them.
func TestFilterAboveHasNoSQL(t *testing.T) {
	p, err := policyfile.Load("x.yaml", []byte(roles+`
resources:
  folder:
    in: folder
    parties: {host: users}
    permissions: {view: {member: any and not own or above}, edit: {member: own}}
`))
	require.NoError(t, err)
	table, err := filter.Mapping{
		Type: "folder", Account: filter.Column{Name: "f.account"},
		Parties: map[string]filter.Party{"host": filter.Column{Name: "f.host"}},
	}.Compile(filter.SQLite)
	require.NoError(t, err)
	view, edit := permission.MustParse("folder.view"), permission.MustParse("folder.edit")
	require.ErrorIs(t, p.CheckTable(table, view), filter.ErrMapping)
	require.NoError(t, p.CheckTable(table, edit))

	w := &world{users: map[usher.UserID]*policy.User{"mia": {Status: usher.Active, Role: "member"}}}
	f, err := p.Filter(w, &usher.Request{Account: "acme", Subject: "mia", Permission: view, Time: midnight})
	require.NoError(t, err)
	_, err = f.SQL(table, 1)
	require.ErrorIs(t, err, filter.ErrMapping)
	own := &usher.Object{Type: "folder", Parties: map[string][]string{"host": {"mia"}}}
	for container, want := range map[usher.Resource]bool{nil: true, own: false} {
		selected, err := f.Match(&usher.Object{Type: "folder", In: container})
		require.NoError(t, err)
		assert.Equal(t, want, selected)
	}
}
