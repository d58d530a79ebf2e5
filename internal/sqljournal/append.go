package sqljournal

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// maxData is the greatest size of the data of a commit, a snapshot or a record, in bytes.
const maxData = 256 << 20

// maxSurprises is the number of times that the next version of an account seems to be free and an
// append finds that it is not.
const maxSurprises = 100

// Append implements store.Store.
func (j *Journal) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	return j.do(ctx, "append", account, e.Version, func() error {
		check := func() error {
			err := j.checkNext(ctx, j.reader(), e, account)
			if err != nil && !isOurs(err) {
				// The statement that stores an entry did not run, or stored nothing.
				return printable.Errorf("%w: the last version cannot be read: %w", store.ErrNotStored, err)
			}
			return err
		}
		prepared, err := j.prepare(account, e, check)
		if err != nil {
			return err
		}
		if prepared.next() {
			if err := j.appendGrouped(ctx, prepared); err != nil || prepared.stored {
				return err
			}
		}
		for range maxSurprises {
			if err := check(); err != nil {
				return err
			}
			// The version was the next one a moment ago: the account is locked, or changing.
			if err := j.appendAlone(ctx, prepared); err != nil || prepared.stored {
				return err
			}
		}
		return printable.Errorf("%w: the account changes too often", store.ErrNotStored)
	})
}

// prepare checks an entry, and returns it in the form of the tables. The function check returns
// errors that take precedence over a refusal by the mirror.
func (j *Journal) prepare(account usher.AccountID, e store.Entry, check func() error) (*entry, error) {
	if err := store.CheckAccount(account); err != nil {
		return nil, err
	}
	if err := e.Check(); err != nil {
		return nil, err
	}
	size := len(e.Data)
	for _, r := range e.Records {
		size += len(r.Data)
	}
	if err := checkSize(size); err != nil {
		return nil, err
	}
	prepared := &entry{account: account, Entry: e, mirrored: j.mirror != nil}
	if j.mirror != nil {
		var err error
		if prepared.prepared, err = j.mirror.Prepare(account, e); err != nil {
			if before := check(); before != nil {
				return nil, before
			}
			return nil, err
		}
	}
	prepared.Data = filled(e.Data)
	prepared.sortRecords()
	prepared.added, prepared.left = keys(e.Users.Added), keys(e.Users.Removed)
	return prepared, nil
}

func checkSize(size int) error {
	if size > maxData {
		return printable.Errorf("%w: %d bytes (want at most %d)", store.ErrInvalid, size, maxData)
	}
	return nil
}

// sortRecords sets the fields for records.
func (e *entry) sortRecords() {
	last := map[usher.UserID][]byte{}
	wiped := map[usher.UserID]bool{}
	for _, r := range e.Records {
		last[r.User] = r.Data
		if len(r.Data) == 0 {
			wiped[r.User] = true
		}
	}
	for user, data := range last {
		if len(data) == 0 {
			e.removed = append(e.removed, key(user))
		} else {
			e.kept = append(e.kept, store.Record{User: user, Data: data})
		}
	}
	for user := range wiped {
		e.wiped = append(e.wiped, key(user))
	}
	slices.SortFunc(e.kept, func(a, b store.Record) int { return bytes.Compare([]byte(a.User), []byte(b.User)) })
	slices.SortFunc(e.removed, bytes.Compare)
	slices.SortFunc(e.wiped, bytes.Compare)
}

// next reports whether a commit can have the version.
func (e *entry) next() bool { return uint64(bounded(e.Version)) == e.Version }

// checkNext returns the error for an entry whose version is not the next one.
func (j *Journal) checkNext(ctx context.Context, r reader, e store.Entry, account usher.AccountID) error {
	row, _, err := j.dialect.lock(ctx, r.conn, account, lookOnly)
	switch {
	case err != nil:
		return r.failed(ctx, err)
	case row.last == erasedVersion:
		return store.ErrErased
	}
	if err := e.CheckNext(uint64(row.last)); err != nil {
		return err
	}
	return j.checkMirrored(row)
}

// appendAlone stores an entry in a statement or a transaction of its own, and waits for locks.
func (j *Journal) appendAlone(ctx context.Context, e *entry) error {
	return j.store(ctx, []*entry{e}, func(c Conn) (err error) {
		e.stored, err = j.dialect.append(ctx, c, e, j.patience(ctx))
		return err
	})
}

// store calls f, which stores entries through a Conn, and writes the mirror in the same
// transaction.
func (j *Journal) store(ctx context.Context, entries []*entry, f func(Conn) error) error {
	var err error
	j.inline(entries)
	if j.dialect.ownStatement() && (j.mirror == nil || entries[0].inline != nil) {
		err = j.write(ctx, func() error { return f(j.db) })
	} else {
		err = j.transaction(ctx, func(tx Transaction) error {
			if err := f(tx); err != nil {
				return err
			}
			return j.writeMirror(ctx, tx, entries)
		})
	}
	if err != nil {
		for _, e := range entries {
			e.stored = false
		}
		return err
	}
	if slices.ContainsFunc(entries, func(e *entry) bool { return e.stored }) {
		j.committed()
	}
	return nil
}

// writeMirror writes the mirror of the entries that are stored.
func (j *Journal) writeMirror(ctx context.Context, c Conn, entries []*entry) error {
	if j.mirror == nil || entries[0].inline != nil {
		return nil
	}
	var changes []Change
	for _, e := range entries {
		if e.stored {
			changes = append(changes, Change{Account: e.account, Version: e.Version, Prepared: e.prepared})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return j.mirror.Committed(ctx, c, changes)
}

func (j *Journal) committed() {
	if j.onCommit != nil {
		j.onCommit(j)
	}
}

// patience returns how long a call with a context waits for locks.
func (j *Journal) patience(ctx context.Context) time.Duration { return Patience(ctx, j.lockTimeout) }

// Patience returns the time for which a transaction waits for locks: the limit, or less if the
// deadline of the context is sooner. It is at least a millisecond.
func Patience(ctx context.Context, limit time.Duration) time.Duration {
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline))
	}
	return max(limit, time.Millisecond)
}
