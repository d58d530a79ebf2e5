package agreement_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/usherhttp"
)

// routes are those of a host, with a guard before each. The host is careless: whoever names another
// account in the path is given what that one has, and the list of actions is given what any account
// has under an id.
type routes struct {
	guard  *usherhttp.Guard
	mux    *http.ServeMux
	server *httptest.Server // for the simple routes; nil where nothing goes over a network
	stored map[string][]*resource
}

// disclosed are conditions that the guard tells who is denied for them.
var disclosed = []string{"mfa", "strong-login", "not public", "seated"}

// newRoutes has for each permission a route to a thing, one that conceals, one that conceals from who
// lacks another permission, and one to the account.
func newRoutes(t testing.TB, s *scene, perms []permission.Permission) *routes {
	t.Helper()
	x := &routes{stored: map[string][]*resource{}}
	for _, rows := range s.rows {
		for _, row := range rows {
			at := row.typ + ":" + row.local
			x.stored[at] = append(x.stored[at], row)
		}
	}
	x.guard = &usherhttp.Guard{
		Authorizer: s.asked, Subject: session, Disclose: disclosed,
		NotFound: []error{sql.ErrNoRows}, Log: slog.New(slog.DiscardHandler),
	}
	var table usherhttp.Routes
	for _, p := range perms {
		table = append(table,
			usherhttp.Route{Pattern: "GET /in/{account}/{type}/{id}/" + p.String(), Permission: p, Resource: x.load, Handler: http.HandlerFunc(tell)},
			usherhttp.Route{Pattern: "GET /concealed/{account}/{type}/{id}/" + p.String(), Permission: p, Resource: x.load, Conceal: true, Handler: http.HandlerFunc(tell)},
			usherhttp.Route{Pattern: "GET /visible/{account}/{type}/{id}/" + p.String(), Permission: p, Resource: x.loadOwn, HideUnless: s.visible(p), Handler: http.HandlerFunc(tell)},
			usherhttp.Route{Pattern: "GET /whole/" + p.String(), Permission: p, Resource: usherhttp.WholeAccount, Handler: http.HandlerFunc(tell)},
		)
	}
	var err error
	if x.mux, err = table.Mux(x.guard); err != nil {
		t.Fatal(err)
	}
	x.mux.Handle("/actions", &usherhttp.Actions{Guard: x.guard, Permissions: s.policy.Permissions(), Load: x.loadAll, Limit: 1000})
	return x
}

// session finds out who asks, as a test has written it in the header.
func session(r *http.Request) (usherhttp.Subject, error) {
	who := usherhttp.Subject{Account: usher.AccountID(header(r, "Account")), User: usher.UserID(header(r, "User"))}
	return who, json.Unmarshal([]byte(header(r, "Facts")), &who.Context)
}

// header returns a text that has any characters.
func header(r *http.Request, name string) string {
	text, err := url.QueryUnescape(r.Header.Get(name))
	if err != nil {
		panic(err)
	}
	return text
}

// load finds what the path names, in whatever account that is.
func (x *routes) load(r *http.Request) (usher.Resource, error) {
	for _, row := range x.stored[r.PathValue("type")+":"+r.PathValue("id")] {
		if string(row.account) == r.PathValue("account") {
			return row, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", r.PathValue("id"), sql.ErrNoRows)
}

// loadOwn finds what there is under an id in the account of whoever asks, whatever the path names.
func (x *routes) loadOwn(r *http.Request) (usher.Resource, error) {
	for _, row := range x.stored[r.PathValue("type")+":"+r.PathValue("id")] {
		if row.account == usherhttp.FromContext(r.Context()).Subject.Account {
			return row, nil
		}
	}
	return nil, nil
}

// visible is the permission that a route takes to tell why it refuses: another one on the same type of
// resource, or for a bundle the bundle.
func (s *scene) visible(p permission.Permission) permission.Permission {
	if _, bundle := s.policy.Bundle(p); bundle {
		return p
	}
	return s.permissionsOn(p.Resource())[0]
}

// loadAll finds what any account has under an id.
func (x *routes) loadAll(_ *http.Request, refs []usher.Ref) (list []usher.Resource, err error) {
	for _, ref := range refs {
		for _, row := range x.stored[ref.Type+":"+ref.ID] {
			list = append(list, row)
		}
	}
	return list, nil
}

// report is what a handler was told about a request that got through.
type report struct {
	Account    usher.AccountID
	User       usher.UserID
	Permission permission.Permission
	Resource   string
	Verdict    string
	Version    uint64
	Digest     string
}

// newReport is what a handler must be told, where a check decides so.
func newReport(r usher.Request, d usher.Decision) report {
	detail := d.Detail()
	return report{r.Account, r.Subject, r.Permission, fmt.Sprint(r.Resource), verdict(d), detail.Version, detail.Digest}
}

// tell is the handler behind all guards.
func tell(w http.ResponseWriter, r *http.Request) {
	a := usherhttp.FromContext(r.Context())
	told := newReport(usher.Request{Account: a.Subject.Account, Subject: a.Subject.User, Permission: a.Permission, Resource: a.Resource}, a.Decision)
	if loaded, ok := usherhttp.Loaded[*resource](r.Context()); a.Resource != nil && (!ok || loaded.on() != a.Resource) {
		told.Resource = "what was loaded is not what was decided on"
	}
	if err := json.NewEncoder(w).Encode(told); err != nil {
		panic(err)
	}
}

// reply is what comes back, as far as it says anything.
type reply struct {
	status int
	kind   string
	body   string
}

func (r reply) String() string { return fmt.Sprintf("%d %s %s", r.status, r.kind, r.body) }

// send sends what a user asks, with the facts of the question.
func (x *routes) send(q question, user usher.UserID, method, path, body string) (reply, error) {
	facts, err := json.Marshal(q.context)
	if err != nil {
		return reply{}, err
	}
	at, networked := "http://host.example", x.server != nil && strings.HasPrefix(path, "/in/")
	if networked {
		at = x.server.URL
	}
	r, err := http.NewRequest(method, at+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for name, value := range map[string]string{"Account": string(q.account), "User": string(user), "Facts": string(facts)} {
		r.Header.Set(name, url.QueryEscape(value))
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if !networked {
		w := httptest.NewRecorder()
		x.mux.ServeHTTP(w, r)
		return reply{w.Code, w.Header().Get("Content-Type"), w.Body.String()}, nil
	}
	answer, err := x.server.Client().Do(r)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header.Get("Content-Type"), string(text)}, err
}

// get sends for a thing of an account, of which the user need not be.
func (x *routes) get(kind string, q question, user usher.UserID, in usher.AccountID, typ, local string) (reply, error) {
	path := fmt.Sprintf("/%s/%s/%s/%s/%s", kind, url.PathEscape(string(in)), typ, local, q.permission)
	return x.send(q, user, http.MethodGet, path, "")
}

// mustReply returns what the guard must answer where a check decides so. Whoever is no user of the
// account is told neither a reason nor what was asked for.
func (x *routes) mustReply(r usher.Request, d usher.Decision) (reply, error) {
	if d.Allowed() {
		body, err := json.Marshal(newReport(r, d))
		return reply{http.StatusOK, "text/plain; charset=utf-8", string(body) + "\n"}, err
	}
	p := usherhttp.Problem{Type: usherhttp.TypeDenied, Title: "Forbidden", Status: http.StatusForbidden}
	if d.Reason() != usher.ReasonUnknownUser {
		p.Reason, p.Permission = d.Reason().String(), r.Permission.String()
	}
	if d.Reason() == usher.ReasonConditionUnmet {
		for _, unmet := range d.Detail().Unmet {
			if slices.Contains(disclosed, unmet) {
				p.Unmet = append(p.Unmet, unmet)
			}
		}
	}
	body, err := json.Marshal(p)
	return reply{p.Status, "application/problem+json", string(body)}, err
}

// withoutDetail takes the sentence for people out of a problem.
func (r reply) withoutDetail() (reply, error) {
	if r.kind != "application/problem+json" {
		return r, nil
	}
	var p usherhttp.Problem
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		return r, fmt.Errorf("%v: %w", r, err)
	}
	if p.Detail == "" {
		return r, fmt.Errorf("%v has no sentence", r)
	}
	p.Detail = ""
	body, err := json.Marshal(p)
	r.body = string(body)
	return r, err
}
