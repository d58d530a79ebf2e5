package pgstore_test

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
)

// The deployment creates the tables; the program opens the store.
func Example() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://localhost/app")
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	if err := pgstore.Migrate(ctx, pool, ""); err != nil {
		panic(err)
	}
	s, err := pgstore.Open(ctx, pool, pgstore.Options{})
	if err != nil {
		panic(err)
	}
	defer s.Close()
}

// The pool goes through PgBouncer, which assigns a connection to a transaction. The listener connects
// to the server itself.
func ExampleOptions_pgBouncer() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, "postgres://bouncer:6432/shop?default_query_exec_mode=exec")
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	server, err := pgx.ParseConfig("postgres://db:5432/shop")
	if err != nil {
		panic(err)
	}
	s, err := pgstore.Open(ctx, pool, pgstore.Options{Listen: server})
	if err != nil {
		panic(err)
	}
	defer s.Close()
}

// A row of the host and a commit of the account are stored together, or neither.
func ExampleStore_Tx() {
	var (
		ctx  context.Context
		pool *pgxpool.Pool
		s    *pgstore.Store
	)
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO invoices (account) VALUES ('acme')"); err != nil {
			return err
		}
		return s.Tx(tx).Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 7, Data: []byte("a commit")}})
	})
	if err != nil {
		panic(err)
	}
}
