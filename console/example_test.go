package console_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

// A service mounts the pages with two lines.
func ExampleNew() {
	p, err := preset.Load("oncehub")
	if err != nil {
		log.Fatal(err)
	}
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
	if err != nil {
		log.Fatal(err)
	}
	defer e.Close()
	_, err = e.Do(ctx, account.AsHost("signup"), "acme", account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "mia"})
	if err != nil {
		log.Fatal(err)
	}
	session := func(r *http.Request) (usherhttp.Subject, error) {
		return usherhttp.Subject{Account: "acme", User: usher.UserID(r.Header.Get("X-User"))}, nil // your session
	}
	mux := http.NewServeMux()

	pages, err := console.New(console.Options{Engine: e, Subject: session})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/people/", http.StripPrefix("/people", pages))

	r := httptest.NewRequest("GET", "/people/person?id=mia&format=json", nil)
	r.Header.Set("X-User", "olivia")
	rec := httptest.NewRecorder()
	mux.ServeHTTP(rec, r)
	fmt.Println(rec.Code, rec.Header().Get("Content-Type"))

	r.Header.Set("X-User", "eve")
	rec = httptest.NewRecorder()
	mux.ServeHTTP(rec, r)
	fmt.Println(rec.Code, rec.Header().Get("Content-Type"))
	// Output:
	// 200 application/json
	// 403 application/problem+json
}
