package account_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
)

func TestLists(t *testing.T) {
	s := open(t, compile(t, club), members())
	var all []usher.UserID
	for u, err := range s.UsersAfter("cora") {
		require.NoError(t, err)
		known, _ := s.User(u.ID)
		assert.Same(t, known, u.User)
		all = append(all, u.ID)
	}
	assert.Equal(t, []usher.UserID{"dora", "ina", "ivan", "max", "mia", "olga"}, all)
	var in []usher.UserID
	for id, err := range s.UsersIn([]usher.TeamID{"rowing", "chess"}) {
		require.NoError(t, err)
		in = append(in, id)
	}
	slices.Sort(in)
	assert.Equal(t, []usher.UserID{"max", "mia"}, in)
	for range s.UsersIn(nil) {
		t.Error("somebody is in no team")
	}
}
