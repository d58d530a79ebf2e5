package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
)

// check returns an error if the database is not one of the dialect, or is too old or not set up for
// a store.
func check(ctx context.Context, db *sql.DB, d Dialect) error {
	if d == SQLite {
		return checkLite(ctx, db)
	}
	return sqljournal.CheckPostgreSQL(ctx, conn{db, d})
}

// minLite is the first version with all that the statements use: window functions.
const minLite = "3.25"

// checkLite turns on write-ahead logging, which the file then remembers, and returns an error if
// a store cannot keep its promises in the database.
func checkLite(ctx context.Context, db *sql.DB) error {
	taken, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = taken.Close() }() // returns it to the pool
	var version, file, mode string
	if err := taken.QueryRowContext(ctx, "SELECT sqlite_version(), coalesce(max(file), '') FROM pragma_database_list WHERE name = 'main'").Scan(&version, &file); err != nil {
		return printable.Errorf("the database does not answer as SQLite does: %w", err)
	}
	if olderThan(version, minLite) {
		return printable.Errorf("SQLite has version %s (want %s or later)", version, minLite)
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

// olderThan compares versions by their first two numbers.
func olderThan(version, than string) bool {
	var a, b [2]int
	_, _ = fmt.Sscanf(version, "%d.%d", &a[0], &a[1]) // a version that cannot be read counts as 0
	_, _ = fmt.Sscanf(than, "%d.%d", &b[0], &b[1])
	return slices.Compare(a[:], b[:]) < 0
}

// limit returns the limit of a pool as text.
func limit(connections int) string {
	if connections <= 0 {
		return "any number of"
	}
	return printable.Sprintf("%d", connections)
}
