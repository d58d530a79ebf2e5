package agreement_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/usher-go/usher/internal/pgtest"
)

// postgres is a server for these tests only. It starts with the first test that needs it.
var postgres = pgtest.Shared{Options: pgtest.Options{Fast: true}}

func TestMain(m *testing.M) { postgres.Main(m) }

// openPostgres returns a new database of the server, with settings for its connections.
func openPostgres(t testing.TB, settings ...string) *sql.DB {
	t.Helper()
	s := postgres.Server(t)
	name := fmt.Sprintf("proof%d", time.Now().UnixNano())
	mustExec(t, connect(t, s.DSN("postgres")), "CREATE DATABASE "+name)
	return connect(t, s.DSN(name, settings...))
}

func connect(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func mustExec(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), statement, args...); err != nil {
		t.Fatalf("%.300s: %v", statement, err)
	}
}
