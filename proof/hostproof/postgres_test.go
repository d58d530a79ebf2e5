package hostproof_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/sqlstore"
)

var (
	isolation = []string{"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"}
	levels    = map[string]sql.IsolationLevel{isolation[0]: sql.LevelReadCommitted, isolation[1]: sql.LevelRepeatableRead, isolation[2]: sql.LevelSerializable}
)

// lateOnServer compares the times of transactions. A commit waits for the transaction that holds its
// account, so it is never earlier.
const lateOnServer = `SELECT b.id FROM bookings b JOIN usher.commits c ON c.account = convert_to(b.account, 'UTF8') AND c.version > b.version
	WHERE pg_xact_commit_timestamp(c.xid::text::xid) < pg_xact_commit_timestamp(b.xmin)`

// throughPgx is pgstore, and hosts that use pgx.
var throughPgx = &kind{
	name: "pgx", modes: isolation, create: createDatabase, admin: openAdmin, broken: "SELECT 1 / 0", late: lateOnServer,
	migrate: func(ctx context.Context, address string) error {
		p, err := pgxpool.New(ctx, address)
		if err != nil {
			return err
		}
		defer p.Close()
		return pgstore.Migrate(ctx, p, "")
	},
	open: openPgx,
}

// throughSQL is sqlstore on PostgreSQL, and hosts that use database/sql.
var throughSQL = &kind{
	name: "postgres", modes: isolation, create: createDatabase, admin: openAdmin, broken: "SELECT 1 / 0", late: lateOnServer,
	migrate: func(ctx context.Context, address string) error {
		db, err := openAdmin(address)
		if err != nil {
			return err
		}
		defer db.Close()
		return sqlstore.Migrate(ctx, db, sqlstore.Options{Dialect: sqlstore.PostgreSQL})
	},
	open: openSQL,
}

var databases atomic.Int64

func createDatabase(string) (string, error) {
	name := fmt.Sprint("hosts", databases.Add(1))
	db, err := openAdmin(running.DSN("postgres"))
	if err != nil {
		return "", err
	}
	defer db.Close()
	_, err = db.Exec("CREATE DATABASE " + name)
	return running.DSN(name), err
}

func openAdmin(address string) (*sql.DB, error) { return sql.Open("pgx", address) }

// soon is the time between two polls.
const soon = 20 * time.Millisecond

// hostSettings limits the time for which a transaction of the host waits for a lock.
const hostSettings = " options='-c lock_timeout=1500ms'"

func openPgx(ctx context.Context, address string, o pool) (*instance, error) {
	config, err := pgxpool.ParseConfig(address + hostSettings)
	if err != nil {
		return nil, err
	}
	config.MaxConns, config.ConnConfig.DialFunc = int32(o.connections), dial
	config.ConnConfig.RuntimeParams["application_name"] = o.name
	p, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	options := pgstore.Options{Members: true, PollEvery: soon, LockTimeout: time.Second}
	if o.poll {
		options.Notify = pgstore.NotifyOff
	}
	s, err := pgstore.Open(ctx, p, options)
	if err != nil {
		p.Close()
		return nil, err
	}
	return &instance{
		store: s, connections: o.connections, close: func() { s.Close(); p.Close() },
		exec: func(ctx context.Context, statement string, args ...any) error {
			_, err := p.Exec(ctx, statement, args...)
			return err
		},
		begin: func(ctx context.Context, mode string) (*transaction, error) {
			c, err := p.Acquire(ctx)
			if err != nil {
				return nil, err
			}
			begun, err := c.BeginTx(ctx, pgx.TxOptions{BeginQuery: "BEGIN ISOLATION LEVEL " + mode})
			if err != nil {
				c.Release()
				return nil, err
			}
			tx := inPgx(s, begun)
			tx.wire, tx.pid = c.Conn().PgConn().Conn().(*wire), c.Conn().PgConn().PID()
			tx.discard = func() { _ = c.Conn().Close(ctx) }
			tx.rollback = func(ctx context.Context) error { defer c.Release(); return begun.Rollback(ctx) }
			return tx, nil
		},
	}, nil
}

// inPgx returns a transaction of pgx.
func inPgx(s *pgstore.Store, begun pgx.Tx) *transaction {
	return &transaction{
		usher: s.Tx(begun),
		exec: func(ctx context.Context, statement string, args ...any) error {
			_, err := begun.Exec(ctx, statement, args...)
			return err
		},
		row: func(ctx context.Context, into []any, statement string, args ...any) (bool, error) {
			rows, err := begun.Query(ctx, statement, args...)
			if err != nil {
				return false, err
			}
			defer rows.Close()
			found := rows.Next()
			if found {
				err = rows.Scan(into...)
			}
			rows.Close()
			return found, firstOf(err, rows.Err())
		},
		commit: begun.Commit, rollback: begun.Rollback,
	}
}

func openSQL(ctx context.Context, address string, o pool) (*instance, error) {
	config, err := pgx.ParseConfig(address + hostSettings)
	if err != nil {
		return nil, err
	}
	config.DialFunc = dial
	config.RuntimeParams["application_name"] = o.name
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(o.connections)
	s, err := sqlstore.Open(ctx, db, sqlstore.Options{Dialect: sqlstore.PostgreSQL, Members: true, PollEvery: soon, LockTimeout: time.Second})
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &instance{
		store: s, connections: o.connections, close: func() { s.Close(); _ = db.Close() },
		exec: func(ctx context.Context, statement string, args ...any) error {
			_, err := db.ExecContext(ctx, statement, args...)
			return err
		},
		begin: func(ctx context.Context, mode string) (*transaction, error) {
			c, err := db.Conn(ctx)
			if err != nil {
				return nil, err
			}
			tx := &transaction{}
			err = c.Raw(func(of any) error {
				server := of.(*stdlib.Conn).Conn().PgConn()
				tx.wire, tx.pid = server.Conn().(*wire), server.PID()
				return nil
			})
			var begun *sql.Tx
			if err == nil {
				begun, err = c.BeginTx(ctx, &sql.TxOptions{Isolation: levels[mode]})
			}
			if err != nil {
				_ = c.Close()
				return nil, err
			}
			tx.usher = s.Tx(begun)
			tx.through(begun)
			tx.commit = func(context.Context) error { return begun.Commit() }
			tx.discard = func() { _ = c.Raw(func(any) error { return driver.ErrBadConn }) }
			tx.rollback = func(context.Context) error { defer c.Close(); return begun.Rollback() }
			return tx, nil
		},
	}, nil
}
