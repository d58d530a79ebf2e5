package sqljournal

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// ErrSchema means that the tables in the database are not those that this version of usher uses.
var ErrSchema = errors.New("the tables of usher are missing or different")

// migration is a file with statements.
type migration struct{ name, text, checksum string }

// pending returns the migrations of a dialect that the database does not have. It returns ErrSchema
// if the database has one that the dialect does not know, or one with a different text.
func pending(ctx context.Context, c Conn, d Dialect) ([]migration, error) {
	all, err := known(d)
	if err != nil {
		return nil, err
	}
	exists, err := d.tableExists(ctx, c, "migrations")
	if err != nil || !exists {
		return all, err
	}
	err = rows(ctx, c, func(r Rows) error {
		var name, checksum string
		if err := r.Scan(&name, &checksum); err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(m migration) bool { return m.name == name })
		switch {
		case i < 0:
			return printable.Errorf("%w: a newer version of usher has run the migration %q; use that version", ErrSchema, name)
		case all[i].checksum != checksum:
			return printable.Errorf("%w: the migration %q in the database is different from that of this version of usher", ErrSchema, name)
		}
		all = slices.Delete(all, i, i+1)
		return nil
	}, "SELECT name, checksum FROM "+d.Tables().Migrations+" ORDER BY name")
	return all, err
}

// known returns the migrations of a dialect in their order.
func known(d Dialect) ([]migration, error) {
	files := d.Migrations()
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum, err := files.checksum(name)
		if err != nil {
			return nil, err
		}
		all = append(all, migration{migrationName(name), string(text), sum})
	}
	return all, nil
}

// CheckSchema returns ErrSchema if the tables are missing or are not those of this version. The text
// how says how to migrate.
func CheckSchema(ctx context.Context, c Conn, d Dialect, how string) error {
	missing, err := pending(ctx, c, d)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		names := make([]string, len(missing))
		for i, m := range missing {
			names[i] = m.name
		}
		return printable.Errorf("%w: missing migrations for %s: %s; %s", ErrSchema, d.place(), strings.Join(names, ", "), how)
	}
	for _, table := range tableNames {
		exists, err := d.tableExists(ctx, c, table)
		switch {
		case err != nil:
			return err
		case !exists:
			return printable.Errorf("%w: there is no table %q for %s, although its migration has run; restore it from a backup", ErrSchema, table, d.place())
		}
	}
	return nil
}

// tableNames are the tables that the journal needs.
var tableNames = []string{"accounts", "commits", "snapshots", "records", "last_active", "user_accounts"}

// Migrate runs the migrations that the database does not have, in one transaction. Concurrent calls
// run one after the other.
func Migrate(ctx context.Context, db Database, d Dialect) error {
	if missing, err := pending(ctx, db, d); err != nil || len(missing) == 0 {
		return err // without a wait for others that write
	}
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	return end(ctx, tx, func() error {
		if err := d.lockMigrations(ctx, tx); err != nil {
			return err
		}
		missing, err := pending(ctx, tx, d)
		if err != nil {
			return err
		}
		for _, m := range missing {
			if _, err := tx.Exec(ctx, m.text); err != nil {
				return printable.Errorf("migration %q: %w", m.name, err)
			}
		}
		return nil
	})
}
