package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/usher-go/usher/internal/sqljournal"
)

// lite is a pool of connections to an SQLite database. SQLite has one writer at a time. The writers
// of this process queue for their turn here, since those that wait inside SQLite sleep and poll.
type lite struct {
	conn
	db   *sql.DB
	turn chan struct{} // contains a value while a transaction of the store writes
	wait time.Duration // for the turn, a connection and the lock
}

func newLite(db *sql.DB, wait time.Duration) *lite {
	return &lite{conn: conn{db, SQLite}, db: db, turn: make(chan struct{}, 1), wait: wait}
}

// Exec runs the statement in a transaction of its own.
func (l *lite) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	tx, err := l.Begin(ctx)
	if err != nil {
		return 0, err
	}
	n, err := tx.Exec(ctx, statement, args...)
	if err != nil {
		_ = tx.Rollback(ctx)
		return 0, err
	}
	return n, tx.Commit(ctx)
}

// Query retries for as long as a writer would wait: another process that opens or closes the file
// locks readers out for a moment.
func (l *lite) Query(ctx context.Context, statement string, args ...any) (found sqljournal.Rows, err error) {
	waiting, cancel := context.WithTimeoutCause(ctx, l.wait, errWaited)
	defer cancel()
	err = whileBusy(waiting, func() error {
		found, err = l.conn.Query(ctx, statement, args...)
		return err
	})
	return found, err
}

// Change returns an error: rows are read after the statement, and its transaction must end later.
func (l *lite) Change(context.Context, string, ...any) (sqljournal.Rows, error) {
	return nil, notStored{errors.New("in SQLite, a statement that writes and returns rows needs a transaction")}
}

// Begin begins a transaction that holds the write lock.
func (l *lite) Begin(ctx context.Context) (sqljournal.Transaction, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.wait, errWaited)
	defer cancel()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, notBegun(ctx, ctx.Err())
	}
	tx, err := l.begin(ctx)
	if err != nil {
		<-l.turn
		return nil, notBegun(ctx, err)
	}
	return tx, nil
}

func (l *lite) begin(ctx context.Context) (*liteTx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	taken, err := l.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	tx := &liteTx{conn: conn{taken, SQLite}, lite: l, taken: taken}
	if tx.restore, err = raiseSynchronous(ctx, taken); err == nil {
		err = whileBusy(ctx, func() error {
			_, err := taken.ExecContext(ctx, "BEGIN IMMEDIATE")
			return err
		})
	}
	if err != nil {
		tx.abandon()
		return nil, err
	}
	return tx, nil
}

func (l *lite) Classify(err error) sqljournal.Failure { return classify(err, liteFailure) }

// whileBusy calls f until it returns another error than that a lock is held, or the context is done.
func whileBusy(ctx context.Context, f func() error) error {
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		err := f()
		if code, ok := liteCode(err); !ok || code&0xff != liteBusy || code == liteBusySnapshot {
			return err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return err
		}
	}
}

// raiseSynchronous makes a connection wait for the disk in each commit, whatever its settings are.
// It returns the statement that restores them, or "". Only EXTRA, which is 3, does more than FULL.
func raiseSynchronous(ctx context.Context, taken *sql.Conn) (restore string, err error) {
	var level int
	if err := taken.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
		return "", err
	}
	if level >= 2 {
		return "", nil
	}
	_, err = taken.ExecContext(ctx, "PRAGMA synchronous = FULL")
	return []string{"PRAGMA synchronous = OFF", "PRAGMA synchronous = NORMAL"}[level], err
}

// liteTx is a transaction of the store.
type liteTx struct {
	conn
	lite    *lite
	taken   *sql.Conn
	restore string // restores the settings of the connection
	failed  error  // of the first statement that failed
}

// Exec runs a statement to its end. SQLite rolls the transaction back after some errors, and
// would then store the changes of each later statement at once; so no statement follows an error.
func (t *liteTx) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	if t.failed != nil {
		return 0, t.failed
	}
	n, err := t.conn.Exec(context.WithoutCancel(ctx), statement, args...)
	return n, t.fail(err)
}

func (t *liteTx) Query(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	if t.failed != nil {
		return nil, t.failed
	}
	found, err := t.conn.Query(context.WithoutCancel(ctx), statement, args...)
	if err != nil {
		return nil, t.fail(err)
	}
	return liteRows{found, t}, nil
}

func (t *liteTx) Change(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	return t.Query(ctx, statement, args...)
}

// fail notes an error. It returns an error that says that nothing is stored: there was no COMMIT.
func (t *liteTx) fail(err error) error {
	if err != nil && t.failed == nil {
		t.failed = notStored{err}
	}
	return t.failed
}

// liteRows are rows of a query in a transaction of the store.
type liteRows struct {
	sqljournal.Rows
	tx *liteTx
}

func (r liteRows) Close() {
	r.Rows.Close()
	_ = r.tx.fail(r.Err()) // the caller sees the error in Err
}

func (t *liteTx) Commit(ctx context.Context) error {
	if t.failed != nil {
		_ = t.Rollback(ctx)
		return t.failed
	}
	if _, err := t.taken.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		_ = t.Rollback(ctx)
		return err
	}
	t.release()
	return nil
}

func (t *liteTx) Rollback(context.Context) error {
	defer func() { <-t.lite.turn }()
	return t.abandon()
}

func (t *liteTx) release() {
	t.reset()
	_ = t.taken.Close() // returns it to the pool
	<-t.lite.turn
}

// abandon ends the transaction, if one was begun, and returns the connection to the pool, or closes
// it if it might still be in the transaction.
func (t *liteTx) abandon() error {
	_, err := t.taken.ExecContext(context.Background(), "ROLLBACK")
	if code, ok := liteCode(err); err != nil && (!ok || code != liteError) {
		_ = t.taken.Raw(func(any) error { return driver.ErrBadConn })
	} else {
		err = nil // SQLite has already ended the transaction
		t.reset()
	}
	_ = t.taken.Close()
	return err
}

// reset restores the settings of the connection. After an error they are merely safer.
func (t *liteTx) reset() {
	if t.restore != "" {
		_, _ = t.taken.ExecContext(context.Background(), t.restore)
	}
}
