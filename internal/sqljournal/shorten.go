package sqljournal

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Shorten implements store.Shortener. It deletes all commits in one transaction, which locks the
// account.
func (j *Journal) Shorten(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error {
	return j.do(ctx, "shorten", account, upTo, func() error {
		return j.transaction(ctx, func(tx Transaction) error {
			if _, _, err := j.dialect.lock(ctx, tx, account, lockWrite); err != nil {
				return err
			}
			// The lock may have waited, and then only another statement reads the current rows.
			last, snapshot, before := int64(0), int64(0), int64(0)
			err := rows(ctx, tx, func(r Rows) error { return r.Scan(&last, &snapshot, &before) },
				"SELECT a.version, coalesce(s.version, 0), a.shortened FROM "+j.tables.Accounts+" a LEFT JOIN "+j.tables.Snapshots+
					" s ON s.account = a.account WHERE a.account = $1", key(account))
			switch {
			case err != nil:
				return err
			case last == erasedVersion:
				return store.ErrErased
			}
			if err := store.CheckShorten(upTo, seal, uint64(snapshot)); err != nil || bounded(upTo) <= before {
				return err
			}
			if _, err := tx.Exec(ctx, "DELETE FROM "+j.tables.Commits+" WHERE account = $1 AND version > 0 AND version <= $2", key(account), bounded(upTo)); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "UPDATE "+j.tables.Accounts+" SET shortened = $2, seal = $3 WHERE account = $1", key(account), bounded(upTo), filled(seal))
			return err
		})
	})
}
