package engineproof_test

import (
	"database/sql"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/sqlstore"
)

// TestRollingDeploymentOnPostgreSQL is TestRollingDeployment on a database, with a pool for each
// instance.
func TestRollingDeploymentOnPostgreSQL(t *testing.T) {
	t.Run("pgstore", func(t *testing.T) {
		testRolling(t, func() store.Store {
			return openPostgres(t, 1, pgstore.Options{Schema: "rolling", PollEvery: pollEvery})[0].store
		})
	})
	t.Run("sqlstore", func(t *testing.T) {
		options := sqlstore.Options{Dialect: sqlstore.PostgreSQL, Schema: "rolling too", PollEvery: pollEvery}
		testRolling(t, func() store.Store {
			db, err := sql.Open("pgx", server.Server(t).URL("postgres"))
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			require.NoError(t, sqlstore.Migrate(t.Context(), db, options))
			s, err := sqlstore.Open(t.Context(), db, options)
			require.NoError(t, err)
			t.Cleanup(s.Close)
			return s
		})
	})
}
