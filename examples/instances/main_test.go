package main

import (
	"context"
	"log"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store/pgstore"
)

func Example() {
	ctx := context.Background()
	server := must(pgtest.Start(pgtest.Options{Fast: true}))
	defer server.Stop()
	pool := must(pgxpool.New(ctx, server.URL("postgres")))
	defer pool.Close()
	if err := pgstore.Migrate(ctx, pool, ""); err != nil {
		log.Fatal(err)
	}
	show(ctx, server.URL("postgres"))
	// Output:
	// second: unknown-user
	// second, at least version 2 granted
	// second, a moment later: no-permission
}
