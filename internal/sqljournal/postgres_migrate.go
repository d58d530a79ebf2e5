package sqljournal

import (
	"context"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// migrationLock is the number of the advisory lock of migrations.
const migrationLock int64 = 0x7573686572 // "usher"

// lockRetry is the time between two tries to take it.
const lockRetry = 50 * time.Millisecond

// postgresExclusive runs f in a transaction that holds an advisory lock.
func postgresExclusive(ctx context.Context, db Database, f func(Transaction) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	if err = migrationTurn(ctx, tx); err == nil {
		err = f(tx)
	}
	if err != nil {
		_ = tx.Rollback(ctx) // the first error says more
		return err
	}
	return tx.Commit(ctx)
}

// migrationTurn takes the lock.
func migrationTurn(ctx context.Context, tx Transaction) error {
	for locked := false; ; {
		err := rows(ctx, tx, func(r Rows) error { return r.Scan(&locked) }, "SELECT pg_try_advisory_xact_lock($1)", migrationLock)
		if err != nil || locked {
			return err
		}
		select {
		case <-ctx.Done():
			return printable.Errorf("another migration is running: %w", ctx.Err())
		case <-time.After(lockRetry):
		}
	}
}
