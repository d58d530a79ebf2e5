// Lists selects the rows that a user may see, in SQL.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
)

var viewCalendar = permission.MustParse("calendar.view")

// calendars states where the tables have the facts that rules look at.
var calendars = must(filter.Mapping{
	Type:    "calendar",
	Account: filter.Column{Name: "c.company"},
	Parties: map[string]filter.Party{
		"host": filter.Join{
			Table: "hosts", Key: map[string]string{"calendar": "c.id"},
			ID: filter.Column{Name: "person"},
		},
	},
}.Compile(filter.SQLite))

func main() {
	ctx := context.Background()
	dir := must(os.MkdirTemp("", "lists"))
	defer os.RemoveAll(dir)
	db := must(sql.Open("sqlite", filepath.Join(dir, "calendars.db")))
	defer db.Close()
	must(db.ExecContext(ctx, schema))
	az := openCompany(ctx)
	defer az.Close()

	// A mapping that lacks a party of some rule is an error. Make this call in a test.
	if err := az.Policy().CheckTable(calendars, viewCalendar); err != nil {
		log.Fatal(err)
	}
	for _, user := range []usher.UserID{"adam", "mia", "eve"} {
		titles, err := list(ctx, az, db, user)
		fmt.Printf("%s: %q %v\n", user, titles, err)
	}
}

// list returns the titles of the calendars that the user may view. Where a rule hides the
// title, it is "Busy".
func list(ctx context.Context, az *engine.Engine, db *sql.DB, user usher.UserID) ([]string, error) {
	visible, err := az.Filter(ctx, usher.Request{
		Account: "acme", Subject: user, Permission: viewCalendar,
	})
	if err != nil || visible.None() {
		return nil, err
	}
	shown, err := visible.Shown("title", calendars, 1) // parameters from ?1 on
	if err != nil {
		return nil, err
	}
	where, err := visible.SQL(calendars, 1+len(shown.Args))
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `
		SELECT CASE WHEN `+shown.SQL+` THEN c.title ELSE 'Busy' END
		FROM calendars c WHERE `+where.SQL+` ORDER BY c.id LIMIT 50`,
		append(shown.Args, where.Args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var titles []string
	for rows.Next() {
		var title string
		if err := rows.Scan(&title); err != nil {
			return nil, err
		}
		titles = append(titles, title)
	}
	return titles, rows.Err()
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
