package hostproof_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/sqlstore"
)

// traced counts the statements of pgx.
type traced struct{ statements int }

func (t *traced) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	t.statements++
	return ctx
}

func (t *traced) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// counting is a DBTX that counts its calls.
type counting struct {
	sqlstore.DBTX
	statements *int
}

func (c counting) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	*c.statements++
	return c.DBTX.ExecContext(ctx, query, args...)
}

func (c counting) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	*c.statements++
	return c.DBTX.QueryContext(ctx, query, args...)
}

// measured is an open transaction that counts.
type measured struct {
	tx       store.Tx
	wire     *wire
	count    func() int // the statements so far
	rollback func() error
}

// TestRoundTrips counts the statements and the messages that usher sends in a transaction of the
// host. The driver knows the statements from an earlier transaction, and the account is in memory.
func TestRoundTrips(t *testing.T) {
	running = server.Server(t)
	for name, open := range map[string]func(t *testing.T, members bool) (store.Store, func() measured){"pgx": measurePgx, "database/sql": measureSQL} {
		for _, members := range []bool{false, true} {
			t.Run(name+map[bool]string{true: " with members"}[members], func(t *testing.T) {
				ctx := context.Background()
				s, begin := open(t, members)
				p, err := policyfile.Load("clinic.yaml", []byte(policyText))
				require.NoError(t, err)
				e, err := engine.Open(engine.Options{Policy: p, Store: s})
				require.NoError(t, err)
				t.Cleanup(func() { assert.NoError(t, e.Close()) })
				_, err = e.Do(ctx, setup, "acme", account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "carl", Role: "clerk"})
				require.NoError(t, err)
				n := 0
				for name, row := range map[string]struct {
					run  func(m measured) error
					want int
				}{
					"SubmitTx": {func(m measured) error {
						n++
						_, err := e.SubmitTx(ctx, m.tx, engine.Batch{Actor: hosting, Account: "acme", Commands: []account.Command{account.AddUser{User: usher.UserID(nameOf("user", n))}}})
						return err
					}, 2}, // lock; append
					"SubmitTx, refused": {func(m measured) error {
						_, err := e.SubmitTx(ctx, m.tx, engine.Batch{Actor: account.AsUser("carl"), Account: "acme", Commands: []account.Command{account.AddUser{User: "max"}}})
						if assert.ErrorIs(t, err, usher.ErrDenied) {
							err = nil
						}
						return err
					}, 1},
					"ReaderTx": {func(m measured) error {
						_, err := mayBook(ctx, e.ReaderTx(m.tx), "acme", "carl")
						return err
					}, 1},
					"HolderTx": {func(m measured) error {
						_, err := mayBook(ctx, e.HolderTx(m.tx), "acme", "carl")
						return err
					}, 1},
				} {
					for _, counts := range []bool{false, true} { // the first round prepares the statements
						m := begin()
						statements, sent := m.count(), m.wire.sent.Load()
						require.NoError(t, row.run(m))
						if counts {
							assert.Equal(t, row.want, m.count()-statements, "%s: statements", name)
							assert.EqualValues(t, row.want, m.wire.sent.Load()-sent, "%s: messages to the server", name)
						}
						require.NoError(t, m.rollback())
					}
				}
			})
		}
	}
}

func measurePgx(t *testing.T, members bool) (store.Store, func() measured) {
	ctx := context.Background()
	address, err := throughPgx.setUp(ctx, "")
	require.NoError(t, err)
	p, err := pgxpool.New(ctx, address)
	require.NoError(t, err)
	t.Cleanup(p.Close)
	s, err := pgstore.Open(ctx, p, pgstore.Options{Members: members})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	trace := &traced{}
	config, err := pgx.ParseConfig(address)
	require.NoError(t, err)
	config.Tracer, config.DialFunc = trace, dial
	c, err := pgx.ConnectConfig(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close(ctx)) })
	return s, func() measured {
		tx, err := c.Begin(ctx)
		require.NoError(t, err)
		return measured{s.Tx(tx), c.PgConn().Conn().(*wire), func() int { return trace.statements }, func() error { return tx.Rollback(ctx) }}
	}
}

func measureSQL(t *testing.T, members bool) (store.Store, func() measured) {
	ctx := context.Background()
	address, err := throughSQL.setUp(ctx, "")
	require.NoError(t, err)
	db, err := openAdmin(address)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	s, err := sqlstore.Open(ctx, db, sqlstore.Options{Dialect: sqlstore.PostgreSQL, Members: members})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	config, err := pgx.ParseConfig(address)
	require.NoError(t, err)
	config.DialFunc = dial
	hosts := stdlib.OpenDB(*config)
	t.Cleanup(func() { assert.NoError(t, hosts.Close()) })
	c, err := hosts.Conn(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	var to *wire
	require.NoError(t, c.Raw(func(of any) error {
		to = of.(*stdlib.Conn).Conn().PgConn().Conn().(*wire)
		return nil
	}))
	statements := 0
	return s, func() measured {
		tx, err := c.BeginTx(ctx, nil)
		require.NoError(t, err)
		return measured{s.Tx(counting{tx, &statements}), to, func() int { return statements }, tx.Rollback}
	}
}
