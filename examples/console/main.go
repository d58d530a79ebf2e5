// Console mounts the pages for the users of an account in a service.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

func main() {
	ctx := context.Background()
	oncehub := must(preset.Load("oncehub"))
	az := must(engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store)}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 1}}))
	must(az.Do(ctx, account.AsUser("olivia"), "acme",
		account.AddUser{User: "adam", Role: "admin"}, account.AddUser{User: "mia"}))

	mux := http.NewServeMux()
	pages := must(console.New(console.Options{Engine: az, Subject: session}))
	mux.Handle("/people/", pages)
	mux.Handle("/branded/", must(console.New(branded(az))))
	mux.Handle("/support/", must(console.New(console.Options{
		Engine: az, Subject: session, People: profiles, ReadOnly: true,
	})))

	fmt.Println("olivia sees:", people(mux, "olivia", "/people/people"))
	fmt.Println("mia sees:", people(mux, "mia", "/people/people"))
	fmt.Println("with names:", people(mux, "mia", "/branded/people"))

	form := `{"id": "mia", "role": "admin"}`
	fmt.Println("preview:", send(mux, "olivia", "POST", "/branded/person/set-role", form))
	form = `{"id": "mia", "role": "admin", "confirmed": "yes"}`
	fmt.Println("by mia:", send(mux, "mia", "POST", "/branded/person/set-role", form))
	fmt.Println("read-only:", send(mux, "olivia", "POST", "/support/person/set-role", form))
	fmt.Println("confirmed:", send(mux, "olivia", "POST", "/branded/person/set-role", form))
}

// session stands for the login of the application. usher does no authentication.
func session(r *http.Request) (usherhttp.Subject, error) {
	return usherhttp.Subject{Account: "acme", User: usher.UserID(r.Header.Get("X-User"))}, nil
}

// branded are options of a console with names, the brand of the application and its words.
func branded(az *engine.Engine) console.Options {
	return console.Options{
		Engine: az, Subject: session, People: profiles, Search: search,
		Home:       "/",
		Stylesheet: "/brand.css",
		Language:   func(r *http.Request) string { return r.Header.Get("X-Language") },
		Texts: map[string]map[string]string{
			"en": {"people.title": "Staff", "layout.home": "Acme Calendar"},
			"fr": {"people.title": "Équipe", "people.add": "Ajouter"},
		},
		BuySeats: func(account usher.AccountID, pool seat.PoolName) string {
			return "/billing?pool=" + string(pool)
		},
	}
}

// names stand for a table of the application. usher stores only ids.
var names = map[usher.UserID]string{"olivia": "Olivia Brandt", "adam": "Adam Novak", "mia": "Mia Keller"}

// profiles looks up all users of a page at once: SELECT … WHERE id = ANY($1).
func profiles(
	_ context.Context, _ usher.AccountID, ids []usher.UserID,
) (map[usher.UserID]console.Profile, error) {
	found := map[usher.UserID]console.Profile{}
	for _, id := range ids {
		found[id] = console.Profile{Name: names[id], Email: string(id) + "@acme.example"}
	}
	return found, nil
}

// search finds users by what a viewer types. The console shows only those the viewer may see.
func search(_ context.Context, _ usher.AccountID, query string) (found []usher.UserID, _ error) {
	for id, name := range names {
		if strings.Contains(strings.ToLower(name), strings.ToLower(query)) {
			found = append(found, id)
		}
	}
	return found, nil
}

// people returns the rows of the page as JSON.
func people(h http.Handler, user, path string) []string {
	var page struct {
		Data struct {
			People []struct{ Name, RoleTitle string } `json:"people"`
		} `json:"data"`
	}
	var rows []string
	if err := json.Unmarshal(request(h, user, "GET", path, "").Body.Bytes(), &page); err != nil {
		log.Fatal(err)
	}
	for _, p := range page.Data.People {
		rows = append(rows, p.Name+" ("+p.RoleTitle+")")
	}
	return rows
}

// send sends a form as JSON, and returns what it does: the changes, or the problem.
func send(h http.Handler, user, method, path, form string) string {
	rec := request(h, user, method, path, form)
	var result struct {
		Detail string `json:"detail"`
		Data   struct {
			Confirm string   `json:"confirm"`
			Done    bool     `json:"done"`
			Changes []string `json:"changes"`
		} `json:"data"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &result); err != nil {
		log.Fatal(err)
	}
	text := strings.Join(result.Data.Changes, ", ") + result.Detail
	switch {
	case result.Data.Done:
		text += ", done"
	case result.Data.Confirm != "":
		text += ", needs confirmation: " + result.Data.Confirm
	}
	return fmt.Sprint(rec.Code, " ", text)
}

func request(h http.Handler, user, method, path, body string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest(method, path, strings.NewReader(body)), httptest.NewRecorder()
	r.Header.Set("X-User", user)
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
	return w
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
