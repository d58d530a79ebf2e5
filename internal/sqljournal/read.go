package sqljournal

import (
	"context"
	"iter"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// reader reads through a Conn. Its methods have the contracts of those of package store; begin
// returns the error of a call that must not begin.
type reader struct {
	conn   Conn
	tables Tables
	begin  func(context.Context) error
	failed func(context.Context, error) error // turns an error of the Conn into one of the contract
}

func (j *Journal) reader() reader {
	return reader{conn: j.db, tables: j.tables, begin: j.begin, failed: func(_ context.Context, err error) error { return err }}
}

// limited is a query for at most $4 rows of an account after the key $2 with at most $3 bytes of
// data, except for the last row, beside the version of the account $1 and other columns of it. It
// returns the version, the columns, the key and the data, and one row without a key if there is nothing
// to return.
func limited(t Tables, columns, table, key, also string) string {
	return "SELECT a.version, " + columns + "p." + key + ", p.data FROM " + t.Accounts + " a LEFT JOIN (" +
		"SELECT q." + key + ", q.data FROM (" +
		"SELECT r." + key + ", r.data, sum(length(r.data)) OVER (ORDER BY r." + key + ") - length(r.data) AS before FROM (" +
		"SELECT " + key + ", data FROM " + table + " WHERE account = $1 AND " + key + " > $2" + also + " ORDER BY " + key + " LIMIT $4" +
		") r) q WHERE q.before < $3) p ON 1 = 1 WHERE a.account = $1 ORDER BY p." + key
}

func (r reader) commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	statement := limited(r.tables, "a.shortened, a.seal, ", r.tables.Commits, "version", " AND version > 0")
	return paged(ctx, "read commits", account, func() func() ([]store.Commit, error) {
		after, end := bounded(after), int64(-1) // end is the version of the last commit when the loop began
		return func() (page []store.Commit, err error) {
			if err := r.begin(ctx); err != nil {
				return nil, err
			}
			if err := store.CheckAccount(account); err != nil {
				return nil, err
			}
			if after == end {
				return nil, nil
			}
			version, shortened, begin := int64(0), int64(0), after
			var seal []byte
			err = rows(ctx, r.conn, func(row Rows) error {
				var number *int64
				var data []byte
				if err := row.Scan(&version, &shortened, &seal, &number, &data); err != nil {
					return err
				}
				if number != nil && (end < 0 || *number <= end) {
					page = append(page, store.Commit{Version: uint64(*number), Data: data})
					after = *number
				}
				return nil
			}, statement, key(account), after, int64(pageBytes), int64(pageLength))
			if err != nil {
				return nil, r.failed(ctx, err)
			}
			switch {
			case version == erasedVersion:
				return nil, store.ErrErased
			case begin < shortened:
				return nil, &store.ShortenedError{UpTo: uint64(shortened), Seal: seal}
			case end < 0:
				end = version
			}
			return page, nil
		}
	})
}

func (r reader) snapshot(ctx context.Context, account usher.AccountID) (s store.Snapshot, err error) {
	version := int64(0)
	err = rows(ctx, r.conn, func(row Rows) error {
		var of *int64
		if err := row.Scan(&version, &of, &s.Data); err != nil {
			return err
		}
		if of != nil {
			s.Version = uint64(*of)
		}
		return nil
	}, "SELECT a.version, s.version, s.data FROM "+r.tables.Accounts+" a LEFT JOIN "+r.tables.Snapshots+
		" s ON s.account = a.account WHERE a.account = $1", key(account))
	switch {
	case err != nil:
		return store.Snapshot{}, r.failed(ctx, err)
	case version == erasedVersion:
		return store.Snapshot{}, store.ErrErased
	}
	return s, nil
}

func (r reader) record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	if err := store.CheckUser(user); err != nil {
		return nil, err
	}
	version := int64(0)
	err = rows(ctx, r.conn, func(row Rows) error { return row.Scan(&version, &data) },
		"SELECT a.version, r.data FROM "+r.tables.Accounts+" a LEFT JOIN "+r.tables.Records+
			" r ON r.account = a.account AND r.user_id = $2 WHERE a.account = $1", key(account), key(user))
	switch {
	case err != nil:
		return nil, r.failed(ctx, err)
	case version == erasedVersion:
		return nil, store.ErrErased
	}
	return data, nil
}

// Commits implements store.Store.
func (j *Journal) Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return j.reader().commits(ctx, account, after)
}

// Snapshot implements store.Store.
func (j *Journal) Snapshot(ctx context.Context, account usher.AccountID) (s store.Snapshot, err error) {
	err = j.do(ctx, "read snapshot", account, 0, func() (err error) {
		s, err = j.reader().snapshot(ctx, account)
		return err
	})
	return s, err
}

// Record implements store.UserDataStore.
func (j *Journal) Record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	err = j.do(ctx, "read record", account, 0, func() (err error) {
		data, err = j.reader().record(ctx, account, user)
		return err
	})
	return data, err
}

// Accounts implements store.Store.
func (j *Journal) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return j.list(ctx, "list accounts", "version > 0", after)
}

// ErasedAccounts yields the ids of the erased accounts whose id is greater than after, sorted by
// their bytes.
func (j *Journal) ErasedAccounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return j.list(ctx, "list erased accounts", "version < 0", after)
}

// list returns an iterator over the accounts that meet a condition.
func (j *Journal) list(ctx context.Context, op, condition string, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	statement := "SELECT account FROM " + j.tables.Accounts + " WHERE account > $1 AND " + condition + " ORDER BY account LIMIT $2"
	return j.ids(ctx, op, statement, after, func() error { return nil })
}

// ids returns an iterator over the accounts that a statement returns: after the account $1, and at
// most $2 of them. It first calls check, and returns its error.
func (j *Journal) ids(ctx context.Context, op, statement string, after usher.AccountID, check func() error, args ...any) iter.Seq2[usher.AccountID, error] {
	return paged(ctx, op, "", func() func() ([]usher.AccountID, error) {
		after := after
		return func() (page []usher.AccountID, err error) {
			if err := j.begin(ctx); err != nil {
				return nil, err
			}
			if err := check(); err != nil {
				return nil, err
			}
			err = rows(ctx, j.db, func(row Rows) error {
				var id []byte
				if err := row.Scan(&id); err != nil {
					return err
				}
				after = usher.AccountID(id)
				page = append(page, after)
				return nil
			}, statement, append([]any{key(after), int64(longPage)}, args...)...)
			return page, err
		}
	})
}

// Records implements store.UserDataStore.
func (j *Journal) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	statement := limited(j.tables, "", j.tables.Records, "user_id", "")
	return users(ctx, j, "read records", account, after, func(row Rows, version *int64) (r store.Record, user usher.UserID, err error) {
		var id []byte
		err = row.Scan(version, &id, &r.Data)
		r.User = usher.UserID(id)
		return r, r.User, err
	}, func(after []byte) (string, []any) {
		return statement, []any{key(account), after, int64(pageBytes), int64(pageLength)}
	})
}

// LastActiveTimes implements store.UserDataStore.
func (j *Journal) LastActiveTimes(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.LastActive, error] {
	statement := "SELECT a.version, l.user_id, l.at FROM " + j.tables.Accounts + " a LEFT JOIN (SELECT user_id, at FROM " + j.tables.LastActive +
		" WHERE account = $1 AND user_id > $2 ORDER BY user_id LIMIT $3) l ON 1 = 1 WHERE a.account = $1 ORDER BY l.user_id"
	return users(ctx, j, "read last-active times", account, after, func(row Rows, version *int64) (l store.LastActive, user usher.UserID, err error) {
		var id []byte
		var at *int64
		if err = row.Scan(version, &id, &at); err == nil && at != nil {
			l = store.LastActive{User: usher.UserID(id), At: time.UnixMilli(*at).UTC()}
		}
		return l, l.User, err
	}, func(after []byte) (string, []any) {
		return statement, []any{key(account), after, int64(longPage)}
	})
}

// users returns an iterator over the rows that an account has for its users. The function scan
// returns no user for the only row of an account without rows.
func users[T any](ctx context.Context, j *Journal, op string, account usher.AccountID, after usher.UserID,
	scan func(row Rows, version *int64) (T, usher.UserID, error), query func(after []byte) (string, []any),
) iter.Seq2[T, error] {
	return paged(ctx, op, account, func() func() ([]T, error) {
		after := after
		return func() (page []T, err error) {
			if err := j.begin(ctx); err != nil {
				return nil, err
			}
			if err := store.CheckAccount(account); err != nil {
				return nil, err
			}
			version := int64(0)
			statement, args := query(key(after))
			err = rows(ctx, j.db, func(row Rows) error {
				item, user, err := scan(row, &version)
				if err == nil && user != "" {
					page, after = append(page, item), user
				}
				return err
			}, statement, args...)
			if err == nil && version == erasedVersion {
				err = store.ErrErased
			}
			if err != nil {
				return nil, err
			}
			return page, nil
		}
	})
}
