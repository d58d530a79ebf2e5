package sqlstore

import (
	"context"
	"database/sql"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// prepareLite turns on write-ahead logging, which the file then remembers, and returns an error if
// a store cannot keep its promises in the database.
func prepareLite(ctx context.Context, db *sql.DB) error {
	taken, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = taken.Close() }() // returns it to the pool
	var file, mode string
	if err := taken.QueryRowContext(ctx, "SELECT coalesce(max(file), '') FROM pragma_database_list WHERE name = 'main'").Scan(&file); err != nil {
		return printable.Errorf("the database does not answer as SQLite does: %w", err)
	}
	if file == "" {
		if n := db.Stats().MaxOpenConnections; n != 1 {
			return printable.Errorf("the database is in memory, where each connection has a database of its own, and the pool may open %s connections (want db.SetMaxOpenConns(1), or a file)", limit(n))
		}
		return nil
	}
	if err := taken.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if strings.EqualFold(mode, "wal") {
		return nil
	}
	err = whileBusy(ctx, func() error {
		return taken.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode)
	})
	switch {
	case err != nil:
		return printable.Errorf("write-ahead logging cannot be turned on for the file %q: %w", file, err)
	case !strings.EqualFold(mode, "wal"):
		return printable.Errorf("the file %q has the journal mode %q, and does not accept another one (want wal; it needs a local disk)", file, mode)
	}
	return nil
}

// limit returns the limit of a pool as text.
func limit(connections int) string {
	if connections <= 0 {
		return "any number of"
	}
	return printable.Sprintf("%d", connections)
}
