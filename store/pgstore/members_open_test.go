package pgstore_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/store/pgstore"
)

// A database whose texts are not UTF-8 cannot have the tables of members.
func TestMembersRequireUTF8(t *testing.T) {
	ctx := context.Background()
	admin := connect(t)
	_, err := admin.Exec(ctx, "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
	require.NoError(t, err)
	pool, err := pgxpool.New(ctx, server.Server(t).DSN("latin"))
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	require.NoError(t, pgstore.Migrate(ctx, pool, ""))
	_, err = pgstore.Open(ctx, pool, pgstore.Options{Members: true})
	assert.ErrorContains(t, err, "the server_encoding of the database is LATIN1, and the tables of members require UTF8")
	s, err := pgstore.Open(ctx, pool, pgstore.Options{})
	require.NoError(t, err)
	s.Close()
	_, err = pgstore.Open(ctx, pool, pgstore.Options{LacksMembers: true})
	assert.ErrorContains(t, err, "Options.LacksMembers is set (want also Members)")
}
