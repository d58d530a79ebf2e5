package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// localhost is the server of databases in console blocks.
const localhost = "postgres://localhost/"

// databases are the databases of a page, on the server of the tests. The server starts with the
// first page that needs it.
type databases struct {
	page string
	urls map[string]string // by their names on the page
	made []string          // the names on the server
}

// replace replaces postgres://localhost/NAME in the words of a command. It creates the database if
// the page has not.
func (d *databases) replace(words []string) error {
	for i, word := range words {
		rest, ok := strings.CutPrefix(word, localhost)
		if !ok {
			continue
		}
		name, query, hasQuery := strings.Cut(rest, "?")
		if d.urls[name] == "" {
			if err := d.create(name); err != nil {
				return err
			}
		}
		words[i] = d.urls[name]
		if hasQuery {
			words[i] += "&" + query
		}
	}
	return nil
}

// create creates a database.
func (d *databases) create(name string) error {
	if d.urls[name] != "" {
		return fmt.Errorf("the page has created the database %s before", name)
	}
	server, err := startPostgres()
	if err != nil {
		return err
	}
	database := notInName.ReplaceAllString(d.page, "_") + "_" + name
	if err := d.exec("CREATE DATABASE " + pgx.Identifier{database}.Sanitize()); err != nil {
		return err
	}
	if d.urls == nil {
		d.urls = map[string]string{}
	}
	d.urls[name] = server.URL(database)
	d.made = append(d.made, database)
	return nil
}

// exec runs a statement of SQL as the superuser.
func (d *databases) exec(statement string) error {
	server, err := startPostgres()
	if err != nil {
		return err
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, statement)
	return err
}

// drop drops the databases of the page, and the database users that it has created.
func (d *databases) drop(t *testing.T) {
	if len(d.made) == 0 {
		return
	}
	for _, database := range d.made {
		if err := d.exec("DROP DATABASE " + pgx.Identifier{database}.Sanitize() + " WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	}
	const users = `DO $$ DECLARE r name; BEGIN
		FOR r IN SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' AND NOT rolsuper LOOP
			EXECUTE format('DROP ROLE %I', r);
		END LOOP;
	END $$`
	if err := d.exec(users); err != nil {
		t.Error(err)
	}
}

var notInName = regexp.MustCompile(`\W+`)

// shown returns the output of a command as it would be on the page.
func (d *databases) shown(out string) string {
	for name, url := range d.urls {
		out = strings.ReplaceAll(out, url, localhost+name)
	}
	return out
}
