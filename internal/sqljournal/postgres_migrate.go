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

// lockMigrations takes an advisory lock. It tries again and again, since a wait inside the server
// would end with the lock timeout, and not with the context.
func (d *postgres) lockMigrations(ctx context.Context, tx Transaction) error {
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
