package main

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/sqlstore"
)

// inFile opens a file, and creates it if there is none. One process at a time can do so.
func inFile(path string) (store.Store, func()) {
	s := must(boltstore.Open(path, boltstore.Options{}))
	return s, func() { _ = s.Close() }
}

// inPostgres opens a store in PostgreSQL. The tables must be there: usher migrate creates them,
// or pgstore.Migrate.
func inPostgres(ctx context.Context, url string) (store.Store, func()) {
	pool := must(pgxpool.New(ctx, url))
	s := must(pgstore.Open(ctx, pool, pgstore.Options{}))
	return s, func() { s.Close(); pool.Close() }
}

// inSQLite opens a store in a file of SQLite. The tables must be there: usher migrate creates
// them, or sqlstore.Migrate with the same db and Options.
func inSQLite(ctx context.Context, path string) (store.Store, func()) {
	db := must(sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=busy_timeout(5000)"))
	s := must(sqlstore.Open(ctx, db, sqlstore.Options{Dialect: sqlstore.SQLite}))
	return s, func() { s.Close(); _ = db.Close() }
}
