// Onbehalf serves calendars to users, to users who act on behalf of others, and to programs.
package main

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
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
	editCalendar = permission.MustParse("calendar.edit")
	sendCalendar = permission.MustParse("calendar.send")
)

var (
	az    *engine.Engine
	guard *usherhttp.Guard
)

// load returns the calendar of the user whose id the path has.
func load(r *http.Request) (usher.Resource, error) {
	id := r.PathValue("id")
	return &usher.Object{
		Type: "calendar", ID: id, Account: "acme", Parties: map[string][]string{"host": {id}},
	}, nil
}

var routes = usherhttp.Routes{
	{
		Pattern: "GET /calendars/{id}", Permission: viewCalendar, Resource: load,
		Handler: http.HandlerFunc(show),
	},
	{
		Pattern: "PUT /calendars/{id}", Permission: editCalendar, Resource: load,
		Handler: http.HandlerFunc(done),
	},
	{
		Pattern: "POST /calendars/{id}/mails", Permission: sendCalendar, Resource: load,
		Handler: http.HandlerFunc(done),
	},
	{
		Pattern: "PUT /settings/public", Access: usherhttp.AnySubject,
		Handler: http.HandlerFunc(publish),
	},
}

func show(w http.ResponseWriter, r *http.Request) {
	d := usherhttp.FromContext(r.Context()).Decision
	fmt.Fprint(w, "notes hidden: ", d.Hides("notes"))
}

func done(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "done") }

func main() {
	ctx := context.Background()
	agency := must(policyfile.Load("policy.yaml", policySource))
	az = must(engine.Open(engine.Options{Policy: agency, Store: new(memstore.Store)}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olga"},
		account.CreateTeam{Team: "board"}, account.AddToTeam{Team: "board", User: "olga"},
		account.AddUser{User: "anna", Teams: []usher.TeamID{"board"}},
		account.SetTeamRole{Team: "board", User: "anna", Role: "assistant"},
		account.AddUser{User: "adam", Role: "admin"}, account.AddUser{User: "mia"},
		account.AddUser{User: "sam", Role: "support"}))

	// A program is a user of its own.
	adam := account.AsUser("adam")
	must(az.Do(ctx, adam, "acme",
		account.AddUser{User: "sync", Role: "importer", Kind: usher.ServiceAccount}))
	_, err := az.Do(ctx, adam, "acme", account.AssignSeat{User: "sync", Pool: "booking"})
	fmt.Println(errors.Is(err, account.ErrSeatNotAllowed), err)
	view := must(az.View(ctx, "acme"))
	for u := range view.ServiceAccounts("") {
		fmt.Println("program:", u.ID, u.Role)
	}

	guard = &usherhttp.Guard{Authorizer: az, Subject: session, MarkActive: az.MarkActive}
	mux := must(routes.Mux(guard))
	for _, request := range [][4]string{
		{"mia", "", "GET", "/calendars/mia"},
		{"sam", "mia", "GET", "/calendars/mia"},
		{"sam", "mia", "GET", "/calendars/olga"},
		{"sam", "mia", "PUT", "/calendars/mia"},
		{"anna", "olga", "PUT", "/calendars/olga"},
		{"anna", "olga", "PUT", "/calendars/mia"},
		{"olga", "", "POST", "/calendars/olga/mails"},
		{"anna", "olga", "POST", "/calendars/olga/mails"},
		{"mia", "olga", "GET", "/calendars/mia"},
		{"sam", "mia", "PUT", "/settings/public"},
		{"sam", "adam", "PUT", "/settings/public"},
		{"sync", "", "PUT", "/calendars/olga"},
		{"sync", "mia", "PUT", "/calendars/mia"},
		{"sync", "mia", "PUT", "/calendars/olga"},
	} {
		r := httptest.NewRequest(request[2], request[3], nil)
		r.Header.Set("X-User", request[0])
		r.Header.Set("X-For", request[1])
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		text := w.Body.String()
		if w.Code != http.StatusOK {
			text = http.StatusText(w.Code)
		}
		who := strings.TrimSuffix(request[0]+" for "+cmp.Or(request[1], request[0]), " for "+request[0])
		fmt.Println(who, request[2], request[3], w.Code, strings.TrimSpace(text))
	}
	for commit, err := range az.Journal(ctx, "acme", view.Version()) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("journal:", commit.Actor, "-", account.DescribeChange(commit.Changes[0]))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
