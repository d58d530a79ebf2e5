// Owntables decides about users that the application keeps in its own tables. It has no
// engine and no journal: a policy makes decisions over what the tables contain.
package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
)

//go:embed tables.sql
var schema string

var editCalendar = permission.MustParse("calendar.edit")

// calendarMapping states where the tables have the facts that rules look at.
var calendarMapping = filter.Mapping{
	Type:    "calendar",
	Account: filter.Column{Name: "c.company"},
	Parties: map[string]filter.Party{
		"host": filter.Join{
			Table: "calendar_hosts", Key: map[string]string{"calendar": "c.id"},
			ID: filter.Column{Name: "person"},
		},
		"team": filter.Column{Name: "c.team"},
	},
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "owntables")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "host.db"))
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return err
	}
	oncehub, err := preset.Load("oncehub")
	if err != nil {
		return err
	}
	calendars, err := calendarMapping.Compile(filter.SQLite)
	if err != nil {
		return err
	}
	if err := oncehub.CheckTable(calendars, editCalendar); err != nil {
		return err
	}
	for _, user := range []usher.UserID{"olivia", "tom", "mia", "ina"} {
		if err := show(ctx, db, oncehub, calendars, user); err != nil {
			return err
		}
	}
	return nil
}

// show prints whether a user may edit one calendar, and which ones the user may edit. Both
// answers are about one state of the tables.
func show(
	ctx context.Context, db *sql.DB, p *policy.Policy, calendars *filter.Table, user usher.UserID,
) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	people := &tables{ctx: ctx, tx: tx, company: "acme"}
	q := usher.Request{Account: "acme", Subject: user, Permission: editCalendar, Time: time.Now()}

	one := q
	one.Resource = &usher.Object{
		Type: "calendar", ID: "demo", Account: "acme",
		Parties: map[string][]string{"host": {"mia", "max"}},
	}
	d, err := p.Decide(people, &one)
	if err != nil {
		return err
	}
	titles, err := list(ctx, tx, p, people, calendars, &q)
	if err != nil {
		return err
	}
	fmt.Printf("%s: demo? %v (%s); edits %q\n", user, d.Allowed(), d.Reason(), titles)
	return nil
}

// list returns the titles of the calendars that a request allows.
func list(
	ctx context.Context, tx *sql.Tx, p *policy.Policy, people policy.Facts,
	calendars *filter.Table, q *usher.Request,
) ([]string, error) {
	editable, err := p.Filter(people, q)
	if err != nil || editable.None() {
		return nil, err
	}
	where, err := editable.SQL(calendars, 1)
	if err != nil {
		return nil, err
	}
	rows, err := tx.QueryContext(ctx,
		`SELECT c.title FROM calendars c WHERE `+where.SQL+` ORDER BY c.title`, where.Args...)
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
