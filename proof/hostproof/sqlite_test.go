package hostproof_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher/store/sqlstore"
)

const (
	immediate = "BEGIN IMMEDIATE"
	deferred  = "BEGIN DEFERRED"
)

// lite is sqlstore on SQLite. Triggers number the writes to both tables; one transaction writes at a
// time, so the numbers are in the order of the transactions.
var lite = &kind{
	name: "sqlite", modes: []string{immediate, deferred}, admin: openLiteFile,
	create: func(dir string) (string, error) { return filepath.Join(dir, "host.db"), nil },
	migrate: func(ctx context.Context, address string) error {
		db, err := openLiteFile(address)
		if err != nil {
			return err
		}
		defer db.Close()
		return sqlstore.Migrate(ctx, db, sqlstore.Options{Dialect: sqlstore.SQLite})
	},
	open: openLite,
	tables: `CREATE TABLE writes (number INTEGER PRIMARY KEY AUTOINCREMENT, booking text, account BLOB, version integer);
CREATE TRIGGER committed AFTER INSERT ON usher_commits BEGIN INSERT INTO writes (account, version) VALUES (NEW.account, NEW.version); END;
CREATE TRIGGER booked AFTER INSERT ON bookings BEGIN INSERT INTO writes (booking, account, version) VALUES (NEW.id, CAST(NEW.account AS BLOB), NEW.version); END;
INSERT INTO rooms VALUES (0)`,
	broken: "INSERT OR ROLLBACK INTO rooms VALUES (0)",
	late: `SELECT b.booking FROM writes b JOIN writes c ON c.account = b.account AND c.version > b.version
	WHERE b.booking IS NOT NULL AND c.booking IS NULL AND c.number < b.number`,
}

func openLiteFile(path string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
}

func openLite(ctx context.Context, address string, o pool) (*instance, error) {
	db, err := openLiteFile(address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(o.connections)
	s, err := sqlstore.Open(ctx, db, sqlstore.Options{Dialect: sqlstore.SQLite, Members: true, PollEvery: soon, LockTimeout: time.Second})
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
			if _, err := c.ExecContext(ctx, mode); err != nil {
				_ = c.Close()
				return nil, err
			}
			tx := &transaction{usher: s.Tx(c)}
			tx.through(c)
			tx.commit = func(ctx context.Context) error { return tx.exec(ctx, "COMMIT") }
			tx.rollback = func(ctx context.Context) error { defer c.Close(); return tx.exec(ctx, "ROLLBACK") }
			return tx, nil
		},
	}, nil
}
