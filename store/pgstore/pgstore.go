// Package pgstore stores the journals of many accounts in PostgreSQL, through pgx. Several instances
// of a program may use one database at the same time, and the host application can put usher's
// changes into its own transactions.
//
//	pool, err := pgxpool.New(ctx, "postgres://…")
//	err = pgstore.Migrate(ctx, pool, "") // once, by the deployment
//	s, err := pgstore.Open(ctx, pool, pgstore.Options{})
//	defer s.Close()
//
// A Store is a store.UserDataStore, store.Confirmer, store.Transactor, store.VersionReader and
// store.UserIndex. It needs
// PostgreSQL 13 or later.
//
// # Promises
//
// After a nil error of Append, the entry is as durable as the server's settings say: with fsync and
// synchronous_commit on, as by default, it survives a crash of the server. Where the setting of the
// pool or the database is synchronous_commit=off, a crash may lose acknowledged commits.
//
// Entries of different accounts that are appended at the same time share a transaction. An account
// that a transaction of a host has locked does not delay the others. A call waits for a locked
// account until Options.LockTimeout or the deadline of its context, and then returns
// store.ErrNotStored. A statement that has begun is not canceled when the context is done, because
// its outcome would then be unknown. The outcome is unknown only if the connection is lost, or the
// server ends it, while a statement or a COMMIT runs.
//
// # Tables
//
// The tables are in a schema of their own: accounts, commits, snapshots, records, last_active,
// user_accounts and migrations. Ids and data are bytea. Migrate creates the tables, and needs the privilege to create
// the schema, or to create tables in it if it exists. Open only checks the tables. The role of the
// pool needs USAGE on the schema, and SELECT, INSERT, UPDATE and DELETE on the tables. With a role that
// may not write, as on a standby, a call that writes returns store.ErrReadOnly.
//
// With Options.Members, the tables members, roles_beside, teams, team_members, team_roles, roles_on,
// team_roles_on, seat_pools, seats, grants and requests contain the same facts as the journals, as plain text, for joins with the tables of the host.
// Each commit is stored with its rows. The entries must then be commits of package account; one with
// an id that is not text, or that is too long for an index, returns store.ErrRefused. Such a Store is
// a store.MembersStore.
//
// Erase deletes the rows of an account. The data remains in dead rows until a vacuum, in the
// write-ahead log and replicas until they are reused, and in backups.
//
// # Transactions of the host
//
// Store.Tx makes a store.Tx from a pgx.Tx, with any isolation level. With READ COMMITTED, the
// default, a decision is made on the newest state and needs no retry. With REPEATABLE READ and
// SERIALIZABLE, a call returns store.ErrRetry if the account has changed since the transaction began
// to read. Such a transaction does not see what others wrote before they released a lock for which it
// waited: a host that deletes the rows of a removed user may miss those that a holder of the account
// has just written. Use READ COMMITTED for that, also where the database has another default.
//
// The lock_timeout and statement_timeout of the host's transaction apply; a wait that takes too long
// ends the transaction, with store.ErrRetry.
//
// A transaction that changes several accounts must do so in the order of their ids, sorted by bytes.
// Two transactions in opposite orders end in a deadlock; the server ends one of them after its
// deadlock_timeout, with store.ErrRetry.
//
// Calls of a Tx need no second connection. A call of the Store by a goroutine that has a transaction
// open does: with a pool of one connection, a write ends in store.ErrNotStored and a read waits until
// its context is done. A write to an account that the transaction has locked ends in
// store.ErrNotStored with any pool.
//
// The store adds no notification and no session state to a transaction of the host, so PREPARE
// TRANSACTION is possible. The account stays locked until COMMIT PREPARED.
//
// # Several instances
//
// After a commit, an instance sends a notification without content. Watch then looks for the
// commits of others, and also does so at regular times; thus it finds the commits in transactions of
// hosts, and those whose notification was lost. Options.Notify and Options.Listen are for databases
// behind a pooler. A pooler that assigns connections per transaction also requires a suitable
// default_query_exec_mode, such as exec.
//
// # Backups
//
// A dump or a base backup of the schema is a consistent backup. After a restore, also into another
// cluster, the store works without further steps. Instances that ran during the restore must be
// restarted, since they may have in memory what the backup does not contain. The same applies after a
// failover to a server that lacks the last commits, such as a standby with asynchronous replication.
package pgstore

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

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

// ErrSchema means that the tables are missing, or are not those of this version of the package. The
// text says which, and what to run.
var ErrSchema = sqljournal.ErrSchema

var errNoPool = errors.New("the pool is nil (want one from pgxpool.New)")

// Store stores the journals of many accounts in the database of a pool. Its methods may be called
// concurrently. Open returns a Store; the zero Store cannot be used.
type Store struct {
	journal *sqljournal.Journal
	pool    *pgxpool.Pool
	options Options
	members *mirror.Members

	changed  chan struct{} // contains a value after a commit
	notifier atomic.Uint32 // the process of the server that sent the last notification
	ctx      context.Context
	stop     context.CancelFunc
	running  sync.WaitGroup
	once     sync.Once // of the listener
}

// Open returns a Store on the database of a pool, which stays the caller's. It returns ErrSchema if
// the tables are missing or different; it does not create them. The caller must close the Store
// before the pool.
func Open(ctx context.Context, pool *pgxpool.Pool, o Options) (*Store, error) {
	s, err := open(ctx, pool, o)
	if err != nil {
		return nil, printable.Errorf("pgstore: open: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, pool *pgxpool.Pool, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if pool == nil {
		return nil, errNoPool
	}
	db, dialect := database{pool, o.LockTimeout}, sqljournal.PostgreSQL(o.Schema)
	if err := sqljournal.CheckPostgreSQL(ctx, db); err != nil {
		return nil, err
	}
	if err := sqljournal.CheckSchema(ctx, db, dialect, "run pgstore.Migrate, or: usher migrate STORE"); err != nil {
		return nil, err
	}
	members, err := mirror.Open(ctx, db, mirror.PostgreSQL(o.Schema), o.Members, o.LacksMembers)
	if err != nil {
		return nil, err
	}
	options := sqljournal.Options{Database: db, Dialect: dialect, LockTimeout: o.LockTimeout, PollEvery: o.PollEvery}
	if o.Members {
		options.Mirror = members
	}
	if o.Members && !o.LacksMembers {
		if err := members.Complete(ctx, sqljournal.New(options)); err != nil {
			return nil, err
		}
	}
	s := &Store{pool: pool, options: o, members: members, changed: make(chan struct{}, 1)}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if o.Notify == NotifyOn {
		options.Committed = func(*sqljournal.Journal) { s.committed() }
		s.running.Go(func() { s.notify(s.ctx) })
	}
	s.journal = sqljournal.New(options)
	return s, nil
}

// Close ends the loops of Watch and all goroutines of the Store. Calls that run go on to their end;
// later calls return store.ErrClosed. Close does not close the pool.
func (s *Store) Close() {
	s.journal.Close()
	s.stop()
	s.running.Wait()
}

// Tx returns a store.Tx in a transaction of the host, on the database of the store. It costs nothing; a
// transaction may have several. With nil, each call of the store.Tx returns an error.
func (s *Store) Tx(tx pgx.Tx) store.Tx {
	if tx == nil {
		return s.journal.Tx(noTx{})
	}
	return s.journal.Tx(hostTx{tx})
}

// Watch implements store.Watcher. The first call starts the listener, if there are notifications.
func (s *Store) Watch(ctx context.Context) iter.Seq2[store.Hint, error] {
	return func(yield func(store.Hint, error) bool) {
		if s.options.Notify == NotifyOn && ctx.Err() == nil && s.ctx.Err() == nil {
			s.once.Do(func() { s.running.Go(func() { s.listen(s.ctx) }) })
		}
		s.journal.Watch(ctx)(yield)
	}
}

// committed causes a notification.
func (s *Store) committed() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Migrate creates or updates the tables in a schema, "usher" if it is "". It runs the migrations that
// the database does not have, in one transaction. Concurrent calls wait for each other. It returns
// ErrSchema for tables of a newer version of this package.
func Migrate(ctx context.Context, pool *pgxpool.Pool, schema string) error {
	o, err := Options{Schema: schema}.withDefaults()
	db := database{pool, o.LockTimeout}
	if err == nil && pool == nil {
		err = errNoPool
	}
	if err == nil {
		err = sqljournal.CheckPostgreSQL(ctx, db)
	}
	if err == nil {
		err = sqljournal.Migrate(ctx, db, sqljournal.PostgreSQL(o.Schema))
	}
	if err != nil {
		return printable.Errorf("pgstore: migrate: %w", err)
	}
	return nil
}

// Migrations returns the files with the statements of all migrations for a schema, "usher" if it is
// "", in the order of their names. They are for hosts with a migration tool of their own. Each file is
// valid in one transaction. It also records itself in the table of migrations, which Open reads. It
// returns an error for a name that a schema cannot have.
func Migrations(schema string) (fs.FS, error) {
	o, err := Options{Schema: schema}.withDefaults()
	if err != nil {
		return nil, printable.Errorf("pgstore: %w", err)
	}
	return sqljournal.PostgreSQL(o.Schema).Migrations(), nil
}

// Confirm implements store.Confirmer. It costs one read of the database for each loop of Watch, however
// many accounts there are.
func (s *Store) Confirm(ctx context.Context) (mark uint64, err error) { return s.journal.Confirm(ctx) }
