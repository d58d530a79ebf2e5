package engine_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
)

// A filter and WhoMay agree with Check, and their errors name the request.
func TestLists(t *testing.T) {
	w := open(t, unwatched).found()
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)

	var may []usher.UserID
	for m := range view.Users("") {
		r := ask(m.ID, openDoor)
		d, err := w.Check(ctx, r)
		require.NoError(t, err)
		f, err := w.Filter(ctx, r)
		require.NoError(t, err)
		assert.Equal(t, d.Allowed(), f.All(), "%s: the rules for a door have no scope", m.ID)
		assert.Equal(t, !d.Allowed(), f.None(), m.ID)
		if d.Allowed() {
			may = append(may, m.ID)
		}
	}
	require.NotEmpty(t, may)
	var got []usher.UserID
	for who, err := range w.WhoMay(ctx, ask("", openDoor), "") {
		require.NoError(t, err)
		assert.Equal(t, view.Version(), who.Decision.Detail().Version)
		got = append(got, who.ID)
	}
	assert.Equal(t, may, got)
	for who, err := range w.WhoMay(ctx, ask("", openDoor), may[0]) {
		require.NoError(t, err)
		assert.NotEqual(t, may[0], who.ID)
	}

	elsewhere := ask("adam", openDoor)
	elsewhere.Account = "other"
	f, err := w.Filter(ctx, elsewhere)
	require.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.True(t, f.None())
	for who, err := range w.WhoMay(ctx, elsewhere, "") {
		require.ErrorIs(t, err, usher.ErrUnknownAccount)
		assert.Zero(t, who)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for who, err := range w.WhoMay(ended, ask("", openDoor), "") {
		require.ErrorIs(t, err, context.Canceled)
		assert.Zero(t, who)
	}
}
