package cli

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-go/usher/store/pgstore"
)

// connectTimeout is how long a command waits for a server, unless the URL has a connect_timeout.
const connectTimeout = 10 * time.Second

// openPostgres opens the tables in a PostgreSQL database. It does not create them.
func openPostgres(ctx context.Context, arg string, n storeName, a access) (*handle, error) {
	if a == glances {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Second)
		defer cancel()
	}
	pool, err := n.postgres(ctx, arg)
	if err != nil {
		return nil, err
	}
	o := pgstore.Options{Schema: n.part}
	if a.onlyReads() {
		o.Notify = pgstore.NotifyOff
	}
	s, err := withMembers(a, func(members bool) (*pgstore.Store, error) {
		o.Members, o.LacksMembers = members, members
		return pgstore.Open(ctx, pool, o)
	})
	if err != nil {
		pool.Close()
		return nil, postgresError(arg, err, "pgstore: open: ")
	}
	h := &handle{s, func() error { s.Close(); pool.Close(); return nil }}
	if a.onlyReads() {
		h.Store = readOnly{s}
	}
	return h, nil
}

// postgres returns a pool for a database.
func (n storeName) postgres(ctx context.Context, arg string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(n.place)
	if err != nil {
		// The text of err contains the URL; that of its cause may contain a part of the password.
		return nil, wrongUsage("%s cannot be read as the URL of a database (want postgres://USER@HOST:PORT/DATABASE; write special characters of a password as %%XX)", arg)
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	return pgxpool.NewWithConfig(ctx, config)
}

// postgresError returns the error for a database that cannot be used.
func postgresError(arg string, err error, prefix string) error {
	var (
		connect *pgconn.ConnectError
		server  *pgconn.PgError
	)
	switch {
	case errors.As(err, &server) && errors.As(err, &connect):
		return &unreadable{arg, "the server rejects the connection: " + server.Message, err}
	case errors.As(err, &connect):
		return &unreadable{arg, "the server cannot be reached: " + rootCause(connect).Error(), err}
	case errors.As(err, &server) && server.Code == "42501":
		return &unreadable{arg, "the server rejects a statement: " + server.Message + "; this user of the database needs USAGE on the schema and SELECT, INSERT, UPDATE and DELETE on its tables, or to migrate, CREATE", err}
	case errors.As(err, &server):
		return &unreadable{arg, "the server rejects a statement: " + server.Message, err}
	}
	return databaseError(arg, err, prefix)
}

// rootCause returns the innermost error. Of several causes, such as those of several addresses, it
// takes the first.
func rootCause(err error) error {
	for {
		var next error
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			next = e.Unwrap()
		case interface{ Unwrap() []error }:
			if all := e.Unwrap(); len(all) > 0 {
				next = all[0]
			}
		}
		if next == nil {
			return err
		}
		err = next
	}
}
