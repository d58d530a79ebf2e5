package readme_test

import (
	"database/sql"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/usherhttp"
	"github.com/usher-go/usher/ushertest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // refusals are for an operator's eyes
	m.Run()
}

func TestRename(t *testing.T) {
	az := ushertest.New(t) // denies until it is told otherwise
	az.Allow("mia", viewCalendar)
	if status := put(t, az, "mia", "/calendars/demo?title=Mine"); status != http.StatusForbidden {
		t.Errorf("status %d", status)
	}
	az.Asked(editCalendar, usher.Ref{Type: "calendar", ID: "demo"}) // or the test fails
}

func TestNobodyGetsAround(t *testing.T) {
	ushertest.AllGuarded(t, new(service).routes())
}

func put(t *testing.T, az usher.Authorizer, user, path string) int {
	db, err := openTables(filepath.Join(t.TempDir(), "calendars.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s := &service{db: db, guard: &usherhttp.Guard{Authorizer: az, Subject: session, NotFound: []error{sql.ErrNoRows}}}
	mux, err := s.routes().Mux(s.guard)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPut, path, nil)
	r.Header.Set("X-User", user)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w.Code
}
