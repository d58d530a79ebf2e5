package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-go/usher/internal/sqljournal"
)

// statementTimeout is the time after which a statement that writes gives up a connection that does
// not respond.
const statementTimeout = time.Minute

// database is the pool of the host.
type database struct {
	pool        *pgxpool.Pool
	lockTimeout time.Duration
}

// notBegun is the error of a statement for which there was no connection.
type notBegun struct{ error }

func (e notBegun) Unwrap() error { return e.error }

// sent is the error of a statement or a COMMIT that may have reached the server, although pgx says
// that nothing was sent.
type sent struct{ error }

func (e sent) Unwrap() error { return e.error }

// afterSend returns the error of a statement that commits. If the connection ends before a response,
// pgx may report that it was closed before, in the simple protocol, which COMMIT always uses.
func afterSend(err error) error {
	if errors.Is(err, pgconn.ErrConnClosed) {
		return sent{err}
	}
	return err
}

// acquire waits for a connection until the context is done.
func (d database) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	c, err := d.pool.Acquire(ctx)
	if err != nil {
		return nil, notBegun{err}
	}
	return c, nil
}

// acquireToWrite waits no longer than for a lock, since the connection may be that of a transaction
// that waits for this call.
func (d database) acquireToWrite(ctx context.Context) (*pgxpool.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.lockTimeout)
	defer cancel()
	return d.acquire(ctx)
}

// untilEnd returns the context of a statement whose outcome must be known. A statement that is
// canceled loses its connection, and then its outcome is unknown.
func untilEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), statementTimeout)
}

// Exec implements sqljournal.Conn.
func (d database) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	c, err := d.acquireToWrite(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Release()
	ctx, cancel := untilEnd(ctx)
	defer cancel()
	tag, err := c.Exec(ctx, statement, args...)
	return tag.RowsAffected(), afterSend(err)
}

// Query implements sqljournal.Conn.
func (d database) Query(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	c, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	return query(ctx, c, c.Release, statement, args)
}

// Change implements sqljournal.Conn.
func (d database) Change(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	c, err := d.acquireToWrite(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := untilEnd(ctx)
	found, err := query(ctx, c, func() { c.Release(); cancel() }, statement, args)
	return found, afterSend(err)
}

// Begin implements sqljournal.Database.
func (d database) Begin(ctx context.Context) (sqljournal.Transaction, error) {
	c, err := d.acquireToWrite(ctx)
	if err != nil {
		return nil, err
	}
	limit := sqljournal.Patience(ctx, d.lockTimeout).Milliseconds()
	run, cancel := untilEnd(ctx)
	defer cancel()
	tx, err := c.BeginTx(run, pgx.TxOptions{
		BeginQuery: fmt.Sprintf("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL lock_timeout = %d", max(limit, 1)),
	})
	if err != nil {
		c.Release()
		return nil, err
	}
	return transaction{hostTx{tx}, tx, c}, nil
}

// Classify implements sqljournal.Database. An error that the server reports is a definite outcome,
// unless the server ends the connection with it.
func (d database) Classify(err error) sqljournal.Failure {
	var begun notBegun
	var maybe sent
	var server *pgconn.PgError
	switch {
	case errors.As(err, &maybe):
		return sqljournal.Unknown
	case errors.As(err, &begun), pgconn.SafeToRetry(err):
		return sqljournal.LockFailed
	case errors.Is(err, pgx.ErrTxCommitRollback), errors.Is(err, pgx.ErrTxClosed):
		return sqljournal.Rejected
	case !errors.As(err, &server) || server.SeverityUnlocalized != "ERROR":
		return sqljournal.Unknown
	}
	switch server.Code {
	case "40001", "40P01", "25P02": // serialization failure, deadlock, transaction aborted before
		return sqljournal.Lost
	case "55P03", "57014": // lock not available; canceled, such as by statement_timeout
		return sqljournal.LockFailed
	case "25006": // read-only transaction, such as every one of a standby
		return sqljournal.ReadOnly
	case "40003": // completion unknown
		return sqljournal.Unknown
	}
	return sqljournal.Rejected
}

// transaction is a transaction of the store.
type transaction struct {
	hostTx
	tx   pgx.Tx
	conn *pgxpool.Conn
}

// Exec implements sqljournal.Conn.
func (t transaction) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	ctx, cancel := untilEnd(ctx)
	defer cancel()
	return t.hostTx.Exec(ctx, statement, args...)
}

// Query implements sqljournal.Conn.
func (t transaction) Query(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	ctx, cancel := untilEnd(ctx)
	return query(ctx, t.tx, cancel, statement, args)
}

// Change implements sqljournal.Conn.
func (t transaction) Change(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	return t.Query(ctx, statement, args...)
}

// Commit implements sqljournal.Transaction.
func (t transaction) Commit(ctx context.Context) error {
	defer t.conn.Release()
	ctx, cancel := untilEnd(ctx)
	defer cancel()
	return afterSend(t.tx.Commit(ctx))
}

// Rollback implements sqljournal.Transaction.
func (t transaction) Rollback(ctx context.Context) error {
	defer t.conn.Release()
	ctx, cancel := untilEnd(ctx)
	defer cancel()
	return t.tx.Rollback(ctx)
}

// hostTx runs statements in a transaction of the host, with the context of the host.
type hostTx struct{ pgx.Tx }

// Exec implements sqljournal.Conn.
func (t hostTx) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	tag, err := t.Tx.Exec(ctx, statement, args...)
	return tag.RowsAffected(), err
}

// Query implements sqljournal.Conn.
func (t hostTx) Query(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	return query(ctx, t.Tx, func() {}, statement, args)
}

// Change implements sqljournal.Conn.
func (t hostTx) Change(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	return t.Query(ctx, statement, args...)
}

// query returns the rows of a statement. It calls release after the rows are closed, or failed.
func query(ctx context.Context, c interface {
	Query(ctx context.Context, statement string, args ...any) (pgx.Rows, error)
}, release func(), statement string, args []any) (sqljournal.Rows, error) {
	found, err := c.Query(ctx, statement, args...)
	if err != nil {
		release()
		return nil, err
	}
	return &rows{found, release}, nil
}

// rows are the rows of a query, which hold its connection until they are closed.
type rows struct {
	pgx.Rows
	release func()
}

// Close implements sqljournal.Rows.
func (r *rows) Close() {
	r.Rows.Close()
	if r.release != nil {
		r.release()
		r.release = nil
	}
}
