package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// A user who is added with the id of a removed user inherits nothing: no
// calendar, booking, team, seat or last-active time. That also holds
// if another program removed the user, if the service crashed during the clean-up, and for a user who declined an
// invitation.
func TestAddedAgain(t *testing.T) {
	for name, remove := range map[string]func(*world){
		"removed": func(w *world) {
			w.play([]step{{"adam", "DELETE ~/people/mia", "", 200, nil}})
		},
		"removed by a process that died": func(w *world) {
			if _, err := w.server.engine.Do(w.Context(), account.AsUser("adam"), "acme", account.RemoveUser{User: "mia"}); err != nil {
				w.Fatal(err)
			}
		},
		"invited and declined": func(w *world) {
			if _, err := w.server.engine.Do(w.Context(), account.AsHost("test"), "acme", account.RemoveUser{User: "mia"}, account.AddUser{User: "mia", Status: usher.Invited}); err != nil {
				w.Fatal(err)
			}
			w.play([]step{{"mia", "DELETE ~/invitation", "", 200, nil}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			inEveryPlace(t, func(t *testing.T, w *world) {
				w.play([]step{
					{"mia", "GET ~/calendars", "", 200, has("intro", "demo")},
					{"mia", "GET ~/calendars/intro/bookings", "", 200, has("ann@example.com")},
				})
				remove(w)
				w.play([]step{
					{"adam", "POST ~/people", `{"user": "mia"}`, 201, nil},
					{"adam", "PUT ~/seats/booking/mia", "", 200, nil},
					{"adam", "GET ~/calendars/intro", "", 200, has(`"hosts":[]`)},
					{"adam", "GET ~/calendars/demo", "", 200, has(`"hosts":["max"]`)},
					{"adam", "GET ~/calendars/intro/bookings", "", 200, has("ann@example.com")}, // the booking still exists
					{"mia", "DELETE ~/bookings/first", "", 403, nil},
				})
				got := map[string]answer{}
				for _, path := range []string{"~/calendars", "~/calendars/intro/bookings"} {
					a, err := w.ask("mia", "GET "+path, "")
					if err != nil {
						t.Fatal(err)
					}
					got[path] = a
				}
				if a := got["~/calendars"]; a.status != http.StatusOK || strings.Contains(a.body, "intro") || strings.Contains(a.body, "demo") {
					t.Errorf("the new mia lists %v", a)
				}
				if a := got["~/calendars/intro/bookings"]; strings.Contains(a.body, "ann@example.com") || strings.Contains(a.body, "discount") {
					t.Errorf("the new mia reads %v", a)
				}
				view, err := w.server.engine.View(t.Context(), "acme")
				if err != nil {
					t.Fatal(err)
				}
				if m, ok := view.User("mia"); !ok || len(m.Teams)+len(m.Grants) > 0 || len(m.Seats) != 1 {
					t.Errorf("usher has of the new mia: %+v", m)
				}
			})
		})
	}
}
