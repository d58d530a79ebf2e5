package usher_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/mask"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

// zeroHTTP has the rows of types that guard handlers and mask their output: whether the
// zero value lets a request through, or shows a field.
func zeroHTTP(t *testing.T) map[string]func() bool {
	view := permission.MustParse("calendar.view")
	az := ushertest.New(t)
	az.AllowEverything()
	subject := func(s usherhttp.Subject) func(*http.Request) (usherhttp.Subject, error) {
		return func(*http.Request) (usherhttp.Subject, error) { return s, nil }
	}
	guard := &usherhttp.Guard{Authorizer: az, Subject: subject(usherhttp.Subject{Account: "acme", User: "mia"})}
	through := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	passes := func(h http.Handler) bool {
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
		return answer.Code == http.StatusOK
	}
	if !passes(guard.Require(view, usherhttp.WholeAccount)(through)) {
		t.Error("but for the zero, all requests would get through")
	}
	hiding := func(fields ...string) usher.Decision {
		return ushertest.Decision(t, usher.ReasonGranted, usher.Detail{Hidden: fields})
	}
	type event struct {
		Start string
		Title string `usher:"title"`
	}
	return map[string]func() bool{
		"usherhttp.Guard": func() bool {
			return passes(new(usherhttp.Guard).Require(view, usherhttp.WholeAccount)(through)) || passes(new(usherhttp.Guard).RequireSubject()(through))
		},
		"usherhttp.Subject": func() bool {
			nobody := &usherhttp.Guard{Authorizer: az, Subject: subject(usherhttp.Subject{})}
			return passes(nobody.Require(view, usherhttp.WholeAccount)(through)) || passes(nobody.RequireSubject()(through))
		},
		"usherhttp.Loader": func() bool {
			return passes(guard.Require(view, nil)(through)) || passes(guard.Conceal(view, nil)(through))
		},
		"usherhttp.AuthInfo": func() bool {
			d := usherhttp.AuthInfo{}.Decision
			return d.Allowed() || !d.Hides("title")
		},
		"usherhttp.Route": func() bool {
			return usherhttp.Route{}.Validate() == nil || passes(guard.Handler(usherhttp.Route{}))
		},
		"usherhttp.Access": func() bool {
			r := usherhttp.Route{Pattern: "GET /", Handler: through}
			return r.Validate() == nil || passes(guard.Handler(r))
		},
		"usherhttp.Routes": func() bool {
			mux, err := usherhttp.Routes(nil).Mux(guard)
			return err == nil && passes(mux)
		},
		"usherhttp.Actions": func() bool { return passes(new(usherhttp.Actions)) },
		"console.Console":   func() bool { return passes(new(console.Console)) },
		"console.Options": func() bool {
			c, err := console.New(console.Options{})
			return err == nil || passes(c)
		},
		"mask.Mask": func() bool { return mask.Mask[event]{}.Apply(hiding(), event{"09:00", "Dentist"}) != event{} },
		"mask.Placeholders": func() bool {
			return mask.MustFor[event](nil).Apply(hiding("title"), event{"09:00", "Dentist"}).Title != ""
		},
		"mask.Column": func() bool {
			row, err := mask.Columns{{}}.Row(hiding(), []any{"Dentist"})
			return err != nil || row[0] != nil
		},
		"mask.Columns": func() bool { _, err := mask.Columns(nil).Row(hiding(), []any{"Dentist"}); return err == nil },
		"ushertest.Authorizer": func() bool {
			zero := new(ushertest.Authorizer)
			zero.AllowEverything()
			d, err := zero.Check(t.Context(), usher.Request{Account: "acme", Subject: "mia", Permission: view})
			return err == nil || d.Allowed()
		},
	}
}
