package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/sqlstore"
)

// A row of the host and a commit of an account are stored together, or neither.
func ExampleStore_Tx() {
	if err := invoice(); err != nil {
		fmt.Println(err)
	}
	// Output: version 1
}

func invoice() error {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	options := sqlstore.Options{Dialect: sqlstore.SQLite}
	if err := sqlstore.Migrate(ctx, db, options); err != nil {
		return err
	}
	s, err := sqlstore.Open(ctx, db, options)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := db.ExecContext(ctx, "CREATE TABLE invoices (account TEXT)"); err != nil {
		return err
	}

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // returns an error after a commit
	if _, err := tx.ExecContext(ctx, "INSERT INTO invoices VALUES ('acme')"); err != nil {
		return err
	}
	if err := s.Tx(tx).Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: 1, Data: []byte("a commit")}}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for c, err := range s.Commits(ctx, "acme", 0) {
		if err != nil {
			return err
		}
		fmt.Println("version", c.Version)
	}
	return nil
}
