// Package hosts tests that libraries for databases can hand their transactions to usher.
package hosts

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

var (
	_ sqlstore.DBTX = (*sql.Tx)(nil)
	_ sqlstore.DBTX = (*sql.Conn)(nil)
	_ sqlstore.DBTX = gorm.ConnPool(nil)
	_ sqlstore.DBTX = (*entsql.Tx)(nil)
)

var server pgtest.Shared

func TestMain(m *testing.M) { server.Main(m) }

// Calendar is a row of the host.
type Calendar struct {
	ID    int64 `gorm:"primaryKey" bun:",pk"`
	Owner string
}

func (Calendar) TableName() string { return "calendars" }

// TestHosts checks for each library that a row of the host and a commit of usher are stored
// together, or neither of them.
func TestHosts(t *testing.T) {
	ctx := t.Context()
	db, err := sql.Open("pgx", server.Server(t).DSN("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err = db.ExecContext(ctx, "CREATE TABLE calendars (id bigint PRIMARY KEY, owner text NOT NULL)")
	require.NoError(t, err)
	options := sqlstore.Options{Dialect: sqlstore.PostgreSQL}
	require.NoError(t, sqlstore.Migrate(ctx, db, options))
	s, err := sqlstore.Open(ctx, db, options)
	require.NoError(t, err)
	t.Cleanup(s.Close)

	id := int64(0)
	for name, run := range map[string]func(*testing.T, *sql.DB, action) error{
		"database/sql": inSQL, "Bun": inBun, "ent": inEnt,
		"GORM": inGORM(gorm.Config{}), "GORM with PrepareStmt": inGORM(gorm.Config{PrepareStmt: true}),
	} {
		t.Run(name, func(t *testing.T) {
			account := usher.AccountID("acme\x00 of " + name)
			for round := range uint64(3) {
				id++
				row := Calendar{ID: id, Owner: "mia"}
				entry := store.Entry{
					Commit:  store.Commit{Version: round + 1, Data: []byte("it's $1 and ?")},
					Records: []store.Record{{User: "mia", Data: []byte("Mia\x00")}},
				}
				failed := errors.New("the host gives up")
				err := run(t, db, action{row: row, then: func(tx sqlstore.DBTX) error {
					require.NoError(t, s.Tx(tx).Append(ctx, account, entry))
					assert.Equal(t, round+1, last(t, s.Tx(tx), account), "seen in the transaction")
					return failed
				}})
				require.ErrorIs(t, err, failed)
				assert.Equal(t, 0, rows(t, db, row.ID), "rows of the host after a rollback")
				assert.Equal(t, round, last(t, s, account), "commits after a rollback")

				require.NoError(t, run(t, db, action{row: row, then: func(tx sqlstore.DBTX) error {
					position, err := s.Tx(tx).Lock(ctx, account, store.WriteLock)
					require.NoError(t, err)
					assert.Equal(t, round, position.Last)
					return s.Tx(tx).Append(ctx, account, entry)
				}}))
				assert.Equal(t, 1, rows(t, db, row.ID), "rows of the host after a commit")
				assert.Equal(t, round+1, last(t, s, account), "commits after a commit")
			}
		})
	}
}

// The pools of libraries are not transactions: commits would not be stored together with rows of the
// host, and no lock would last.
func TestPools(t *testing.T) {
	ctx := t.Context()
	db, err := sql.Open("pgx", server.Server(t).DSN("postgres"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	options := sqlstore.Options{Dialect: sqlstore.PostgreSQL, Schema: "pools"}
	require.NoError(t, sqlstore.Migrate(ctx, db, options))
	s, err := sqlstore.Open(ctx, db, options)
	require.NoError(t, err)
	t.Cleanup(s.Close)

	g, err := gorm.Open(postgres.New(postgres.Config{Conn: db}), &gorm.Config{})
	require.NoError(t, err)
	prepared, err := gorm.Open(postgres.New(postgres.Config{Conn: db}), &gorm.Config{PrepareStmt: true})
	require.NoError(t, err)
	for _, pool := range []sqlstore.DBTX{
		db, g.Statement.ConnPool, prepared.Statement.ConnPool, bun.NewDB(db, pgdialect.New()), entsql.OpenDB(dialect.Postgres, db),
	} {
		err := s.Tx(pool).Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 1, Data: []byte("one")}})
		require.ErrorContains(t, err, "is a pool of connections (want a transaction, such as *sql.Tx)", "%T", pool)
		assert.Zero(t, last(t, s, "acme"))
	}
}

// action inserts a row of the host, and then does something else in the same transaction.
type action struct {
	row  Calendar
	then func(sqlstore.DBTX) error
}

func inSQL(t *testing.T, db *sql.DB, a action) error {
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }() // returns an error after a commit
	_, err = tx.ExecContext(t.Context(), "INSERT INTO calendars VALUES ($1, $2)", a.row.ID, a.row.Owner)
	require.NoError(t, err)
	if err := a.then(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func inGORM(config gorm.Config) func(t *testing.T, db *sql.DB, a action) error {
	return func(t *testing.T, db *sql.DB, a action) error {
		g, err := gorm.Open(postgres.New(postgres.Config{Conn: db}), &config)
		require.NoError(t, err)
		return g.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&a.row).Error)
			return a.then(tx.Statement.ConnPool)
		})
	}
}

func inBun(t *testing.T, db *sql.DB, a action) error {
	return bun.NewDB(db, pgdialect.New()).RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&a.row).ModelTableExpr("calendars").Exec(ctx)
		require.NoError(t, err)
		return a.then(tx.Tx) // bun.Tx itself would replace each "?"
	})
}

func inEnt(t *testing.T, db *sql.DB, a action) error {
	begun, err := entsql.OpenDB(dialect.Postgres, db).Tx(t.Context())
	require.NoError(t, err)
	tx := begun.(*entsql.Tx)
	defer func() { _ = tx.Rollback() }() // returns an error after a commit
	query, args := entsql.Dialect(dialect.Postgres).Insert("calendars").Columns("id", "owner").Values(a.row.ID, a.row.Owner).Query()
	require.NoError(t, tx.Exec(t.Context(), query, args, nil))
	if err := a.then(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// journal is a store or a transaction.
type journal interface {
	Commits(context.Context, usher.AccountID, uint64) iter.Seq2[store.Commit, error]
}

// last returns the version of the last commit of a store or of a transaction.
func last(t *testing.T, from journal, account usher.AccountID) (version uint64) {
	for c, err := range from.Commits(t.Context(), account, 0) {
		require.NoError(t, err)
		version = c.Version
	}
	return version
}

func rows(t *testing.T, db *sql.DB, id int64) (n int) {
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM calendars WHERE id = $1", id).Scan(&n))
	return n
}
