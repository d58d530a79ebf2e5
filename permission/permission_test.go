package permission_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/permission"
)

func TestParse(t *testing.T) {
	p, err := permission.Parse("routing-form.set-hosts2")
	require.NoError(t, err)
	assert.Equal(t, "routing-form.set-hosts2", p.String())
	assert.Equal(t, "routing-form", p.Resource())
	assert.Equal(t, "set-hosts2", p.Action())
	assert.True(t, p == permission.MustParse("routing-form.set-hosts2"), "one name, one permission")
	assert.False(t, p == permission.MustParse("routing-form.set-hosts"))
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{
		"", ".", "calendar", "calendar.", ".edit", "calendar.edit.all", "Calendar.edit",
		"calendar.Edit", "calendar edit", "1calendar.edit", "-calendar.edit", "calendar.édit", "calendar.edit ",
	} {
		p, err := permission.Parse(s)
		assert.ErrorIs(t, err, permission.ErrSyntax, "Parse(%q)", s)
		assert.True(t, p.IsZero(), "Parse(%q)", s)
	}
	assert.Panics(t, func() { permission.MustParse("calendar") })
}

func TestParseBundle(t *testing.T) {
	p, err := permission.ParseBundle("desk")
	require.NoError(t, err)
	assert.Equal(t, "", p.Resource())
	assert.Equal(t, "desk", p.Action())
	_, err = permission.ParseBundle("front desk")
	assert.ErrorIs(t, err, permission.ErrSyntax)
}

func TestZero(t *testing.T) {
	var p permission.Permission
	assert.True(t, p.IsZero())
	assert.Empty(t, p.String()+p.Resource()+p.Action())
	assert.Zero(t, p.Hash())
}

func TestText(t *testing.T) {
	type question struct {
		Can  permission.Permission
		None permission.Permission
	}
	text, err := json.Marshal(question{Can: permission.MustParse("calendar.edit")})
	require.NoError(t, err)
	assert.JSONEq(t, `{"Can": "calendar.edit", "None": ""}`, string(text))
	var back question
	require.NoError(t, json.Unmarshal(text, &back))
	assert.Equal(t, permission.MustParse("calendar.edit"), back.Can)
	assert.True(t, back.None.IsZero())
	assert.Error(t, json.Unmarshal([]byte(`{"Can": "calendar edit"}`), &back))
}
