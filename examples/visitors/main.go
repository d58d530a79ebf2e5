// Visitors serves a public page: callers who are not logged in see public calendars.
package main

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

//go:embed policy.yaml
var policySource []byte

var (
	viewCalendar = permission.MustParse("calendar.view")
	bookCalendar = permission.MustParse("calendar.book")
)

// calendars are the rows of the application, by their ids.
var calendars = map[string]*usher.Object{
	"intro":    calendar("intro", true),
	"internal": calendar("internal", false),
}

func calendar(id string, public bool) *usher.Object {
	return &usher.Object{
		Type: "calendar", ID: id, Account: "acme",
		Parties:    map[string][]string{"host": {"mia"}, "blocked": {"eve"}},
		Attributes: map[string]bool{"public": public},
	}
}

// session stands for the login of the application. A caller without a login is a visitor of
// the account that the path names.
func session(r *http.Request) (usherhttp.Subject, error) {
	in := usher.AccountID(r.PathValue("account"))
	if user := r.Header.Get("X-User"); user != "" {
		return usherhttp.Subject{Account: in, User: usher.UserID(user)}, nil
	}
	return usherhttp.Anyone(in), nil
}

func load(r *http.Request) (usher.Resource, error) {
	if c := calendars[r.PathValue("id")]; c != nil {
		return c, nil
	}
	return nil, usherhttp.ErrNotFound
}

// routes need no settings for visitors: the policy opens view and book to them, and no others.
var routes = usherhttp.Routes{
	{
		Pattern: "GET /{account}/calendars", Access: usherhttp.SubjectOrVisitor,
		Handler: http.HandlerFunc(list),
	},
	{
		Pattern: "GET /{account}/calendars/{id}", Permission: viewCalendar, Resource: load,
		Handler: http.HandlerFunc(show),
	},
	{
		Pattern: "POST /{account}/calendars/{id}/bookings", Permission: bookCalendar,
		Resource: load, Handler: http.HandlerFunc(book),
	},
}

var az *engine.Engine

// list selects what the caller may view. A list of an application uses the filter in SQL.
func list(w http.ResponseWriter, r *http.Request) {
	subject := usherhttp.FromContext(r.Context()).Subject
	f, err := az.Filter(r.Context(), subject.Request(viewCalendar, nil))
	if err != nil {
		guard.Refuse(w, r, err)
		return
	}
	for _, id := range []string{"intro", "internal"} {
		if selected, err := f.Match(calendars[id]); err == nil && selected {
			fmt.Fprint(w, id, " ")
		}
	}
}

func show(w http.ResponseWriter, r *http.Request) {
	d := usherhttp.FromContext(r.Context()).Decision
	fmt.Fprintf(w, "%s, guests hidden: %t", r.PathValue("id"), d.Hides("guests"))
}

func book(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "booked") }

var guard *usherhttp.Guard

func main() {
	ctx := context.Background()
	p := must(policyfile.Load("policy.yaml", policySource))
	az = must(engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"}))

	guard = &usherhttp.Guard{Authorizer: az, Subject: session, MarkActive: az.MarkActive}
	mux := must(routes.Mux(guard))
	for _, request := range [][3]string{
		{"", "GET", "/acme/calendars"},
		{"mia", "GET", "/acme/calendars"},
		{"", "GET", "/acme/calendars/intro"},
		{"mia", "GET", "/acme/calendars/intro"},
		{"", "GET", "/acme/calendars/internal"},
		{"zoe", "GET", "/acme/calendars/internal"},
		{"", "POST", "/acme/calendars/intro/bookings"},
		{"eve", "POST", "/acme/calendars/intro/bookings"},
	} {
		r := httptest.NewRequest(request[1], request[2], nil)
		r.Header.Set("X-User", request[0])
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		text := w.Body.String()
		if w.Code != http.StatusOK {
			text = http.StatusText(w.Code)
		}
		who := cmp.Or(request[0], "(visitor)")
		fmt.Println(who, request[1], request[2], w.Code, strings.TrimSpace(text))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
