package cli

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"strings"

	_ "modernc.org/sqlite" // the driver

	"github.com/usher-go/usher/store/sqlstore"
)

const sqliteMagic = "SQLite format 3\x00"

// isSQLite reports whether a file is an SQLite database, by its content.
func isSQLite(path string) bool {
	head := make([]byte, len(sqliteMagic))
	return readHead(path, head) && string(head) == sqliteMagic
}

func (n storeName) sqliteOptions() sqlstore.Options {
	return sqlstore.Options{Dialect: sqlstore.SQLite, Prefix: n.part}
}

// openSQLite opens the tables in an SQLite file. It creates neither the file nor the tables.
func openSQLite(ctx context.Context, arg string, n storeName, a access) (*handle, error) {
	db, err := n.sqlite(arg)
	if err != nil {
		return nil, err
	}
	s, err := withMembers(a, func(members bool) (*sqlstore.Store, error) {
		o := n.sqliteOptions()
		o.Members, o.LacksMembers = members, members
		return sqlstore.Open(ctx, db, o)
	})
	if err != nil {
		return nil, errors.Join(databaseError(arg, err, "sqlstore: open: "), db.Close())
	}
	h := &handle{s, func() error { s.Close(); return db.Close() }}
	if a.onlyReads() {
		h.Store = readOnly{s}
	}
	return h, nil
}

// sqlite returns a pool for an existing SQLite file.
func (n storeName) sqlite(arg string) (*sql.DB, error) {
	info, err := os.Stat(n.place)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &unreadable{arg, "there is no such file; usher migrate " + shellWord(arg) + " creates it", err}
	case err != nil:
		return nil, openError(arg, err)
	case info.IsDir():
		return nil, &unreadable{arg, "this is a directory, not a store file", nil}
	case info.Size() > 0 && !isSQLite(n.place):
		return nil, &unreadable{arg, "this is not an SQLite database", nil}
	}
	dsn := url.URL{Scheme: "file", Opaque: (&url.URL{Path: n.place}).EscapedPath(), RawQuery: "mode=rw&_txlock=immediate&_pragma=busy_timeout(5000)"}
	return sql.Open("sqlite", dsn.String())
}

// createSQLite creates an empty file, if there is none. The store in it contains the permissions of
// users, so other users of the system cannot read it.
func (n storeName) createSQLite(arg string) error {
	f, err := os.OpenFile(n.place, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return cannotCreate(arg, err)
	}
	return f.Close()
}

// databaseError returns the error for a store in a database that cannot be opened or migrated.
func databaseError(arg string, err error, prefix string) error {
	reason := strings.TrimPrefix(err.Error(), prefix)
	if errors.Is(err, sqlstore.ErrSchema) {
		reason, _, _ = strings.Cut(reason, "; run ")
		if reason != strings.TrimPrefix(err.Error(), prefix) {
			reason += "; run: usher migrate " + shellWord(arg)
		}
	}
	return &unreadable{arg, reason, err}
}
