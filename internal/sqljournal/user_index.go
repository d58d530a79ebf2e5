package sqljournal

import (
	"bytes"
	"context"
	"iter"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// AccountsOf implements store.UserIndex.
func (j *Journal) AccountsOf(ctx context.Context, user usher.UserID, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	statement := "SELECT account FROM " + j.tables.UserAccounts + " WHERE user_id = $3 AND account > $1 ORDER BY account LIMIT $2"
	return j.ids(ctx, "list accounts of a user", statement, after, func() error { return store.CheckUser(user) }, key(user))
}

// Unindexed implements store.UserIndex.
func (j *Journal) Unindexed(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return j.list(ctx, "list accounts that are not indexed", j.dialect.stale(), after)
}

// indexedAtOnce is the number of users in one statement of IndexUsers.
const indexedAtOnce = 4096

// IndexUsers implements store.UserIndex.
func (j *Journal) IndexUsers(ctx context.Context, account usher.AccountID, version uint64, users []usher.UserID) error {
	return j.do(ctx, "index users", account, version, func() error {
		if version == 0 {
			return printable.Errorf("%w: users of version 0 (want 1 or more)", store.ErrInvalid)
		}
		if err := store.CheckUsers(users); err != nil {
			return err
		}
		erased := false
		err := j.transaction(ctx, func(tx Transaction) error {
			if _, _, err := j.dialect.lock(ctx, tx, account, lockWrite); err != nil {
				return err
			}
			last, indexed := int64(0), int64(0)
			err := rows(ctx, tx, func(r Rows) error { return r.Scan(&last, &indexed) },
				"SELECT version, indexed FROM "+j.tables.Accounts+" WHERE account = $1", key(account))
			switch {
			case err != nil:
				return err
			case last == erasedVersion:
				erased = true
				return j.replaceUsers(ctx, tx, account, 0, nil)
			case bounded(version) > last:
				return printable.Errorf("%w: the last version is %d", store.ErrGap, last)
			case indexed == last || bounded(version) < indexed:
				return nil
			}
			return j.replaceUsers(ctx, tx, account, bounded(version), users)
		})
		if err == nil && erased {
			err = store.ErrErased
		}
		return err
	})
}

// replaceUsers replaces the rows of an account. The transaction has locked the account.
func (j *Journal) replaceUsers(ctx context.Context, c Conn, account usher.AccountID, version int64, users []usher.UserID) error {
	if _, err := c.Exec(ctx, "DELETE FROM "+j.tables.UserAccounts+" WHERE account = $1", key(account)); err != nil {
		return err
	}
	sorted := slices.Sorted(slices.Values(users))
	for some := range slices.Chunk(slices.Compact(sorted), indexedAtOnce) {
		if err := j.dialect.addUsers(ctx, c, account, keys(some)); err != nil {
			return err
		}
	}
	_, err := c.Exec(ctx, "UPDATE "+j.tables.Accounts+" SET indexed = $2 WHERE account = $1", key(account), version)
	return err
}

// keys converts ids to those of the tables, sorted.
func keys(ids []usher.UserID) [][]byte {
	list := make([][]byte, len(ids))
	for i, id := range ids {
		list[i] = key(id)
	}
	slices.SortFunc(list, bytes.Compare)
	return list
}
