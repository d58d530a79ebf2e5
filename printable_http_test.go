package usher_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/hostile"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// Text from a client is not printed raw, neither in the log nor in a response.
func TestRequestsPrintSafely(t *testing.T) {
	for _, bad := range hostile.Texts {
		var lines bytes.Buffer
		guard := &usherhttp.Guard{
			Authorizer: failing{bad},
			Subject: func(*http.Request) (usherhttp.Subject, error) {
				return usherhttp.Subject{Account: usher.AccountID(bad), User: usher.UserID(bad)}, nil
			},
			Log: slog.New(plainHandler{&lines}),
		}
		view := permission.MustParse("calendar.view")
		load := func(*http.Request) (usher.Resource, error) {
			return nil, &usherhttp.Problem{Status: 400, Detail: bad}
		}
		whole := guard.Require(view, usherhttp.WholeAccount)(http.NotFoundHandler())
		loading := guard.Require(view, load)(http.NotFoundHandler())
		actions := &usherhttp.Actions{Guard: guard, Permissions: []permission.Permission{view}, Load: func(_ *http.Request, refs []usher.Ref) ([]usher.Resource, error) { return nil, nil }}
		for _, h := range []http.Handler{whole, loading, actions} {
			r := httptest.NewRequest(http.MethodGet, "/?on="+url.QueryEscape("calendar:"+bad), nil)
			r.URL.Path, r.Method = "/"+bad, http.MethodGet
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			body := strings.TrimSuffix(answer.Body.String(), "\n")
			if len(bad) < 1000 {
				requireSafe(t, "body", body)
			}
			if !json.Valid([]byte(body)) {
				t.Errorf("not JSON: %q", body)
			}
		}
		for line := range strings.Lines(lines.String()) {
			requireSafe(t, "log", strings.TrimSuffix(line, "\n"))
		}
		err := usherhttp.Route{Pattern: bad}.Validate()
		requireSafeError(t, "route", err)
		_, err = usherhttp.Routes{{Pattern: "GET /" + bad, Access: usherhttp.Public, Handler: whole}, {Pattern: "GET /" + bad, Access: usherhttp.Public, Handler: whole}}.Mux(guard)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				requireSafe(t, "mux", line)
			}
		}
	}
}

type failing struct{ text string }

func (f failing) Check(context.Context, usher.Request) (usher.Decision, error) {
	return usher.Decision{}, errors.New(f.text)
}
