package engineproof_test

import (
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

// TestRollingDeploymentOnPostgreSQL is TestRollingDeployment on a database, with a pool for each
// instance.
func TestRollingDeploymentOnPostgreSQL(t *testing.T) {
	server, err := pgtest.Start(pgtest.Options{Fast: true})
	require.NoError(t, err)
	t.Cleanup(server.Stop)
	options := sqlstore.Options{Dialect: sqlstore.PostgreSQL, PollEvery: 10 * time.Millisecond}
	testRolling(t, func() store.Store {
		db, err := sql.Open("pgx", server.URL("postgres"))
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, db.Close()) })
		require.NoError(t, sqlstore.Migrate(t.Context(), db, options))
		s, err := sqlstore.Open(t.Context(), db, options)
		require.NoError(t, err)
		t.Cleanup(s.Close)
		return s
	})
}
