// Package sqlstore stores the journals of many accounts in SQLite or PostgreSQL, through database/sql
// and any driver. The host application can put usher's changes into its own transactions. Programs
// that use pgx directly should prefer package pgstore, whose Watch learns of commits at once.
//
//	db, err := sql.Open("sqlite", "file:app.db?_txlock=immediate&_pragma=busy_timeout(5000)")
//	o := sqlstore.Options{Dialect: sqlstore.SQLite}
//	err = sqlstore.Migrate(ctx, db, o) // once, by the deployment
//	s, err := sqlstore.Open(ctx, db, o)
//	defer s.Close()
//
// A Store is a store.UserDataStore, store.Confirmer, store.Transactor, store.VersionReader
// and store.UserIndex.
//
// # SQLite
//
// The store needs SQLite 3.25 or later. These data source names suit it and the host:
//
//	file:app.db?_txlock=immediate&_pragma=busy_timeout(5000)   // modernc.org/sqlite
//	file:app.db?_txlock=immediate&_busy_timeout=5000           // github.com/mattn/go-sqlite3
//
// SQLite has one writer at a time. The store writes in immediate transactions, and entries of
// different accounts that are appended at the same time share one. A call waits for its turn until
// Options.LockTimeout or the deadline of its context, and then returns store.ErrNotStored. Reads do
// not wait for writers.
//
// After a nil error of Append, the entry is on the disk: the store raises the setting synchronous to
// FULL for its own transactions. It holds no connection between calls, and works with a pool of one.
// A database in memory must have such a pool.
//
// Several processes may use one file, on a local disk only: write-ahead logging does not work on
// network file systems. They find each other's commits by polling, which costs one short query each
// Options.PollEvery.
//
// Erase deletes rows. SQLite overwrites their bytes only when it uses the space again, unless the
// connections have the setting secure_delete; the write-ahead log keeps them until a checkpoint.
//
// # PostgreSQL
//
// The store needs PostgreSQL 13 or later. It works as package pgstore does, whose documentation
// describes promises, privileges, isolation and locks, except that Watch only polls. Drivers whose
// errors have a method SQLState are supported, such as pgx and lib/pq. With another driver, most
// errors would leave the outcome of a call unknown.
//
// # Transactions of the host
//
// Store.Tx makes a store.Tx from what runs statements in a transaction: *sql.Tx and *sql.Conn, for
// GORM tx.Statement.ConnPool, for Bun the field Tx of a bun.Tx, for ent the *sql.Tx of its package
// dialect/sql.
//
// In SQLite the host must begin transactions that write with BEGIN IMMEDIATE, as _txlock=immediate
// does. A deferred transaction that has read cannot write after another one has; its calls return
// store.ErrRetry. Every lock mode except store.NoLock takes the write lock of the whole database.
// store.Position.Committed is always 0.
//
// A call of the Store inside a transaction of the same goroutine needs a second connection, and in
// SQLite, if it writes, the lock that the transaction holds: it ends in store.ErrNotStored.
//
// # Tables
//
// Ids and data are BLOB (bytea). In PostgreSQL the tables are in a schema, in SQLite their names have
// a prefix: accounts, commits, snapshots, records, last_active, user_accounts and
// migrations. Migrate creates the
// tables; Open only checks them.
//
// With Options.Members, the tables members, roles_beside, teams, team_members, team_roles, roles_on,
// team_roles_on, seat_pools, seats, grants and requests contain the same facts as the journals, as plain text, for joins with the tables of the host.
// Each commit is stored with its rows. The entries must then be commits of package account; one with
// an id that is not text, or that is too long for an index, returns store.ErrRefused. Such a Store is
// a store.MembersStore. It needs SQLite 3.38 or later.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"time"

	"github.com/usher-go/usher/internal/mirror"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
	"github.com/usher-go/usher/store"
)

var (
	_ store.UserDataStore = (*Store)(nil)
	_ store.Confirmer     = (*Store)(nil)
	_ store.Transactor    = (*Store)(nil)
	_ store.VersionReader = (*Store)(nil)
	_ store.UserIndex     = (*Store)(nil)
	_ store.Shortener     = (*Store)(nil)
	_ store.MembersStore  = (*Store)(nil)
)

// Dialect is a kind of database.
type Dialect uint8

// The dialects. The zero value is not one of them.
const (
	SQLite Dialect = iota + 1
	PostgreSQL
)

// String returns the name of the database.
func (d Dialect) String() string {
	switch d {
	case SQLite:
		return "SQLite"
	case PostgreSQL:
		return "PostgreSQL"
	}
	return printable.Sprintf("Dialect(%d)", uint8(d))
}

// text returns a statement as the dialect writes its parameters. In SQLite, $1 would be a name.
func (d Dialect) text(statement string) string {
	if d == SQLite {
		return strings.ReplaceAll(statement, "$", "?")
	}
	return statement
}

// Options configures a store. Only Dialect is required.
type Options struct {
	Dialect Dialect // SQLite or PostgreSQL; required

	// Schema is the schema of the tables in PostgreSQL. SQLite has no schemas, and ignores it.
	// Default: "usher".
	Schema string

	// Prefix begins the names of the tables in SQLite. PostgreSQL ignores it. Default: "usher_".
	Prefix string

	// Members keeps the tables of members, which the host application can join with its own. All
	// stores on the tables must then have it: Open without it returns an error, as soon as a store
	// was opened with it. Default: the tables are empty.
	Members bool

	// LacksMembers makes Open with Members succeed although the tables lack accounts, which were
	// created by a store without Members. RebuildMembers adds them; until then the tables have no
	// rows of them. Default: Open returns an error.
	LacksMembers bool

	// LockTimeout is the time for which a call that writes waits for a connection of the pool, and
	// for locks that transactions of others hold. It should be shorter than the deadlines of callers.
	// It does not apply in transactions of a host. Default: five seconds for SQLite, two seconds for
	// PostgreSQL.
	LockTimeout time.Duration

	// PollEvery is the time between two looks of Watch for changes. Default: 100 milliseconds for
	// SQLite, one second for PostgreSQL.
	PollEvery time.Duration
}

// withDefaults returns the options with defaults, or an error for one that cannot be used.
func (o Options) withDefaults() (Options, error) {
	lockTimeout, pollEvery := 2*time.Second, time.Second
	if o.Dialect == SQLite {
		lockTimeout, pollEvery = 5*time.Second, 100*time.Millisecond
	}
	o.Schema = cmp.Or(o.Schema, "usher")
	o.Prefix = cmp.Or(o.Prefix, "usher_")
	o.LockTimeout = cmp.Or(o.LockTimeout, lockTimeout)
	o.PollEvery = cmp.Or(o.PollEvery, pollEvery)
	switch {
	case o.Dialect != SQLite && o.Dialect != PostgreSQL:
		return o, printable.Errorf("Options.Dialect is %d (want SQLite or PostgreSQL)", uint8(o.Dialect))
	case o.LacksMembers && !o.Members:
		return o, printable.Errorf("Options.LacksMembers is set (want also Members)")
	}
	if err := sqljournal.CheckTimes(o.LockTimeout, o.PollEvery); err != nil {
		return o, err
	}
	if o.Dialect == SQLite {
		return o, sqljournal.CheckPrefix(o.Prefix)
	}
	return o, sqljournal.CheckSchemaName(o.Schema)
}

// database returns the pool and the statements for it.
func (o Options) database(db *sql.DB) (sqljournal.Database, sqljournal.Dialect) {
	if o.Dialect == SQLite {
		return newLite(db, o.LockTimeout), sqljournal.SQLite(o.Prefix)
	}
	return newPostgres(db, o.LockTimeout), sqljournal.PostgreSQL(o.Schema)
}

// tables returns where the tables of members are.
func (o Options) tables() mirror.Tables {
	if o.Dialect == SQLite {
		return mirror.SQLite(o.Prefix)
	}
	return mirror.PostgreSQL(o.Schema)
}

// ErrSchema means that the tables are missing, or are not those of this version of the package. The
// text says which, and what to run.
var ErrSchema = sqljournal.ErrSchema

var errNoPool = errors.New("the *sql.DB is nil (want one from sql.Open)")

// Store stores the journals of many accounts in the database of a pool. Its methods may be called
// concurrently. Open returns a Store; the zero Store cannot be used.
type Store struct {
	journal *sqljournal.Journal
	dialect Dialect
	members *mirror.Members
}

// Open returns a Store on a database, which stays the caller's. It returns ErrSchema if the tables
// are missing or different; it does not create them. For SQLite it turns on write-ahead logging. The
// caller must close the Store before the database.
func Open(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	s, err := open(ctx, db, o)
	if err != nil {
		return nil, printable.Errorf("sqlstore: open: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, db *sql.DB, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if db == nil {
		return nil, errNoPool
	}
	if err := check(ctx, db, o.Dialect); err != nil {
		return nil, err
	}
	database, dialect := o.database(db)
	if err := sqljournal.CheckSchema(ctx, database, dialect, "run sqlstore.Migrate, or: usher migrate STORE"); err != nil {
		return nil, err
	}
	members, err := mirror.Open(ctx, database, o.tables(), o.Members, o.LacksMembers)
	if err != nil {
		return nil, err
	}
	options := sqljournal.Options{
		Database: database, Dialect: dialect, LockTimeout: o.LockTimeout, PollEvery: o.PollEvery,
		Committed: sqljournal.WakeForOwn,
	}
	if o.Members {
		options.Mirror = members
	}
	s := &Store{sqljournal.New(options), o.Dialect, members}
	if o.Members && !o.LacksMembers {
		if err := members.Complete(ctx, s.journal); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Migrate creates or updates the tables. It runs the migrations that the database does not have, in
// one transaction. Concurrent calls wait for each other. It returns ErrSchema for tables of a newer
// version of this package.
func Migrate(ctx context.Context, db *sql.DB, o Options) error {
	o, err := o.withDefaults()
	if err == nil && db == nil {
		err = errNoPool
	}
	if err == nil {
		err = check(ctx, db, o.Dialect)
	}
	if err == nil {
		database, dialect := o.database(db)
		err = sqljournal.Migrate(ctx, database, dialect)
	}
	if err != nil {
		return printable.Errorf("sqlstore: migrate: %w", err)
	}
	return nil
}

// Migrations returns the files with the statements of all migrations, in the order of their names.
// They are for hosts with a migration tool of their own. Each file is valid in one transaction. It
// also records itself in the table of migrations, which Open reads. Migrations returns an error for
// wrong options.
func Migrations(o Options) (fs.FS, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, printable.Errorf("sqlstore: %w", err)
	}
	_, dialect := o.database(nil)
	return dialect.Migrations(), nil
}
