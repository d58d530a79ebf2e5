package cli

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/sqlstore"
)

const migrateHelp = `Migrate creates the tables of a store in a database, or updates them to those of this
version of usher. It runs all missing migrations in one transaction; run again, it
does nothing. It also creates a missing SQLite file.

A service never migrates at its start: it only checks the tables. Run migrate when you
deploy, with a role that may create tables; the role of the service needs only the
privileges to read and write rows. It may run while services use the store.

With --print it prints the SQL of all migrations in place of running them, for a
migration tool of your own. It then connects to no server. Each migration is valid in
one transaction.`

const migrateExample = `  usher migrate postgres://localhost/shop
  usher migrate 'postgres://localhost/shop?schema=permissions'
  usher migrate sqlite:usher.db
  usher migrate postgres://localhost/shop --print > migrations/0007_usher.sql`

func (r *run) migrateCommand() *cobra.Command {
	c := command("migrate STORE", "Create or update the tables of a store in a database", migrateHelp, migrateExample)
	printOnly := false
	c.Flags().BoolVar(&printOnly, "print", false, "print the SQL, and run nothing")
	c.Args = oneFile
	c.ValidArgsFunction = completeStoreArg
	c.RunE = func(c *cobra.Command, args []string) error { return r.migrate(c.Context(), args[0], printOnly) }
	return c
}

type migratedJSON struct {
	File    string `json:"file"`
	Changed bool   `json:"changed"` // whether a migration was run
	Last    string `json:"last"`    // the last migration that the store has
}

type migrationJSON struct {
	Name string `json:"name"`
	SQL  string `json:"sql"`
}

func (r *run) migrate(ctx context.Context, arg string, printOnly bool) error {
	n, err := parseStore(r.original(arg))
	if err != nil {
		return err
	}
	if n.kind == boltKind {
		return wrongUsage("%s: a bolt file has no migrations: boltstore updates it when it opens it for writing (want sqlite:FILE or postgres://USER@HOST/DATABASE)", printable.Text(arg))
	}
	files, err := n.migrationFiles()
	if err != nil {
		return r.refuse(arg, &unreadable{arg, err.Error(), err})
	}
	list, err := readMigrations(files)
	if err != nil {
		return err
	}
	switch {
	case printOnly && !r.json() && printable.Text(n.part) != n.part:
		return wrongUsage("the name %q has characters that a terminal does not show, so the SQL cannot be printed as text; use --output json", n.part)
	case printOnly:
		return r.printMigrations(list)
	}
	changed, err := r.runMigrations(ctx, arg, n)
	if err != nil {
		return r.refuseStore(arg, err)
	}
	last := list[len(list)-1].Name
	switch {
	case r.json():
		return r.stdout.json(migratedJSON{arg, changed, last})
	case changed:
		r.stdout.line("%s: the tables are created or updated; the last migration is %s", printable.Text(arg), last)
	default:
		r.stdout.line("%s: nothing to do; the last migration is %s", printable.Text(arg), last)
	}
	return nil
}

// migrationFiles returns the files with the migrations.
func (n storeName) migrationFiles() (fs.FS, error) {
	if n.kind == sqliteKind {
		return sqlstore.Migrations(n.sqliteOptions())
	}
	return pgstore.Migrations(n.part)
}

func readMigrations(files fs.FS) (list []migrationJSON, err error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		list = append(list, migrationJSON{strings.TrimSuffix(name, ".sql"), string(text)})
	}
	return list, nil
}

func (r *run) printMigrations(list []migrationJSON) error {
	if r.json() {
		return r.stdout.json(struct {
			Migrations []migrationJSON `json:"migrations"`
		}{list})
	}
	for i, m := range list {
		if i > 0 {
			r.stdout.line("")
		}
		r.stdout.line("-- %s\n%s", m.Name, strings.ReplaceAll(strings.TrimSpace(m.SQL), "\t", "  "))
	}
	return nil
}

// runMigrations reports whether migrations were missing, and runs them.
func (r *run) runMigrations(ctx context.Context, arg string, n storeName) (changed bool, err error) {
	s, err := r.openStore(ctx, arg, reads)
	switch {
	case err == nil:
		return false, s.close()
	case n.kind == sqliteKind && errors.Is(err, fs.ErrNotExist), errors.Is(err, pgstore.ErrSchema):
		return true, n.migrate(ctx, arg)
	}
	return false, err
}

func (n storeName) migrate(ctx context.Context, arg string) error {
	if n.kind == sqliteKind {
		if err := n.createSQLite(arg); err != nil {
			return err
		}
		return withDatabase(func() (*sql.DB, error) { return n.sqlite(arg) }, func(db *sql.DB) error {
			err := sqlstore.Migrate(ctx, db, n.sqliteOptions())
			if err == nil {
				return nil
			}
			return databaseError(arg, err, "sqlstore: migrate: ")
		}, (*sql.DB).Close)
	}
	return withDatabase(func() (*pgxpool.Pool, error) { return n.postgres(ctx, arg) }, func(pool *pgxpool.Pool) error {
		err := pgstore.Migrate(ctx, pool, n.part)
		if err == nil {
			return nil
		}
		return postgresError(arg, err, "pgstore: migrate: ")
	}, func(pool *pgxpool.Pool) error { pool.Close(); return nil })
}

// withDatabase opens a pool, calls f and closes the pool.
func withDatabase[T any](open func() (T, error), f, close func(T) error) error {
	db, err := open()
	if err != nil {
		return err
	}
	return errors.Join(f(db), close(db))
}
