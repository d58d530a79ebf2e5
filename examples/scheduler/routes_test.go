package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

func TestEveryRouteIsGuarded(t *testing.T) {
	ushertest.AllGuarded(t, newWorld(t).server.routes())
}

func TestRouteWithoutAGuardIsFound(t *testing.T) {
	s := newWorld(t).server
	bare := append(s.routes(), usherhttp.Route{Pattern: "GET /accounts/{account}/salaries", Handler: http.NotFoundHandler()})
	if _, err := bare.Mux(s.guard); !errors.Is(err, usherhttp.ErrUnguarded) {
		t.Errorf("Mux() = %v, want ErrUnguarded", err)
	}
}

// public are the routes without a permission. Each new one needs a line here, with a reason.
var public = []string{
	"GET /{$}",          // shows what to try
	"GET /style/{file}", // stylesheets
	"GET /favicon.ico",  // an icon
	"POST /demo-user",   // stands for a login
	"GET /health",       // contains no data
	"POST /accounts",    // a user who signs up is not in an account yet

	// The route submits a command, on which the engine decides.
	"DELETE /accounts/{account}",
	"PUT /accounts/{account}/owner",
	"PUT /accounts/{account}/settings/{setting}",
	"POST /accounts/{account}/people",
	"PUT /accounts/{account}/people/{user}/role",
	"PUT /accounts/{account}/people/{user}/status",
	"DELETE /accounts/{account}/people/{user}",
	"POST /accounts/{account}/invitation",
	"DELETE /accounts/{account}/invitation",
	"POST /accounts/{account}/invitations",
	"POST /accounts/{account}/invitations/{key}",
	"DELETE /accounts/{account}/invitations/{key}",
	"POST /accounts/{account}/teams",
	"PUT /accounts/{account}/teams/{team}/members/{user}",
	"DELETE /accounts/{account}/teams/{team}/members/{user}",
	"PUT /accounts/{account}/teams/{team}/members/{user}/roles/{role}",
	"DELETE /accounts/{account}/teams/{team}/members/{user}/roles/{role}",
	"PUT /accounts/{account}/seats/{pool}",
	"PUT /accounts/{account}/seats/{pool}/{user}",
	"DELETE /accounts/{account}/seats/{pool}/{user}",
	"POST /accounts/{account}/roles",
	"PUT /accounts/{account}/roles/{role}",
	"DELETE /accounts/{account}/roles/{role}",
	"POST /accounts/{account}/requests",
	"POST /accounts/{account}/requests/{request}/approval",
	"POST /accounts/{account}/requests/{request}/withdrawal",
	"DELETE /accounts/{account}/requests/{request}",
}

func TestRoutesWithoutAPermissionAreThese(t *testing.T) {
	var found []string
	for _, r := range newWorld(t).server.routes() {
		if r.Permission.IsZero() {
			found = append(found, r.Pattern)
		}
	}
	if !slices.Equal(found, public) {
		t.Errorf("routes without a permission are %v, want %v", found, public)
	}
}

// names are values for the wildcards of a pattern. All of them exist.
var names = strings.NewReplacer(
	"{account}", "acme", "{user}", "mia", "{team}", "sales", "{role}", "manager", "{pool}", "booking",
	"{setting}", "free-busy-only", "{calendar}", "intro", "{booking}", "first", "{request}", "1", "{key}", "none",
)

// bodies are valid bodies, for routes that read the body before the decision.
var bodies = map[string]string{
	"POST /accounts":                                         `{"account": "acme"}`,
	"PUT /accounts/{account}/owner":                          `{"user": "adam"}`,
	"PUT /accounts/{account}/settings/{setting}":             `{"value": false}`,
	"POST /accounts/{account}/people":                        `{"user": "pia", "teams": ["sales"]}`,
	"PUT /accounts/{account}/people/{user}/role":             `{"role": "admin"}`,
	"PUT /accounts/{account}/people/{user}/status":           `{"status": "inactive"}`,
	"POST /accounts/{account}/invitations":                   `{"email": "pia@acme.example", "role": "admin"}`,
	"POST /accounts/{account}/teams":                         `{"team": "new", "parent": "sales"}`,
	"PUT /accounts/{account}/seats/{pool}":                   `{"total": 9}`,
	"POST /accounts/{account}/calendars":                     `{"title": "Mine", "hosts": ["zoe"]}`,
	"POST /accounts/{account}/calendars/{calendar}/bookings": `{"host": "mia", "title": "x", "starts": "2035-01-01T00:00:00Z", "ends": "2035-01-01T01:00:00Z"}`,
	"POST /accounts/{account}/roles":                         `{"role": "planner", "gives": {"calendar.edit": ["any"]}}`,
	"POST /accounts/{account}/requests":                      `{"commands": [{"do": "set-role", "user": "zoe", "role": "admin"}]}`,
	"POST /accounts/{account}/actions":                       `{"resources": [{"type": "calendar", "id": "intro"}]}`,
}

// A client who is not an active user of the account gets only 401,
// 403 and 404 from every route, and changes nothing.
func TestStrangersGetNowhere(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		w.play([]step{
			{"gina", "POST /accounts", `{"account": "globex"}`, 201, nil}, // an owner of another account
			{"adam", "POST ~/people", `{"user": "ivan", "invite": true, "role": "admin"}`, 201, nil},
			{"adam", "POST ~/people", `{"user": "ines", "role": "admin"}`, 201, nil},
			{"adam", "PUT ~/people/ines/status", `{"status": "inactive"}`, 200, nil},
		})
		before := w.must("olivia", "GET ~/journal", "").body
		for _, who := range []string{"", "zoe", "gina", "ivan", "ines", "MIA", "rita"} {
			for _, r := range w.server.routes() {
				if r.Access == usherhttp.Public || strings.HasSuffix(r.Pattern, "/invitation") && (who == "ivan" || who == "rita") {
					continue // ivan may accept, and for rita, who has accepted, it changes nothing
				}
				body, ok := bodies[r.Pattern]
				if !ok {
					body = `{}`
				}
				got := w.must(who, names.Replace(r.Pattern), body)
				want := []int{403, 404}
				if who == "" {
					want = []int{401}
				}
				if r.Pattern == "POST /accounts" && who != "" {
					want = []int{409} // the account already exists
				}
				if !slices.Contains(want, got.status) {
					t.Errorf("%q: %s = %d %s want %v", who, r.Pattern, got.status, got.body, want)
				}
			}
		}
		if after := w.must("olivia", "GET ~/journal", "").body; after != before {
			t.Errorf("the journal was %s and is %s", before, after)
		}
	})
}

// A client who is not a user of the account gets the same response whether the account,
// the user or the team exists or not.
func TestStrangersLearnNothing(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		w.play([]step{
			{"gina", "POST /accounts", `{"account": "globex"}`, 201, nil},
			{"gina", "POST /accounts", `{"account": "closed"}`, 201, nil},
			{"gina", "DELETE /accounts/closed", "", 200, nil},
		})
		others := map[string]*strings.Replacer{}
		for _, in := range []string{"nowhere", "closed", "acme"} {
			others[in] = strings.NewReplacer(
				"{account}", in, "{user}", "nobody", "{team}", "none", "{role}", "none", "{pool}", "none",
				"{setting}", "none", "{calendar}", "none", "{booking}", "none",
			)
		}
		for _, r := range w.server.routes() {
			if !strings.Contains(r.Pattern, "{account}") {
				continue
			}
			for _, who := range []string{"zoe", "gina"} {
				for _, body := range []string{bodies[r.Pattern], `{}`, `{`} {
					there := w.must(who, names.Replace(r.Pattern), body)
					for in, other := range others {
						if absent := w.must(who, other.Replace(r.Pattern), body); absent != there {
							t.Errorf("%s: %s %s = %v, and where it is not there, in %s, %v", who, r.Pattern, body, there, in, absent)
						}
					}
				}
			}
		}
	})
}

// A response does not reveal to a user the existence of what the user may not view.
func TestWhatOneMayNotSeeLooksAbsent(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, w *world) {
		for _, who := range []string{"ned", "zoe"} {
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				there := w.must(who, method+" ~/calendars/intro", `{"title": "x"}`)
				absent := w.must(who, method+" ~/calendars/nothing", `{"title": "x"}`)
				if there != absent || there.status != 404 {
					t.Errorf("%s: %s of a calendar that is there = %v, and of none = %v", who, method, there, absent)
				}
			}
		}
		there := w.must("zoe", "DELETE ~/bookings/first", "")
		if absent := w.must("zoe", "DELETE ~/bookings/nothing", ""); there != absent || there.status != 404 {
			t.Errorf("zoe: DELETE of a booking that is there = %v, and of none = %v", there, absent)
		}
		for _, who := range []string{"ned", "mia", "tom"} {
			for request, body := range map[string]string{
				"GET ~/people/%":                 "",
				"DELETE ~/people/%":              "",
				"PUT ~/people/%/role":            `{"role": "admin"}`,
				"PUT ~/people/%/status":          `{"status": "inactive"}`,
				"PUT ~/seats/booking/%":          "",
				"DELETE ~/seats/booking/%":       "",
				"PUT ~/teams/support/members/%":  "",
				"DELETE ~/teams/sales/members/%": "",
			} {
				there := w.must(who, strings.ReplaceAll(request, "%", "sam"), body)
				absent := w.must(who, strings.ReplaceAll(request, "%", "nobody"), body)
				if there != absent || there.status != 403 && there.status != 404 {
					t.Errorf("%s: %s about an existing user = %v, and about an unknown user = %v", who, request, there, absent)
				}
			}
		}
	})
}
