package readme_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/usherhttp"
)

func Example() {
	dir := must(os.MkdirTemp("", "usher"))
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db := must(openTables(filepath.Join(dir, "calendars.db")))
	defer db.Close()

	oncehub, err := preset.Load("oncehub") // or policyfile.Load of a file that you have read or embedded
	if err != nil {
		log.Fatal(err)
	}
	file, err := boltstore.Open(filepath.Join(dir, "usher.db"), boltstore.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	az, err := engine.Open(engine.Options{Policy: oncehub, Store: file})
	if err != nil {
		log.Fatal(err)
	}
	defer az.Close()

	// The host makes the account; from then on people act, as far as the policy lets them.
	_, err = az.Do(ctx, account.Host("signup"), "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 1}})
	if err != nil && !errors.Is(err, account.Exists) {
		log.Fatal(err)
	}
	_, err = az.Do(ctx, account.User("olivia"), "acme",
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "mia"},
		account.AddUser{User: "max"})
	if err != nil && !errors.Is(err, account.Exists) {
		log.Fatal(err)
	}

	demo := &Calendar{ID: "demo", Company: "acme", Hosts: []string{"mia", "max"}}
	d, err := az.Check(ctx, usher.Request{Account: "acme", Subject: "mia", Permission: editCalendar, Resource: demo})
	if err != nil {
		log.Fatal(err) // and err != nil is a denial too: d is the zero Decision
	}
	fmt.Println(d.Allowed(), d.Reason())

	s := &service{engine: az, db: db}
	s.guard = &usherhttp.Guard{
		Authorizer: az,
		Subject:    session, // who sends a request: usher authenticates nobody
		Seen:       az.Seen, // "last active"
		NotFound:   []error{sql.ErrNoRows},
	}
	mux, err := s.routes().Mux(s.guard) // a route without a guard is an error
	if err != nil {
		log.Fatal(err)
	}

	for _, try := range []string{
		"mia GET /calendars",
		"mia PUT /calendars/intro?title=Hello",
		"mia PUT /calendars/demo?title=Mine",
		"eve PUT /calendars/demo?title=Mine",
		"adam PUT /seats/mia",
		"adam PUT /seats/max",
		"adam PUT /owner/adam",
		"olivia PUT /owner/adam",
	} {
		words := strings.Fields(try)
		r := httptest.NewRequest(words[1], words[2], nil)
		r.Header.Set("X-User", words[0])
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprintln(try, w.Code, w.Body)))
	}

	// Who changed what, and when.
	for commit, err := range az.Journal(ctx, "acme", 0) {
		if err != nil {
			log.Fatal(err)
		}
		for _, c := range commit.Changes {
			fmt.Println(commit.Version, commit.Actor, "-", account.DescribeChange(c))
		}
	}
	// Output:
	// false out-of-scope
	// mia GET /calendars 200 ["Intro"]
	// mia PUT /calendars/intro?title=Hello 204
	// mia PUT /calendars/demo?title=Mine 403 {"type":"tag:usher-go.github.io,2026:denied","title":"Forbidden","status":403,"detail":"You may do this elsewhere, but not here.","permission":"calendar.edit","reason":"out-of-scope"}
	// eve PUT /calendars/demo?title=Mine 404 {"type":"about:blank","title":"Not Found","status":404,"detail":"There is nothing here that you may see."}
	// adam PUT /seats/mia 204
	// adam PUT /seats/max 409 {"type":"tag:usher-go.github.io,2026:no-seats-left","title":"Conflict","status":409,"detail":"All seats are taken."}
	// adam PUT /owner/adam 403 {"type":"tag:usher-go.github.io,2026:denied","title":"Forbidden","status":403,"detail":"This may not be done here.","permission":"account.transfer","reason":"forbidden"}
	// olivia PUT /owner/adam 204
	// 1 host signup - the account begins, with olivia as owner
	// 1 host signup - seats in booking: 0 becomes 1
	// 2 olivia - adam is added as admin
	// 2 olivia - mia is added as member
	// 2 olivia - max is added as member
	// 3 adam - mia gets a seat in booking
	// 4 olivia - olivia hands the account over to adam, who was admin, and becomes admin
}

func openTables(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", file)
	if err == nil {
		_, err = db.Exec(`
			CREATE TABLE calendars (id TEXT PRIMARY KEY, company TEXT, title TEXT);
			CREATE TABLE hosts (calendar TEXT, person TEXT, PRIMARY KEY (calendar, person));
			INSERT INTO calendars VALUES ('intro', 'acme', 'Intro'), ('demo', 'acme', 'Demo');
			INSERT INTO hosts VALUES ('intro', 'mia'), ('demo', 'mia'), ('demo', 'max');`)
	}
	return db, err
}

// session stands for the host's own login.
func session(r *http.Request) (usherhttp.Subject, error) {
	return usherhttp.Subject{Account: "acme", User: usher.UserID(r.Header.Get("X-User"))}, nil
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
