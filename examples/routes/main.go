// Routes puts guards in front of the routes of a service.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"strings"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/memstore"
)

func main() {
	ctx := context.Background()
	oncehub := must(preset.Load("oncehub"))
	az := must(engine.Open(engine.Options{Policy: oncehub, Store: new(memstore.Store)}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 1}}))
	must(az.Do(ctx, account.AsUser("olivia"), "acme",
		account.AddUser{User: "adam", Role: "admin"},
		account.AddUser{User: "mia"},
		account.AddUser{User: "max"}))

	s := newService(az, az)
	mux := must(s.routes().Mux(s.guard))         // a route without a guard is an error
	for _, p := range s.routes().Permissions() { // Mux does not know the policy
		must(oncehub.Permission(p.String())) // a misspelled permission is an error
	}
	for _, line := range []string{
		"mia PUT /calendars/intro?title=Hello",
		"mia PUT /calendars/demo?title=Mine",
		"eve PUT /calendars/demo?title=Mine",
		"adam PUT /seats/mia",
		"adam PUT /seats/max",
		"adam PUT /owner/adam",
		"olivia PUT /owner/adam",
	} {
		user, request, _ := strings.Cut(line, " ")
		method, path, _ := strings.Cut(request, " ")
		r, w := httptest.NewRequest(method, path, nil), httptest.NewRecorder()
		r.Header.Set("X-User", user)
		mux.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprintln(line, w.Code, w.Body)))
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
