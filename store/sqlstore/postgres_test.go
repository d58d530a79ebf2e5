package sqlstore_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store/sqlstore"
)

// server survives no crash, which these tests do not cause.
var server = pgtest.Shared{Options: pgtest.Options{Fast: true, Settings: []string{"max_connections=200"}}}

func TestMain(m *testing.M) {
	if path := os.Getenv(killChild); path != "" {
		fmt.Fprintln(os.Stderr, writeUntilKilled(path))
		os.Exit(1)
	}
	server.Main(m)
}

var schemas atomic.Int64

// postgresSchema returns a handle on a new schema of the server.
func postgresSchema(t testing.TB, connections int) handle {
	return handle{
		driver: "pgx", dsn: server.Server(t).DSN("postgres"), connections: connections,
		hostDSN: server.Server(t).DSN("postgres", "options='-c lock_timeout=1s'"),
		options: sqlstore.Options{Dialect: sqlstore.PostgreSQL, Schema: fmt.Sprint("usher ", schemas.Add(1))},
	}
}

func TestPostgreSQL(t *testing.T) {
	server.Server(t) // before the rows, which check that nothing of theirs still runs
	suite(func(t testing.TB) handle { return postgresSchema(t, 20) }).Run(t)
}

func TestPostgreSQLOneConnection(t *testing.T) {
	server.Server(t)
	suite(func(t testing.TB) handle { return postgresSchema(t, 1) }).Run(t)
}
