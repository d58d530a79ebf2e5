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

// postgresExclusive runs f in a transaction that holds an advisory lock, in which the schema and the
// table of migrations exist.
func postgresExclusive(ctx context.Context, db Database, schema string, f func(Transaction) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	if err = prepared(ctx, tx, schema); err == nil {
		err = f(tx)
	}
	if err != nil {
		_ = tx.Rollback(ctx) // the first error says more
		return err
	}
	return tx.Commit(ctx)
}

// prepared takes the lock and makes what the first migration needs.
func prepared(ctx context.Context, tx Transaction, schema string) error {
	for locked := false; !locked; {
		err := rows(ctx, tx, func(r Rows) error { return r.Scan(&locked) }, "SELECT pg_try_advisory_xact_lock($1)", migrationLock)
		if err != nil {
			return err
		}
		if !locked {
			select {
			case <-ctx.Done():
				return printable.Errorf("another migration is running: %w", ctx.Err())
			case <-time.After(lockRetry):
			}
		}
	}
	exists := false
	err := rows(ctx, tx, func(Rows) error { exists = true; return nil }, "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = $1", schema)
	if err != nil {
		return err
	}
	if !exists { // IF NOT EXISTS needs the privilege to create schemas in any case
		if _, err := tx.Exec(ctx, "CREATE SCHEMA "+quoted(schema)); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+quoted(schema)+".migrations (name text PRIMARY KEY, checksum text NOT NULL)")
	return err
}
