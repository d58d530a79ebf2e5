package sqlstore

import (
	"context"
	"database/sql"
	"strconv"
	"time"

	"github.com/usher-go/usher/internal/sqljournal"
)

// postgres is a pool of connections to PostgreSQL.
type postgres struct {
	conn
	db   *sql.DB
	wait time.Duration // for a connection and for locks
}

func newPostgres(db *sql.DB, wait time.Duration) *postgres {
	return &postgres{conn{db, PostgreSQL}, db, wait}
}

// Exec waits for a connection until the context is done. If the context ended during a statement,
// the driver would close the connection, and the outcome would be unknown.
func (p *postgres) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	taken, err := p.take(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = taken.Close() }() // returns it to the pool
	return conn{taken, PostgreSQL}.Exec(context.WithoutCancel(ctx), statement, args...)
}

func (p *postgres) Change(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	taken, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	found, err := conn{taken, PostgreSQL}.Query(context.WithoutCancel(ctx), statement, args...)
	if err != nil {
		_ = taken.Close()
		return nil, err
	}
	return takenRows{found, taken}, nil
}

// takenRows are rows that keep a connection until they are closed.
type takenRows struct {
	sqljournal.Rows
	taken *sql.Conn
}

func (r takenRows) Close() {
	r.Rows.Close()
	_ = r.taken.Close() // returns it to the pool
}

func (p *postgres) take(ctx context.Context) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.wait, errWaited)
	defer cancel()
	taken, err := p.db.Conn(ctx)
	if err != nil {
		return nil, notBegun(ctx, err)
	}
	return taken, nil
}

func (p *postgres) Begin(ctx context.Context) (sqljournal.Transaction, error) {
	taken, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := taken.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		_ = taken.Close()
		return nil, notStored{err}
	}
	t := &postgresTx{conn{tx, PostgreSQL}, tx, taken}
	wait := sqljournal.Patience(ctx, p.wait).Milliseconds()
	if _, err := t.Exec(ctx, "SELECT set_config('lock_timeout', $1, true)", strconv.FormatInt(wait, 10)); err != nil {
		_ = t.Rollback(ctx)
		return nil, notStored{err}
	}
	return t, nil
}

func (p *postgres) Classify(err error) sqljournal.Failure { return classify(err, postgresFailure) }

// postgresTx is a transaction of the store.
type postgresTx struct {
	conn
	tx    *sql.Tx
	taken *sql.Conn
}

// Exec runs a statement to its end.
func (t *postgresTx) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	return t.conn.Exec(context.WithoutCancel(ctx), statement, args...)
}

func (t *postgresTx) Query(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	return t.conn.Query(context.WithoutCancel(ctx), statement, args...)
}

func (t *postgresTx) Change(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	return t.Query(ctx, statement, args...)
}

func (t *postgresTx) Commit(context.Context) error {
	err := t.tx.Commit()
	_ = t.taken.Close() // returns it to the pool
	return err
}

func (t *postgresTx) Rollback(context.Context) error {
	err := t.tx.Rollback()
	_ = t.taken.Close()
	return err
}
