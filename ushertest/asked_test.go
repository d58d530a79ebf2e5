package ushertest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/ushertest"
)

func TestAsked(t *testing.T) {
	s := &spy{}
	az := ushertest.New(s)
	az.AskedNothing()
	az.AskedAll()
	assert.Empty(t, s.taken())
	az.Asked(edit)
	assert.Equal(t, "calendar.edit was not checked; there were no requests", s.taken())

	r := ask("mia", edit, c1)
	r.Context = usher.Context{"mfa": true}
	_, err := az.Check(ctx, r)
	require.NoError(t, err)
	r.Context["mfa"] = false // the caller may change its map after the request
	_, err = az.Check(ctx, usher.Request{Subject: "mia", Permission: view})
	require.NoError(t, err)

	found := az.Asked(edit)
	assert.Empty(t, s.taken())
	require.Len(t, found, 1)
	assert.Equal(t, usher.AccountID("acme"), found[0].Account)
	assert.Equal(t, usher.Context{"mfa": true}, found[0].Context)
	az.Asked(edit, c1)
	az.Asked(view)
	assert.Empty(t, s.taken())

	assert.Len(t, az.Asked(edit, c1, c2), 1)
	assert.Equal(t, "calendar.edit on calendar c2 was not checked; the requests were:"+
		"\n\tin acme, mia may not calendar.edit on calendar c1: denied (no-permission): the user has no rule for calendar.edit"+
		"\n\tmia may not calendar.view: denied (no-permission): the user has no rule for calendar.view", s.taken())
	az.AskedNothing()
	assert.Contains(t, s.taken(), "want no requests; the requests were:\n\tin acme, mia may not")
}

func TestAskedReportsErrors(t *testing.T) {
	s := &spy{}
	az := ushertest.New(s)
	_, err := az.Check(ctx, ask("mia", edit, usher.Ref{Type: "booking", ID: "b1"}))
	require.Error(t, err)
	az.Asked(view)
	assert.Contains(t, s.taken(), "check mia calendar.edit on booking b1: wrong type of resource")
	_, err = az.Explain(ctx, ask("mia", view, c1))
	require.NoError(t, err)
	az.Asked(view)
	assert.NotEmpty(t, s.taken(), "Explain does not record a request")
}

func TestAskedAll(t *testing.T) {
	s := &spy{}
	az := ushertest.New(s)
	az.AllowEverything()
	az.Allow("mia", edit, c1)
	az.Deny("max", view, usher.ReasonInactive).In("acme")
	az.AskedAll()
	notes := s.taken()
	assert.Regexp(t, `(?m)^the Allow at asked_test.go:\d+ of "mia" and calendar.edit on calendar c1 was not used; there were no requests$`, notes)
	assert.Regexp(t, `(?m)^the Deny at asked_test.go:\d+ of "max" and calendar.view in acme was not used; `, notes)

	for _, r := range []usher.Request{ask("mia", edit, c1), ask("max", view, c2)} {
		_, err := az.Check(ctx, r)
		require.NoError(t, err)
	}
	az.AskedAll()
	assert.Empty(t, s.taken())
}
