package ushertest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/ushertest"
)

// The fake allows on behalf of a user what it allows to both users, and hides what it hides from one of them.
func TestOnBehalf(t *testing.T) {
	az := ushertest.New(t)
	az.Allow("mia", edit, c1)
	az.Allow("mia", view).Hiding("title")
	az.Allow("aida", edit)
	az.Allow("aida", view).Hiding("place", "title")
	az.Deny("bob", edit, usher.ReasonInactive)
	for _, row := range []struct {
		user, by usher.UserID
		want     usher.Reason
	}{
		{"mia", "aida", usher.ReasonGranted},
		{"aida", "mia", usher.ReasonGranted},
		{"mia", "mia", usher.ReasonGranted},
		{"mia", "", usher.ReasonGranted},
		{"mia", "bob", usher.ReasonInactive},
		{"bob", "mia", usher.ReasonInactive},
		{"mia", "zoe", usher.ReasonNoPermission},
		{"zoe", "mia", usher.ReasonNoPermission},
		{"", "mia", usher.ReasonUnknownUser},
	} {
		r := ask(row.user, edit, c1)
		r.By = row.by
		assert.Equal(t, row.want, reason(t, az, r), "%s by %s", row.user, row.by)
		x, err := az.Explain(ctx, r)
		require.NoError(t, err)
		assert.Equal(t, row.want, x.Decision.Reason(), "%s by %s", row.user, row.by)
	}
	r := ask("mia", edit, c2)
	r.By = "aida"
	assert.Equal(t, usher.ReasonOutOfScope, reason(t, az, r), "mia may edit another calendar")

	r = ask("mia", view, c1)
	r.By = "aida"
	d, err := az.Check(ctx, r)
	require.NoError(t, err)
	assert.Equal(t, []string{"place", "title"}, d.Hidden())
	r.Subject, r.By, r.Visitor = "", "aida", true
	_, err = az.Check(ctx, r)
	assert.ErrorIs(t, err, usher.ErrVisitor)
}

// A user who acts is another question than the user alone: an assertion and the list of checks tell them apart.
func TestAsksOnBehalf(t *testing.T) {
	az := ushertest.New(t)
	az.AllowEverything()
	r := ask("mia", edit, c1)
	r.By = "aida"
	assert.Equal(t, usher.ReasonGranted, reason(t, az, r))
	asked := az.Requests()
	require.Len(t, asked, 1)
	assert.Equal(t, usher.UserID("mia"), asked[0].Subject)
	assert.Equal(t, usher.UserID("aida"), asked[0].By)
}
