package ushertest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/ushertest"
)

var (
	ctx = context.Background()

	view = permission.MustParse("calendar.view")
	edit = permission.MustParse("calendar.edit")

	c1 = usher.Ref{Type: "calendar", ID: "c1"}
	c2 = usher.Ref{Type: "calendar", ID: "c2"}
)

func ask(user usher.UserID, p permission.Permission, on usher.Ref) usher.Request {
	r := usher.Request{Account: "acme", Subject: user, Permission: p}
	if on != (usher.Ref{}) {
		r.Resource = &usher.Object{Type: on.Type, ID: on.ID, Account: "acme"}
	}
	return r
}

// reason checks a request, and returns the reason.
func reason(t *testing.T, az usher.Authorizer, r usher.Request) usher.Reason {
	t.Helper()
	d, err := az.Check(ctx, r)
	require.NoError(t, err)
	return d.Reason()
}

func TestDeniesByDefault(t *testing.T) {
	az := ushertest.New(t)
	assert.Equal(t, usher.ReasonNoPermission, reason(t, az, ask("mia", edit, c1)))

	az.Allow("mia", edit, c1)
	az.Allow("mia", view)
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", edit, c1)))
	assert.Equal(t, usher.ReasonOutOfScope, reason(t, az, ask("mia", edit, c2)))
	assert.Equal(t, usher.ReasonOutOfScope, reason(t, az, ask("mia", edit, usher.Ref{})))
	assert.Equal(t, usher.ReasonNoPermission, reason(t, az, ask("max", edit, c1)))
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", view, c2)))
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", view, usher.Ref{})))
}

func TestLastAnswerCounts(t *testing.T) {
	az := ushertest.New(t)
	az.AllowEverything()
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", edit, c1)))
	az.Deny("mia", edit, usher.ReasonInactive)
	assert.Equal(t, usher.ReasonInactive, reason(t, az, ask("mia", edit, c1)))
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", view, c1)))
	az.Allow("mia", edit, c1)
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", edit, c1)))
	assert.Equal(t, usher.ReasonInactive, reason(t, az, ask("mia", edit, c2)))
}

func TestAnswersInAnAccount(t *testing.T) {
	az := ushertest.New(t)
	az.Allow("mia", edit).In("globex")
	assert.Equal(t, usher.ReasonOutOfScope, reason(t, az, ask("mia", edit, c1)))
	az.Allow("mia", edit).In("acme")
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", edit, c1)))
}

func TestDetails(t *testing.T) {
	az := ushertest.New(t)
	az.Allow("mia", view).Hiding("title", "location").Hiding("title")
	d, err := az.Check(ctx, ask("mia", view, c1))
	require.NoError(t, err)
	assert.Equal(t, []string{"location", "title"}, d.Hidden())
	assert.Regexp(t, `^allowed by the grant calendar.view \(authorizer_test.go:\d+\), with location and title hidden$`, d.String())
	d.Hidden()[0] = "x"
	assert.True(t, d.Hides("location"), "whoever changes the list changes no decision")

	az.Deny("mia", edit, usher.ReasonConditionUnmet).Unmet("mfa")
	at := time.Unix(7, 0)
	r := ask("mia", edit, c1)
	r.Time = at
	d, err = az.Check(ctx, r)
	require.NoError(t, err)
	assert.Equal(t, []string{"mfa"}, d.Detail().Unmet)
	assert.True(t, d.Time().Equal(at))
	assert.Contains(t, d.String(), "but mfa does not hold")

	az.Deny("mia", edit, usher.ReasonForbidden)
	x, err := az.Explain(ctx, ask("mia", edit, c1))
	require.NoError(t, err)
	assert.Regexp(t, "^mia may not calendar.edit on calendar c1: denied \\(forbidden\\) by `never: calendar.edit: any` \\(authorizer_test.go:\\d+\\)$", x.String())
	az.AllowEverything()
	x, err = az.Explain(ctx, ask("mia", edit, usher.Ref{}))
	require.NoError(t, err)
	assert.Regexp(t, `^mia may calendar.edit: allowed by the grant of everything`, x.String())
}

// A fake that allows more than a real Authorizer would hide mistakes.
func TestRejectsInvalidRequests(t *testing.T) {
	az := ushertest.New(t)
	az.AllowEverything()
	booking := usher.Ref{Type: "booking", ID: "b1"}
	for want, r := range map[error]usher.Request{
		usher.ErrUnknownPermission: ask("mia", permission.Permission{}, c1),
		usher.ErrWrongResource:     ask("mia", edit, booking),
		usher.ErrOtherAccount:      {Account: "globex", Subject: "mia", Permission: edit, Resource: &usher.Object{Type: "calendar", Account: "acme"}},
	} {
		d, err := az.Check(ctx, r)
		assert.ErrorIs(t, err, want)
		assert.False(t, d.Allowed())
	}
	_, err := az.Check(ctx, usher.Request{Account: "acme", Subject: "mia", Permission: edit, Resource: (*usher.Object)(nil)})
	assert.ErrorIs(t, err, usher.ErrWrongResource)
	assert.Equal(t, usher.ReasonUnknownUser, reason(t, az, ask("", edit, c1)))

	manage, err := permission.ParseBundle("manage")
	require.NoError(t, err)
	staff := permission.MustParse("staff.manage")
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", manage, booking)))
	az.Bundles(staff)
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", staff, booking)))
}

func TestFail(t *testing.T) {
	az, down := ushertest.New(t), errors.New("no connection")
	az.AllowEverything()
	az.Fail(down)
	d, err := az.Check(ctx, ask("mia", edit, c1))
	assert.ErrorIs(t, err, down)
	assert.EqualError(t, err, "check mia calendar.edit on calendar c1: no connection")
	assert.False(t, d.Allowed())
	_, err = az.Explain(ctx, ask("mia", edit, c1))
	assert.EqualError(t, err, "explain mia calendar.edit on calendar c1: no connection")
	az.Fail(nil)
	assert.Equal(t, usher.ReasonGranted, reason(t, az, ask("mia", edit, c1)))
}

func TestDenyNeedsAReasonToDeny(t *testing.T) {
	s := &spy{}
	az := ushertest.New(s)
	az.Deny("mia", edit, usher.ReasonGranted)
	assert.Equal(t, `Deny("mia", calendar.edit): granted is not a reason to deny`, s.taken())
	d, err := az.Check(ctx, ask("mia", edit, c1))
	require.NoError(t, err)
	assert.False(t, d.Allowed())
}

func TestOnlyInTests(t *testing.T) {
	assert.Panics(t, func() { ushertest.New(nil) })
	assert.Panics(t, func() { ushertest.Decision(nil, usher.ReasonGranted, usher.Detail{}) })

	var zero ushertest.Authorizer
	zero.AllowEverything()
	_, err := zero.Check(ctx, ask("mia", edit, c1))
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	_, err = (*ushertest.Authorizer)(nil).Check(ctx, ask("mia", edit, c1))
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
	_, err = zero.Explain(ctx, ask("mia", edit, c1))
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)

	s := &spy{}
	az := ushertest.New(s)
	az.AllowEverything()
	s.end()
	d, err := az.Check(ctx, ask("mia", edit, c1))
	assert.ErrorContains(t, err, "the test of this authorizer has ended")
	assert.False(t, d.Allowed())
}

func TestManyAtOnce(t *testing.T) {
	az := ushertest.New(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				az.Allow("mia", edit, c1).Hiding("title")
				if d, err := az.Check(ctx, ask("mia", edit, c1)); err != nil || !d.Allowed() {
					t.Errorf("Check() = %v, %v, want it allowed", d, err)
				}
			}
		})
	}
	wg.Wait()
	assert.Len(t, az.Requests(), 400)
}

// AllowVisitors allows every requester; a request without a subject must be marked.
func TestAllowVisitors(t *testing.T) {
	az := ushertest.New(t)
	az.AllowVisitors(view, usher.Ref{Type: "calendar", ID: "c1"})
	check := func(r usher.Request) string {
		r.Permission = view
		if r.Resource == nil {
			r.Resource = &usher.Object{Type: "calendar", ID: "c1"}
		}
		d, err := az.Check(context.Background(), r)
		if err != nil {
			return err.Error()
		}
		return d.String()
	}
	assert.Contains(t, check(usher.Request{Visitor: true}), "allowed by `visitor: any` of calendar.view (authorizer_test.go:")
	assert.Contains(t, check(usher.Request{Subject: "mia"}), "allowed by `visitor: any`")
	assert.Contains(t, check(usher.Request{}), "denied (unknown-user)")
	assert.Contains(t, check(usher.Request{Visitor: true, Subject: "mia"}), "a visitor has no subject")
	other := &usher.Object{Type: "calendar", ID: "c2"}
	assert.Contains(t, check(usher.Request{Visitor: true, Resource: other}), "denied (unknown-user)")
	assert.Contains(t, check(usher.Request{Subject: "mia", Resource: other}), "denied (no-permission)")

	az.Deny("mia", view, usher.ReasonForbidden)
	assert.Contains(t, check(usher.Request{Subject: "mia"}), "denied (forbidden)")
	az = ushertest.New(t)
	az.AllowEverything()
	assert.Contains(t, check(usher.Request{Visitor: true}), "denied (unknown-user)", "everything is for users")
	x, err := az.Explain(context.Background(), usher.Request{Visitor: true, Permission: view})
	assert.NoError(t, err)
	assert.Contains(t, x.Sentence, "a visitor may not calendar.view: ")
}

// An Asker of the fake decides and records as Check does.
func TestAs(t *testing.T) {
	az := ushertest.New(t)
	az.Allow("mia", edit, c1)
	a := az.As("acme", "mia", usher.Context{"mfa": true})
	on := ask("mia", edit, c1).Resource
	d, err := a.Check(edit, on)
	require.NoError(t, err)
	assert.True(t, d.Allowed())
	_, err = usher.RequireAsker(a, view, nil)
	assert.ErrorIs(t, err, usher.ErrDenied)
	require.Len(t, az.Asked(edit, c1), 1)
	assert.Equal(t, usher.Request{Account: "acme", Subject: "mia", Permission: edit, Resource: on, Context: usher.Context{"mfa": true}}, az.Requests()[0])
	x, err := a.Explain(view, nil)
	require.NoError(t, err)
	assert.Contains(t, x.Sentence, "mia may not calendar.view")
	az.Fail(errors.New("down"))
	d, err = a.Check(edit, on)
	assert.ErrorIs(t, err, usher.ErrUndecided)
	assert.False(t, d.Allowed())

	a = new(ushertest.Authorizer).As("acme", "mia", nil)
	_, err = a.Check(edit, on)
	assert.ErrorIs(t, err, usher.ErrNoAuthorizer)
}
