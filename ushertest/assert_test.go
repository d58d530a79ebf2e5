package ushertest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/ushertest"
)

// mute is an Authorizer that is not an Explainer.
type mute struct{ az *ushertest.Authorizer }

func (m mute) Check(ctx context.Context, r usher.Request) (usher.Decision, error) {
	return m.az.Check(ctx, r)
}

func TestAssertions(t *testing.T) {
	s := &spy{}
	az := ushertest.New(t)
	az.Allow("mia", view, c1).Hiding("title", "location")
	may, mayNot := ask("mia", view, c1), ask("mia", edit, c1)
	for _, az := range []usher.Authorizer{az, mute{az}} {
		assert.True(t, ushertest.Allowed(s, az, may).Allowed())
		assert.Equal(t, usher.ReasonNoPermission, ushertest.Denied(s, az, mayNot, usher.ReasonNoPermission).Reason())
		ushertest.Hides(s, az, may, "title", "location")
		assert.Empty(t, s.taken())

		ushertest.Allowed(s, az, mayNot)
		assert.Equal(t, "calendar.edit on calendar c1 must be allowed: mia may not calendar.edit on calendar c1: "+
			"denied (no-permission): the user has no rule for calendar.edit", s.taken())
		ushertest.Denied(s, az, may, usher.ReasonInactive)
		assert.Contains(t, s.taken(), "calendar.view on calendar c1 must be denied (inactive): mia may calendar.view on calendar c1: allowed by the grant")
		ushertest.Denied(s, az, mayNot, usher.ReasonInactive)
		assert.Contains(t, s.taken(), "must be denied (inactive): mia may not calendar.edit on calendar c1: denied (no-permission)")
		ushertest.Hides(s, az, may)
		assert.Contains(t, s.taken(), "must be allowed with [] hidden: mia may calendar.view on calendar c1")
		ushertest.Hides(s, az, mayNot, "title")
		assert.Contains(t, s.taken(), `must be allowed with ["title"] hidden: mia may not`)
	}
}

// An error is neither allowed nor denied.
func TestAssertionsOfErrors(t *testing.T) {
	s := &spy{}
	az := ushertest.New(t)
	az.AllowEverything()
	az.Fail(errors.New("no connection"))
	r := ask("mia", edit, c1)
	for _, f := range []func(){
		func() { ushertest.Allowed(s, az, r) },
		func() { ushertest.Denied(s, az, r, usher.ReasonNoPermission) },
		func() { ushertest.Denied(s, az, r, 0) },
		func() { ushertest.Hides(s, az, r) },
		func() { ushertest.Allowed(s, nil, r) },
	} {
		f()
		assert.Regexp(t, "check mia calendar.edit.*: no (connection|authorizer)$", s.taken())
	}
	assert.Panics(t, func() { ushertest.Allowed(nil, az, r) })
	assert.Panics(t, func() { ushertest.Denied(nil, az, r, 0) })
	assert.Panics(t, func() { ushertest.Hides(nil, az, r) })
}

// explainer is an Authorizer that returns remedies.
type explainer struct{ mute }

func (e explainer) Explain(ctx context.Context, r usher.Request) (usher.Explanation, error) {
	d, err := e.Check(ctx, r)
	return usher.Explanation{Decision: d, Sentence: "no seat", Remedies: []usher.Remedy{{Text: "a seat in booking"}}}, err
}

func TestAssertionsPrintTheExplanation(t *testing.T) {
	s := &spy{}
	ushertest.Allowed(s, explainer{mute{ushertest.New(t)}}, ask("mia", edit, c1))
	assert.Equal(t, "calendar.edit on calendar c1 must be allowed: no seat; what would help: a seat in booking", s.taken())
}
