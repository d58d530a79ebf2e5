// Transactions changes tables of an application and usher's accounts in the same transactions.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/store/sqlstore"
)

//go:embed policy.yaml
var policySource []byte

func main() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "transactions"))
	defer os.RemoveAll(dir)
	db := must(sql.Open("sqlite", "file:"+filepath.Join(dir, "app.db")+
		"?_txlock=immediate&_pragma=busy_timeout(5000)"))
	defer db.Close()
	must(db.ExecContext(ctx, tables))

	options := sqlstore.Options{Dialect: sqlstore.SQLite}
	if err := sqlstore.Migrate(ctx, db, options); err != nil {
		log.Fatal(err)
	}
	s := must(sqlstore.Open(ctx, db, options))
	defer s.Close()
	p := must(policyfile.Load("policy.yaml", policySource))
	az := must(engine.Open(engine.Options{Policy: p, Store: s}))
	defer az.Close()
	must(az.Do(ctx, account.AsHost("signup"), "acme",
		account.CreateAccount{Owner: "olivia", Seats: map[seat.PoolName]int{"booking": 1}}))

	a := &app{db, s, az}
	fmt.Println(a.hire(ctx, "olivia", "mia", "Mia", "form-1"))
	fmt.Println(a.hire(ctx, "olivia", "mia", "Mia", "form-1")) // the same form again
	fmt.Println(a.hire(ctx, "olivia", "max", "Max", "form-2"))
	fmt.Println("staff:", must(a.list(ctx, "SELECT name FROM staff ORDER BY id")))

	fmt.Println(a.book(ctx, "mia", "9:00"))
	must(az.Do(ctx, account.AsUser("olivia"), "acme", account.UnassignSeat{User: "mia", Pool: "booking"}))
	fmt.Println(a.book(ctx, "mia", "10:00"))
	fmt.Println("slots:", must(a.list(ctx, "SELECT host || ' ' || starts FROM slots ORDER BY starts")))

	for range 2 { // the second time there is nothing to do
		if err := a.publish(ctx, "acme"); err != nil {
			log.Fatal(err)
		}
	}
	for _, line := range must(a.list(ctx, "SELECT version || ' ' || message FROM outbox ORDER BY rowid")) {
		fmt.Println(line)
	}
}

// list returns the first column of the rows of a query.
func (a *app) list(ctx context.Context, query string) (lines []string, err error) {
	rows, err := a.db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, rows.Err()
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
