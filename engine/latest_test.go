package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// A Reader of Latest stays on its version.
func TestLatest(t *testing.T) {
	w := open(t, nil).found()
	r, err := w.Latest(ctx, "acme", 0)
	require.NoError(t, err)
	w.must("acme", host, setRole("max", "admin"))

	view, err := r.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(1), view.Version())
	assert.Equal(t, load(t, office).Digest(), view.Policy().Digest())
	max, _ := view.User("max")
	assert.Equal(t, "member", string(max.Role))

	b := engine.Batch{Actor: account.AsUser("max"), Account: "acme", Commands: []account.Command{account.AddUser{User: "eve"}}}
	_, err = r.Propose(ctx, b)
	assert.ErrorIs(t, err, usher.ErrDenied)
	r, err = w.Latest(ctx, "acme", 2)
	require.NoError(t, err)
	outcome, err := r.Propose(ctx, b)
	require.NoError(t, err)
	assert.Equal(t, []account.Change{account.UserAdded{User: "eve", Role: "member", Status: usher.Active}}, outcome.Changes)
	assert.Len(t, w.journal(), 2, "Propose stores nothing")

	b.Commands = nil
	_, err = r.Propose(ctx, b)
	assert.ErrorIs(t, err, account.ErrInvalid)
	b.Account = "other"
	_, err = r.Propose(ctx, b)
	assert.ErrorIs(t, err, usher.ErrOtherAccount)
	_, err = w.Latest(ctx, "acme", 3)
	assert.ErrorIs(t, err, engine.ErrFutureVersion)
	_, err = w.Latest(ctx, "other", 0)
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	_, err = new(engine.Reader).Propose(ctx, b)
	assert.ErrorIs(t, err, engine.ErrClosed)
}
