package sqljournal

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// tx is a store.Tx on a transaction of the host, or of InTx.
type tx struct {
	journal *Journal
	conn    Conn
}

// Tx returns a store.Tx that runs its statements on a Conn in a transaction.
func (j *Journal) Tx(c Conn) store.Tx { return tx{j, c} }

// InTx implements store.Transactor.
func (j *Journal) InTx(ctx context.Context, f func(store.Tx) error) (err error) {
	if err := j.begin(ctx); err != nil {
		return wrap("begin", "", 0, err)
	}
	own, err := j.db.Begin(ctx)
	if err != nil {
		return wrap("begin", "", 0, printable.Errorf("%w: %w", store.ErrNotStored, err))
	}
	var failed error // of f
	err = end(ctx, own, func() error {
		failed = f(j.Tx(own))
		return failed
	})
	switch {
	case failed != nil:
		return failed
	case err == nil:
		j.committed()
		return nil
	case j.db.Classify(err) != Unknown:
		err = printable.Errorf("%w: %w", store.ErrNotStored, err)
	}
	return wrap("commit", "", 0, err)
}

// failed returns the error of the contract for an error of the Conn. If the context is done, it
// may have cut off the statement, and the driver may have closed the connection.
func (t tx) failed(ctx context.Context, err error) error {
	if err == nil || isOurs(err) {
		return err
	}
	switch t.journal.db.Classify(err) {
	case Lost, LockFailed:
		return printable.Errorf("%w: %w", store.ErrRetry, err)
	case Unknown:
		if cause := ctx.Err(); cause != nil {
			return printable.Errorf("%w: %w: %w", store.ErrRetry, cause, err)
		}
	}
	return err
}

func (t tx) reader() reader {
	return reader{conn: t.conn, tables: t.journal.tables, begin: t.journal.begin, failed: t.failed}
}

// Lock implements store.Tx.
func (t tx) Lock(ctx context.Context, account usher.AccountID, mode store.LockMode) (p store.Position, err error) {
	err = t.journal.do(ctx, "lock", account, 0, func() error {
		how := lookOnly
		switch mode {
		case store.ShareLock:
			how = lockShared
		case store.WriteLock:
			how = lockWrite
		}
		row, _, err := t.journal.dialect.lock(ctx, t.conn, account, how)
		switch {
		case err != nil:
			return t.failed(ctx, err)
		case row.last == erasedVersion:
			return store.ErrErased
		}
		p = store.Position{Last: uint64(row.last), Committed: uint64(row.committed)}
		return nil
	})
	return p, err
}

// Append implements store.Tx.
func (t tx) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	j := t.journal
	return j.do(ctx, "append", account, e.Version, func() error {
		check := func() error { return j.checkNext(ctx, t.reader(), e, account) }
		prepared, err := j.prepare(account, e, check)
		if err != nil {
			return err
		}
		j.inline([]*entry{prepared})
		for range maxSurprises {
			if prepared.next() {
				err := j.dialect.atomic(ctx, t.conn, func() (err error) {
					if prepared.stored, err = j.dialect.append(ctx, t.conn, prepared, hostWait); err != nil {
						return err
					}
					return j.writeMirror(ctx, t.conn, []*entry{prepared})
				})
				if err != nil || prepared.stored {
					return t.failed(ctx, err)
				}
			}
			if err := check(); err != nil {
				return err
			}
		}
		return printable.Errorf("%w: the account changes too often", store.ErrNotStored)
	})
}

// Commits implements store.Tx.
func (t tx) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return t.reader().commits(ctx, account, after)
}

// Snapshot implements store.Tx.
func (t tx) Snapshot(ctx context.Context, account usher.AccountID) (s store.Snapshot, err error) {
	err = t.journal.do(ctx, "read snapshot", account, 0, func() (err error) {
		s, err = t.reader().snapshot(ctx, account)
		return err
	})
	return s, err
}

// Record implements store.Tx.
func (t tx) Record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	err = t.journal.do(ctx, "read record", account, 0, func() (err error) {
		data, err = t.reader().record(ctx, account, user)
		return err
	})
	return data, err
}
