package main

import (
	"context"
	"database/sql"
	"log"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store/pgstore"
	"github.com/usher-go/usher/store/sqlstore"
)

func Example() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "stores"))
	defer os.RemoveAll(dir)
	server := must(pgtest.Start(pgtest.Options{Fast: true}))
	defer server.Stop()
	migrate(ctx, server.URL("postgres"), filepath.Join(dir, "shop.sqlite"))

	for _, name := range []string{
		filepath.Join(dir, "usher.db"), "sqlite:" + filepath.Join(dir, "shop.sqlite"), server.URL("postgres"),
	} {
		keep(ctx, name)
		keep(ctx, name)
	}
	// Output:
	// acme is created
	// acme was here before
	// acme is created
	// acme was here before
	// acme is created
	// acme was here before
}

// migrate does what usher migrate does.
func migrate(ctx context.Context, url, path string) {
	pool := must(pgxpool.New(ctx, url))
	defer pool.Close()
	if err := pgstore.Migrate(ctx, pool, ""); err != nil {
		log.Fatal(err)
	}
	db := must(sql.Open("sqlite", "file:"+path+"?_txlock=immediate"))
	defer db.Close()
	if err := sqlstore.Migrate(ctx, db, sqlstore.Options{Dialect: sqlstore.SQLite}); err != nil {
		log.Fatal(err)
	}
}
