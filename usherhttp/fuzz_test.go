package usherhttp_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

// fuzzWorld is a world in which mia of acme may view and edit c1, and nothing else is
// allowed. The host's functions never fail.
func fuzzWorld(t testing.TB) *world {
	w := newWorld(t)
	w.Allow("mia", view, usher.Ref{Type: "calendar", ID: "c1"}).In("acme")
	w.Allow("mia", edit, usher.Ref{Type: "calendar", ID: "c1"}).In("acme")
	w.guard.Subject = func(r *http.Request) (usherhttp.Subject, error) {
		return usherhttp.Subject{Account: usher.AccountID(r.Header.Get("Account")), User: usher.UserID(r.Header.Get("User"))}, nil
	}
	return w
}

func (w *world) find(r *http.Request) (usher.Resource, error) {
	return w.calendars[r.PathValue("id")], nil
}

// fuzzRequest makes a request that no parser has checked.
func fuzzRequest(method, path, query, account, user, body string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
	r.Method, r.URL, r.RequestURI = method, &url.URL{Path: path, RawQuery: query}, path
	r.Header = http.Header{"Account": {account}, "User": {user}}
	return r
}

// For every request and user: nothing panics, no input causes a 500, and only allowed
// requests reach the handler.
func FuzzRoutes(f *testing.F) {
	for _, id := range []string{"c1", "c2", "g1", "none", "null", "", ".", "..", "c1/", "%63", "c1\x00", "\xff", "{id}"} {
		f.Add("GET", "/calendars/"+id, "acme", "mia")
		f.Add("PUT", "/calendars/"+id, "globex", "mia")
		f.Add("HEAD", "/calendars/"+id, "acme", "max")
		f.Add("PUT", "/calendars/"+id, "", "")
	}
	f.Add("", "", "", "mia")
	f.Add("CONNECT", "*", "acme", "mia")
	f.Fuzz(func(t *testing.T, method, path, account, user string) {
		w := fuzzWorld(t)
		mux, err := usherhttp.Routes{
			{Pattern: "GET /calendars/{id}", Permission: view, Resource: w.find, Conceal: true, Handler: through},
			{Pattern: "PUT /calendars/{id}", Permission: edit, Resource: w.find, Handler: through},
		}.Mux(w.guard)
		if err != nil {
			t.Fatal(err)
		}
		answer := httptest.NewRecorder()
		mux.ServeHTTP(answer, fuzzRequest(method, path, "", account, user, ""))
		switch through := strings.Contains(answer.Body.String(), "through") || answer.Code == 200; {
		case answer.Code >= 500:
			t.Errorf("%q %q: %d %s", method, path, answer.Code, answer.Body)
		case through && (account != "acme" || user != "mia" || path != "/calendars/c1"):
			t.Errorf("%q of %q gets through to %q %q", user, account, method, path)
		}
	})
}

func FuzzActions(f *testing.F) {
	f.Add("GET", "on=calendar:c1&on=calendar:c2", "", "acme", "mia")
	f.Add("GET", "on=calendar:g1&on=:&on=x", "", "acme", "mia")
	f.Add("GET", "on=%zz;on=calendar:%ff", "", "globex", "mia")
	f.Add("POST", "", `{"resources":[{"type":"calendar","id":"c1"},{"type":"account","id":"c1"}]}`, "acme", "mia")
	f.Add("POST", "", `{"resources":[{"type":"calendar","id":"c1","id":"g1"}]}{}`, "acme", "max")
	f.Add("POST", "", `{"Resources":[{"TYPE":"calendar","id":"\ud800"}]}`, "acme", "")
	f.Add("POST", "", strings.Repeat(`[`, 20_000), "acme", "mia")
	f.Add("PUT", "", "null", "acme", "mia")
	f.Fuzz(func(t *testing.T, method, query, body, account, user string) {
		w := fuzzWorld(t)
		answer := httptest.NewRecorder()
		w.actions().ServeHTTP(answer, fuzzRequest(method, "/actions", query, account, user, body))
		switch answer.Code {
		case 200, 400, 401, 405, 413:
		default:
			t.Fatalf("%q %q %q: %d %s", method, query, body, answer.Code, answer.Body)
		}
		if answer.Code != 200 || method == http.MethodHead {
			return
		}
		var told struct {
			Resources []struct {
				Type, ID string
				Actions  []string
			}
		}
		if err := json.Unmarshal(answer.Body.Bytes(), &told); err != nil {
			t.Fatalf("%v: %s", err, answer.Body)
		}
		for _, r := range told.Resources {
			may := account == "acme" && user == "mia" && r.Type == "calendar" && r.ID == "c1"
			if may != (len(r.Actions) > 0) {
				t.Errorf("%q of %q is told %v on %s %q", user, account, r.Actions, r.Type, r.ID)
			}
		}
	})
}

// For every cookie and version header: a stranger is never let through, and the owner is let through
// or gets a 503 that deletes the version.
func FuzzVersion(f *testing.F) {
	i := newInstance(f, new(memstore.Store))
	found(f, "acme", i)
	tag := tagOf(f, i)
	for _, value := range []string{"", "0", "1", "2", "18446744073709551615", "18446744073709551616", "-1", "1,2", "\x00", "\xff"} {
		f.Add("usher-version-"+tag+"="+value, tag+"."+value, false)
		f.Add("__Host-usher-version-"+tag+"="+value, " "+tag+"."+value+" , "+tag+".1", true)
	}
	f.Fuzz(func(t *testing.T, cookie, header string, secure bool) {
		for user, status := range map[string]int{"mia": http.StatusOK, "eve": http.StatusForbidden, "": http.StatusUnauthorized} {
			r := httptest.NewRequest(http.MethodGet, "/calendars/c1", nil)
			r.Header = http.Header{"User": {user}, "Cookie": {cookie}, usherhttp.VersionHeader: {header}}
			if secure {
				r.Header.Set("X-Forwarded-Proto", "https")
			}
			answer := httptest.NewRecorder()
			i.mux.ServeHTTP(answer, r)
			switch deleted := answer.Header().Get(usherhttp.VersionHeader) == tag+".0"; {
			case answer.Code == http.StatusServiceUnavailable && user != "" && deleted:
			case answer.Code != status || deleted:
				t.Errorf("%q with %q and %q = %d %v", user, cookie, header, answer.Code, answer.Header())
			}
		}
	})
}
