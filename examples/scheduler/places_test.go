package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usher-go/usher/internal/pgtest"
)

// inEveryPlace runs a test on a new company in a directory, in SQLite and in PostgreSQL.
func inEveryPlace(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("directory", func(t *testing.T) { test(t, newWorld(t)) })
	inDatabases(t, func(t *testing.T, data string) { test(t, newWorldAt(t, data)) })
}

// inDatabases runs a test on an empty database of each kind.
func inDatabases(t *testing.T, test func(t *testing.T, data string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "scheduler.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, newDatabase(t)) })
}

// everywhere plays a story in every place.
func everywhere(t *testing.T, story []step) {
	t.Helper()
	inEveryPlace(t, func(_ *testing.T, w *world) { w.play(story) })
}

// mustChange changes calendars and bookings.
func mustChange(t testing.TB, s *server, do func(*tx) error) {
	t.Helper()
	if err := s.store.change(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

// started is the server that the tests share, if one needs it.
var started atomic.Pointer[pgtest.Server]

var postgres = sync.OnceValues(func() (*pgtest.Server, error) {
	s, err := pgtest.Start(pgtest.Options{Fast: true, Settings: []string{"max_connections=200", "default_transaction_isolation=repeatable read"}})
	started.Store(s)
	return s, err
})

func stopPostgres() {
	if s := started.Load(); s != nil {
		s.Stop()
	}
}

var databases atomic.Int64

// newDatabase returns the URL of an empty database in PostgreSQL.
func newDatabase(t testing.TB) string {
	t.Helper()
	s, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("pgx", s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	name := fmt.Sprint("scheduler", databases.Add(1))
	if _, err := db.ExecContext(context.Background(), "CREATE DATABASE "+name); err != nil {
		t.Fatal(err)
	}
	return s.URL(name)
}
