package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/ushertest"
)

func TestRename(t *testing.T) {
	az := ushertest.New(t) // denies, until a line below allows
	az.Allow("mia", viewCalendar)

	if got := put(t, az, "mia", "/calendars/demo?title=Mine"); got != http.StatusForbidden {
		t.Errorf("status = %d, want 403", got)
	}
	az.Allow("mia", editCalendar)
	if got := put(t, az, "mia", "/calendars/demo?title=Mine"); got != http.StatusNoContent {
		t.Errorf("status = %d, want 204", got)
	}
	az.Asked(editCalendar, usher.Ref{Type: "calendar", ID: "demo"}) // fails unless it was checked
}

func TestAllRoutesAreGuarded(t *testing.T) {
	ushertest.AllGuarded(t, new(service).routes())
}

// put sends one request, and returns the status of the response.
func put(t *testing.T, az usher.Authorizer, user, path string) int {
	t.Helper()
	s := newService(az, nil)
	mux, err := s.routes().Mux(s.guard)
	if err != nil {
		t.Fatal(err)
	}
	r, w := httptest.NewRequest(http.MethodPut, path, nil), httptest.NewRecorder()
	r.Header.Set("X-User", user)
	mux.ServeHTTP(w, r)
	return w.Code
}
