package engineproof_test

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/sqlstore"
)

// place is where a process finds its store. One of the first three fields is set.
type place struct {
	Bolt, SQLite string // paths
	Postgres     string // a connection string

	Schema  string // in PostgreSQL
	Members bool   // with tables of members
	Notify  pgstore.NotifyMode
}

// migrate creates the tables of the store.
func (p place) migrate(ctx context.Context) error {
	switch {
	case p.SQLite != "":
		db, err := sql.Open("sqlite", sqliteDSN(p.SQLite))
		if err != nil {
			return err
		}
		defer db.Close()
		return sqlstore.Migrate(ctx, db, sqlstore.Options{Dialect: sqlstore.SQLite})
	case p.Postgres != "":
		pool, err := pgxpool.New(ctx, p.Postgres)
		if err != nil {
			return err
		}
		defer pool.Close()
		return pgstore.Migrate(ctx, pool, p.Schema)
	}
	return nil
}

// open opens the store. The caller must call the function that it returns.
func (p place) open(ctx context.Context) (h handle, closeAll func(), err error) {
	switch {
	case p.SQLite != "":
		db, err := sql.Open("sqlite", sqliteDSN(p.SQLite))
		if err != nil {
			return h, nil, err
		}
		s, err := sqlstore.Open(ctx, db, sqlstore.Options{Dialect: sqlstore.SQLite, Members: p.Members, PollEvery: pollEvery})
		if err != nil {
			return h, nil, err
		}
		return handleOnSQLite(db, s), func() { s.Close(); _ = db.Close() }, nil
	case p.Postgres != "":
		pool, err := pgxpool.New(ctx, p.Postgres)
		if err != nil {
			return h, nil, err
		}
		s, err := pgstore.Open(ctx, pool, pgstore.Options{Schema: p.Schema, Members: p.Members, Notify: p.Notify, PollEvery: pollEvery})
		if err != nil {
			pool.Close()
			return h, nil, err
		}
		return handleOnPostgres(pool, s), func() { s.Close(); pool.Close() }, nil
	}
	s, err := boltstore.Open(p.Bolt, boltstore.Options{Wait: 10 * time.Second})
	if err != nil {
		return h, nil, err
	}
	return handle{store: s}, func() { _ = s.Close() }, nil // its end may find another error, which the caller knows
}

// openEngine returns an engine on a store, with fewer accounts in memory than there are.
func openEngine(s store.Store, commitTimeout time.Duration) (*engine.Engine, error) {
	p, err := policyfile.Load("office.yaml", officeText)
	if err != nil {
		return nil, err
	}
	return engine.Open(engine.Options{Policy: p, Store: s, Accounts: len(crashAccounts) - 1, CommitTimeout: commitTimeout})
}
