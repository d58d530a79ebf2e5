package ushertest

import (
	"errors"
	"slices"
	"testing"

	"github.com/usher-go/usher"
)

// Allowed fails the test unless az allows r, and returns the decision. If az is a
// usher.Explainer, the failure message has its explanation with the remedies.
func Allowed(t testing.TB, az usher.Authorizer, r usher.Request) usher.Decision {
	requireTest(t).Helper()
	d, err := usher.Require(t.Context(), az, r)
	if err != nil {
		t.Errorf("%s must be allowed: %s", what(&r), why(t, az, r, d, err))
	}
	return d
}

// Denied fails the test unless az denies r for the reason, and returns the decision. An
// error of az is not a denial. The failure message is as for Allowed.
func Denied(t testing.TB, az usher.Authorizer, r usher.Request, reason usher.Reason) usher.Decision {
	requireTest(t).Helper()
	d, err := usher.Require(t.Context(), az, r)
	if err == nil || !errors.Is(err, usher.ErrDenied) || d.Reason() != reason {
		t.Errorf("%s must be denied (%s): %s", what(&r), reason, why(t, az, r, d, err))
	}
	return d
}

// Hides fails the test unless az allows r and masks exactly these fields. It returns the
// decision.
func Hides(t testing.TB, az usher.Authorizer, r usher.Request, fields ...string) usher.Decision {
	requireTest(t).Helper()
	d, err := usher.Require(t.Context(), az, r)
	fields = slices.Sorted(slices.Values(fields))
	if err != nil || !slices.Equal(d.Hidden(), fields) {
		t.Errorf("%s must be allowed with %q hidden: %s", what(&r), fields, why(t, az, r, d, err))
	}
	return d
}

// why explains the result of a request.
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
