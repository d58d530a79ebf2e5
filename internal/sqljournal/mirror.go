package sqljournal

import (
	"context"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// checkMirrored returns an error for an account of the mirror in a journal without a mirror, whose
// commits would make the mirror stale.
func (j *Journal) checkMirrored(row position) error {
	if j.mirror == nil && row.mirrored {
		return printable.Errorf("%w: the tables of members have the account, and this store would not change them; open it with Members", store.ErrReadOnly)
	}
	return nil
}

// inline decides whether the statement that stores entries also writes the mirror.
func (j *Journal) inline(entries []*entry) {
	if j.mirror == nil || !j.dialect.ownStatement() {
		return
	}
	prepared := make([]any, len(entries))
	for i, e := range entries {
		prepared[i] = e.prepared
	}
	entries[0].inline = j.mirror.Inline(prepared)
}

// Locked calls f in a transaction that has locked an account, and commits if f returns nil. It calls
// f again if the database gave the transaction up.
func Locked(ctx context.Context, j *Journal, account usher.AccountID, mode store.LockMode, f func(Conn, store.Tx) error) error {
	return j.do(ctx, "lock", account, 0, func() error {
		return j.transaction(ctx, func(own Transaction) error {
			tx := j.Tx(own)
			if _, err := tx.Lock(ctx, account, mode); err != nil {
				return err
			}
			return f(own, tx)
		})
	})
}
