package usher_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

// recorder is an Authorizer that records the requests to Check.
type recorder struct {
	got []usher.Request
	err error
}

func (r *recorder) Check(_ context.Context, q usher.Request) (usher.Decision, error) {
	r.got = append(r.got, q)
	if r.err != nil {
		return usher.Decision{}, r.err
	}
	return granted(usher.Detail{}), nil
}

// The Asker of an Authorizer that is not a Resolver passes each check on.
func TestResolveOneByOne(t *testing.T) {
	ctx := context.Background()
	az := &recorder{}
	r := usher.Request{Account: "acme", Subject: "mia", By: "adam", Context: usher.Context{"mfa": true}, Permission: editCalendar, Resource: edit.Resource}
	a, err := usher.Resolve(ctx, az, r)
	require.NoError(t, err)
	assert.Empty(t, az.got)
	view := permission.MustParse("calendar.view")
	_, err = a.Check(view, nil)
	require.NoError(t, err)
	_, err = a.Giving("clerk").Check(editCalendar, edit.Resource)
	require.NoError(t, err)
	first, second := r, r
	first.Permission, first.Resource = view, nil
	second.Gives = "clerk"
	assert.Equal(t, []usher.Request{first, second}, az.got)
	assert.Equal(t, first, a.Request(view, nil))
	x, err := a.Explain(editCalendar, edit.Resource)
	require.NoError(t, err)
	assert.Contains(t, x.Sentence, "adam for mia may calendar.edit on calendar c1: allowed by ")

	az.err = errors.New("down")
	for _, err := range []error{checkOf(a), explainOf(a)} {
		assert.ErrorIs(t, err, az.err)
	}
	a, err = usher.Resolve(ctx, helpful{}, edit)
	require.NoError(t, err)
	x, err = a.Explain(editCalendar, nil)
	require.NoError(t, err)
	assert.Len(t, x.Remedies, 2)
	a, err = usher.Resolve(ctx, answer{}, edit)
	require.NoError(t, err)
	x, err = a.Explain(editCalendar, edit.Resource)
	require.NoError(t, err)
	assert.Contains(t, x.Sentence, "mia may not calendar.edit on calendar c1: denied")
}

func checkOf(a usher.Asker) error { _, err := a.Check(editCalendar, nil); return err }

func explainOf(a usher.Asker) error { _, err := a.Explain(editCalendar, nil); return err }

// allows is an Asker that allows everything.
type allows struct{ usher.Asker }

func (allows) Check(permission.Permission, usher.Resource) (usher.Decision, error) {
	return granted(usher.Detail{}), nil
}

// resolver is an Authorizer that makes an Asker.
type resolver struct {
	answer
	err error
}

func (r *resolver) Resolve(context.Context, usher.Request) (usher.Asker, usher.Authorizer, error) {
	return allows{}, r, r.err
}

// stricter embeds a Resolver, and denies what it allows.
type stricter struct{ *resolver }

func (stricter) Check(context.Context, usher.Request) (usher.Decision, error) {
	return usher.Decision{}, nil
}

// incomparable is stricter, and cannot be compared.
type incomparable struct {
	stricter
	_ []int
}

// empty is a Resolver without an Asker.
type empty struct{ answer }

func (e empty) Resolve(context.Context, usher.Request) (usher.Asker, usher.Authorizer, error) {
	return nil, e, nil
}

// A type that embeds a Resolver and has a Check of its own is not bypassed.
func TestResolveDoesNotBypassCheck(t *testing.T) {
	ctx := context.Background()
	inner := &resolver{}
	allowed := func(az usher.Authorizer) bool {
		a, err := usher.Resolve(ctx, az, edit)
		require.NoError(t, err)
		d, err := a.Check(editCalendar, edit.Resource)
		require.NoError(t, err)
		return d.Allowed()
	}
	assert.True(t, allowed(inner))
	assert.False(t, allowed(stricter{inner}))
	assert.False(t, allowed(&stricter{inner}))
	assert.False(t, allowed(incomparable{stricter: stricter{inner}}))
	assert.False(t, allowed(empty{}))

	inner.err = errors.New("down")
	_, err := usher.Resolve(ctx, inner, edit)
	assert.ErrorIs(t, err, inner.err)
	a, err := usher.Resolve(ctx, nil, edit)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	assert.Nil(t, a)
}

func TestRequireAsker(t *testing.T) {
	ctx := context.Background()
	a, err := usher.Resolve(ctx, helpful{}, edit)
	require.NoError(t, err)
	d, err := usher.RequireAsker(a, editCalendar, edit.Resource)
	assert.False(t, d.Allowed())
	var denied *usher.DeniedError
	require.ErrorAs(t, err, &denied)
	assert.Equal(t, edit, denied.Request)
	x, err := denied.Explain(ctx)
	require.NoError(t, err)
	assert.Len(t, x.Remedies, 2)

	down := errors.New("down")
	a, err = usher.Resolve(ctx, answer{granted(usher.Detail{}), down}, edit)
	require.NoError(t, err)
	d, err = usher.RequireAsker(a, editCalendar, nil)
	assert.ErrorIs(t, err, down)
	assert.False(t, d.Allowed())
	a, err = usher.Resolve(ctx, answer{decision: granted(usher.Detail{})}, edit)
	require.NoError(t, err)
	d, err = usher.RequireAsker(a, editCalendar, nil)
	require.NoError(t, err)
	assert.True(t, d.Allowed())
	d, err = usher.RequireAsker(nil, editCalendar, nil)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	assert.False(t, d.Allowed())
}
