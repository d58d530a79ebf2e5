package ushertest

import (
	"errors"
	"slices"
	"testing"

	"github.com/usher-go/usher"
)

// Allowed fails the test unless az allows r, and returns the decision. What it
// prints then is the explanation, with the ways that would help, if az is a
// usher.Explainer.
func Allowed(t testing.TB, az usher.Authorizer, r usher.Request) usher.Decision {
	only(t).Helper()
	d, err := usher.Require(t.Context(), az, r)
	if err != nil {
		t.Errorf("%s must be allowed: %s", what(&r), why(t, az, r, d, err))
	}
	return d
}

// Denied fails the test unless az denies r for a reason, and returns the decision.
// An error is no denial. What it prints then is as for Allowed.
func Denied(t testing.TB, az usher.Authorizer, r usher.Request, reason usher.Reason) usher.Decision {
	only(t).Helper()
	d, err := usher.Require(t.Context(), az, r)
	if err == nil || !errors.Is(err, usher.ErrDenied) || d.Reason() != reason {
		t.Errorf("%s must be denied (%s): %s", what(&r), reason, why(t, az, r, d, err))
	}
	return d
}

// Hides fails the test unless az allows r with exactly these fields masked, and
// returns the decision.
func Hides(t testing.TB, az usher.Authorizer, r usher.Request, fields ...string) usher.Decision {
	only(t).Helper()
	d, err := usher.Require(t.Context(), az, r)
	fields = slices.Sorted(slices.Values(fields))
	if err != nil || !slices.Equal(d.Hidden(), fields) {
		t.Errorf("%s must be allowed with %q hidden: %s", what(&r), fields, why(t, az, r, d, err))
	}
	return d
}

// why explains what came of a request.
func why(t testing.TB, az usher.Authorizer, r usher.Request, d usher.Decision, err error) string {
	if err != nil && !errors.Is(err, usher.ErrDenied) {
		return err.Error()
	}
	if explainer, ok := az.(usher.Explainer); ok {
		if x, failed := explainer.Explain(t.Context(), r); failed == nil {
			return x.String()
		}
	}
	return sentence(r, d)
}
