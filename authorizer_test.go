package usher_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/permission"
)

var editCalendar = permission.MustParse("calendar.edit")

// answer is an Authorizer that always returns the same result.
type answer struct {
	decision usher.Decision
	err      error
}

func (a answer) Check(context.Context, usher.Request) (usher.Decision, error) {
	return a.decision, a.err
}

// helpful is an answer that is also an Explainer.
type helpful struct{ answer }

func (helpful) Explain(context.Context, usher.Request) (usher.Explanation, error) {
	return usher.Explanation{Sentence: "no seat", Remedies: []usher.Remedy{{Text: "a seat in booking"}, {Text: "role admin"}}}, nil
}

var edit = usher.Request{
	Account: "acme", Subject: "mia", Permission: editCalendar,
	Resource: &usher.Object{Type: "calendar", ID: "c1"},
}

func TestRequire(t *testing.T) {
	ctx := context.Background()

	d, err := usher.Require(ctx, answer{decision: granted(usher.Detail{})}, edit)
	require.NoError(t, err)
	assert.True(t, d.Allowed())

	denied := decision.New(&basis{}, usher.ReasonInactive, 0, time.Time{})
	d, err = usher.Require(ctx, answer{decision: denied}, edit)
	assert.False(t, d.Allowed())
	assert.ErrorIs(t, err, usher.ErrDenied)
	assert.EqualError(t, err, "mia may not calendar.edit on calendar c1: denied (inactive): only active users are allowed anything")
	var e *usher.DeniedError
	require.ErrorAs(t, err, &e)
	assert.Equal(t, usher.ReasonInactive, e.Decision.Reason())
}

func TestRequireFailsClosed(t *testing.T) {
	down := errors.New("store is down")
	// A decision that comes with an error is ignored, even if it allows.
	d, err := usher.Require(context.Background(), answer{granted(usher.Detail{}), down}, edit)
	assert.ErrorIs(t, err, down)
	assert.NotErrorIs(t, err, usher.ErrDenied, "nobody has decided")
	assert.False(t, d.Allowed())

	d, err = usher.Require(context.Background(), nil, edit)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	assert.False(t, d.Allowed())
}

func TestDeniedErrorExplains(t *testing.T) {
	ctx := context.Background()
	_, err := usher.Require(ctx, helpful{}, edit)
	var e *usher.DeniedError
	require.ErrorAs(t, err, &e)
	x, err := e.Explain(ctx)
	require.NoError(t, err)
	assert.Equal(t, "no seat; what would help: a seat in booking; or role admin", x.String())

	_, err = usher.Require(ctx, answer{}, edit)
	require.ErrorAs(t, err, &e)
	x, err = e.Explain(ctx)
	require.NoError(t, err)
	assert.Empty(t, x.Remedies, "who cannot explain offers no way")
}

func TestRequestError(t *testing.T) {
	err := &usher.RequestError{
		Op: "check", Subject: "mia", Permission: editCalendar,
		Resource: usher.Ref{Type: "calendar", ID: "c1"}, Err: usher.ErrOtherAccount,
	}
	assert.EqualError(t, err, "check mia calendar.edit on calendar c1: wrong account")
	assert.ErrorIs(t, err, usher.ErrOtherAccount)
}

func TestObject(t *testing.T) {
	o := &usher.Object{Type: "calendar", Parties: map[string][]string{"host": {"mia"}}, Attributes: map[string]bool{"open": false}}
	ids, known := o.Party("team")
	assert.Empty(t, ids)
	assert.True(t, known, "a party that is not named is empty")
	_, known = o.Attribute("open")
	assert.True(t, known)
	_, known = o.Attribute("closed")
	assert.False(t, known, "an attribute that is not named is unknown")

	value, known := usher.Attribute(o, "open")
	assert.False(t, value)
	assert.True(t, known)
	_, known = usher.Attribute(nil, "open")
	assert.False(t, known, "without a resource all is unknown")
	_, known = usher.Attribute(struct{ usher.Resource }{o}, "open")
	assert.False(t, known, "a wrapper that does not forward attributes has none")

	var none *usher.Object
	_, known = none.Party("host")
	assert.False(t, known)
	assert.Empty(t, none.Ref())
}
