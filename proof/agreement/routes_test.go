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

// routes are the routes of a host, with a guard for each. The host is careless: it loads resources
// of any account that the path names, and the list of actions loads resources of any account with
// the id.
type routes struct {
	guard  *usherhttp.Guard
	mux    *http.ServeMux
	server *httptest.Server // for the simple routes; nil for requests without a network
	stored map[string][]*resource
}

// disclosed are the conditions that the guard discloses in a denial.
var disclosed = []string{"mfa", "strong-login", "not public", "seated"}

// newRoutes makes, for each permission, a route to a resource, one that conceals, one that conceals
// from users without another permission, and one to the account.
func newRoutes(t testing.TB, s *host, perms []permission.Permission) *routes {
	t.Helper()
	x := &routes{stored: map[string][]*resource{}}
	for _, rows := range s.rows {
		for _, row := range rows {
			at := row.typ + ":" + row.local
			x.stored[at] = append(x.stored[at], row)
		}
	}
	x.guard = &usherhttp.Guard{
		Authorizer: s.decider, Subject: session, Disclose: disclosed,
		NotFound: []error{sql.ErrNoRows}, Log: slog.New(slog.DiscardHandler),
	}
	var table usherhttp.Routes
	for _, p := range perms {
		table = append(table,
			usherhttp.Route{Pattern: "GET /in/{account}/{type}/{id}/" + p.String(), Permission: p, Resource: x.load, Handler: http.HandlerFunc(echo)},
			usherhttp.Route{Pattern: "GET /concealed/{account}/{type}/{id}/" + p.String(), Permission: p, Resource: x.load, Conceal: true, Handler: http.HandlerFunc(echo)},
			usherhttp.Route{Pattern: "GET /visible/{account}/{type}/{id}/" + p.String(), Permission: p, Resource: x.loadOwn, HideUnless: s.visible(p), Handler: http.HandlerFunc(echo)},
			usherhttp.Route{Pattern: "GET /whole/" + p.String(), Permission: p, Resource: usherhttp.WholeAccount, Handler: http.HandlerFunc(echo)},
		)
	}
	var err error
	if x.mux, err = table.Mux(x.guard); err != nil {
		t.Fatal(err)
	}
	x.mux.Handle("/actions", &usherhttp.Actions{Guard: x.guard, Permissions: s.policy.Permissions(), Load: x.loadAll, Limit: 1000})
	return x
}

// session returns the subject from a header that the test sets.
func session(r *http.Request) (usherhttp.Subject, error) {
	who := usherhttp.Subject{Account: usher.AccountID(header(r, "Account")), User: usher.UserID(header(r, "User"))}
	if who.User == visitor {
		who = usherhttp.Anyone(who.Account)
	}
	return who, json.Unmarshal([]byte(header(r, "Facts")), &who.Context)
}

// header returns a text of any characters.
func header(r *http.Request, name string) string {
	text, err := url.QueryUnescape(r.Header.Get(name))
	if err != nil {
		panic(err)
	}
	return text
}

// load returns the resource that the path names, of any account.
func (x *routes) load(r *http.Request) (usher.Resource, error) {
	for _, row := range x.stored[r.PathValue("type")+":"+r.PathValue("id")] {
		if string(row.account) == r.PathValue("account") {
			return row, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", r.PathValue("id"), sql.ErrNoRows)
}

// loadOwn returns the resource with the id in the account of the subject, for any account in the
// path.
func (x *routes) loadOwn(r *http.Request) (usher.Resource, error) {
	for _, row := range x.stored[r.PathValue("type")+":"+r.PathValue("id")] {
		if row.account == usherhttp.FromContext(r.Context()).Subject.Account {
			return row, nil
		}
	}
	return nil, nil
}

// visible returns the second permission of a route that conceals: another one on the same type of
// resource, or for a bundle the bundle.
func (s *host) visible(p permission.Permission) permission.Permission {
	if _, bundle := s.policy.Bundle(p); bundle {
		return p
	}
	return s.permissionsOn(p.Resource())[0]
}

// loadAll returns the resources of any account with the ids.
func (x *routes) loadAll(_ *http.Request, refs []usher.Ref) (list []usher.Resource, err error) {
	for _, ref := range refs {
		for _, row := range x.stored[ref.Type+":"+ref.ID] {
			list = append(list, row)
		}
	}
	return list, nil
}

// report is what a handler finds in the context of a request.
type report struct {
	Account    usher.AccountID
	User       usher.UserID
	Permission permission.Permission
	Resource   string
	Verdict    string
	Version    uint64
	Digest     string
}

// newReport returns the expected report for a decision.
func newReport(r usher.Request, d usher.Decision) report {
	detail := d.Detail()
	return report{r.Account, r.Subject, r.Permission, fmt.Sprint(r.Resource), verdict(d), detail.Version, detail.Digest}
}

// echo is the handler behind all guards. It writes its report.
func echo(w http.ResponseWriter, r *http.Request) {
	a := usherhttp.FromContext(r.Context())
	told := newReport(usher.Request{Account: a.Subject.Account, Subject: a.Subject.User, Permission: a.Permission, Resource: a.Resource}, a.Decision)
	if loaded, ok := usherhttp.Loaded[*resource](r.Context()); a.Resource != nil && (!ok || loaded.on() != a.Resource) {
		told.Resource = "what was loaded is not what was decided on"
	}
	// The Asker of the request decides as the guard did, on the same version.
	d, err := usherhttp.Asking(r.Context()).Check(a.Permission, a.Resource)
	if got, want := verdictAt(d), verdictAt(a.Decision); err != nil || got != want {
		told.Resource = fmt.Sprintf("the Asker says %s, %v, and the guard %s", got, err, want)
	}
	if err := json.NewEncoder(w).Encode(told); err != nil {
		panic(err)
	}
}

// reply is a response, without the parts that are not compared.
type reply struct {
	status int
	kind   string
	body   string
}

func (r reply) String() string { return fmt.Sprintf("%d %s %s", r.status, r.kind, r.body) }

// send sends a request of a user, with the facts of the question.
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

// get sends a request for a resource of an account that need not be the user's.
func (x *routes) get(kind string, q question, user usher.UserID, in usher.AccountID, typ, local string) (reply, error) {
	path := fmt.Sprintf("/%s/%s/%s/%s/%s", kind, url.PathEscape(string(in)), typ, local, q.permission)
	return x.send(q, user, http.MethodGet, path, "")
}

// mustReply returns the expected response for a decision. A visitor may log in. A user who is not in the account gets
// neither the reason nor the permission.
func (x *routes) mustReply(r usher.Request, d usher.Decision) (reply, error) {
	if d.Allowed() {
		body, err := json.Marshal(newReport(r, d))
		return reply{http.StatusOK, "text/plain; charset=utf-8", string(body) + "\n"}, err
	}
	p := usherhttp.Problem{Type: usherhttp.TypeDenied, Title: "Forbidden", Status: http.StatusForbidden}
	if r.Visitor {
		p = usherhttp.Problem{Type: "about:blank", Title: "Unauthorized", Status: http.StatusUnauthorized}
	} else if d.Reason() != usher.ReasonUnknownUser {
		p.Reason, p.Permission = d.Reason().String(), r.Permission.String()
	}
	if d.Reason() == usher.ReasonConditionUnmet && !r.Visitor {
		for _, unmet := range d.Detail().Unmet {
			if slices.Contains(disclosed, unmet) {
				p.Unmet = append(p.Unmet, unmet)
			}
		}
	}
	body, err := json.Marshal(p)
	return reply{p.Status, "application/problem+json", string(body)}, err
}

// withoutDetail removes the sentence for people from a problem.
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
