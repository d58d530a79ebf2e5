// Readme is the program that the README of the repository shows.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

//go:embed policy.yaml
var policySource []byte

var (
	editCalendar   = permission.MustParse("calendar.edit")
	deleteCalendar = permission.MustParse("calendar.delete")
)

// Calendar is a type of the application. Three methods make it an usher.Resource.
type Calendar struct {
	ID      string
	Company usher.AccountID
	Hosts   []string
}

func (c *Calendar) Ref() usher.Ref                  { return usher.Ref{Type: "calendar", ID: c.ID} }
func (c *Calendar) InAccount() usher.AccountID      { return c.Company }
func (c *Calendar) Party(p string) ([]string, bool) { return c.Hosts, p == "host" }

var calendars = map[string]*Calendar{
	"intro": {ID: "intro", Company: "acme", Hosts: []string{"mia"}},
	"demo":  {ID: "demo", Company: "acme", Hosts: []string{"mia", "max"}},
}

func main() {
	ctx := context.Background()
	rules := must(policyfile.Load("policy.yaml", policySource))
	az := must(engine.Open(engine.Options{Policy: rules, Store: new(memstore.Store)}))
	defer az.Close()

	// The application creates the account. Then users change it, as far as the policy allows.
	olivia := account.AsUser("olivia")
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 1}}))
	must(az.Do(ctx, olivia, "acme", account.AddUser{User: "mia"}, account.AddUser{User: "max"}))

	// One check. With an error, the decision is always a denial.
	edit := usher.Request{Account: "acme", Subject: "mia", Permission: editCalendar}
	edit.Resource = calendars["intro"]
	fmt.Println("mia edits intro:", must(az.Check(ctx, edit)))

	// One seat. The second assignment is rejected, because one seat was bought.
	must(az.Do(ctx, olivia, "acme", account.AssignSeat{User: "mia", Pool: "booking"}))
	_, err := az.Do(ctx, olivia, "acme", account.AssignSeat{User: "max", Pool: "booking"})
	fmt.Println("max gets a seat:", err)
	fmt.Println("mia edits intro:", must(az.Check(ctx, edit)))

	// One guarded route. The handler runs only if the decision allows.
	guard := &usherhttp.Guard{Authorizer: az, Subject: session}
	save := func(w http.ResponseWriter, r *http.Request) {
		more := usherhttp.Asking(r.Context()) // more checks of this user, on one version
		d, err := more.Check(deleteCalendar, usherhttp.FromContext(r.Context()).Resource)
		if err != nil {
			guard.Refuse(w, r, err) // logs the error, and responds without it
			return
		}
		fmt.Fprintln(w, "saved; the page offers to delete it:", d.Allowed())
	}
	mux := http.NewServeMux()
	mux.Handle("PUT /calendars/{id}", guard.Require(editCalendar, load)(http.HandlerFunc(save)))
	for _, id := range []string{"intro", "demo", "none"} { // a service calls http.ListenAndServe
		r, w := httptest.NewRequest("PUT", "/calendars/"+id, nil), httptest.NewRecorder()
		r.Header.Set("X-User", "mia")
		mux.ServeHTTP(w, r)
		fmt.Println("PUT /calendars/"+id, w.Code)
		if w.Code == http.StatusOK {
			fmt.Print(w.Body)
		}
	}
}

// load loads the resource of a request. A nil *Calendar, too, means that there is none.
func load(r *http.Request) (usher.Resource, error) { return calendars[r.PathValue("id")], nil }

// session stands for the login of the application. usher does no authentication.
func session(r *http.Request) (usherhttp.Subject, error) {
	return usherhttp.Subject{Account: "acme", User: usher.UserID(r.Header.Get("X-User"))}, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
