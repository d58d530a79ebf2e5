package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// localhost is the server of databases in console blocks.
const localhost = "postgres://localhost/"

// databases are the databases of a page, on the server of the tests. The server starts with the
// first page that needs it.
type databases struct {
	page string
	urls map[string]string // by their names on the page
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
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, server.DSN("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	database := notInName.ReplaceAllString(d.page, "_") + "_" + name
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize()); err != nil {
		return err
	}
	if d.urls == nil {
		d.urls = map[string]string{}
	}
	d.urls[name] = server.URL(database)
	return nil
}

var notInName = regexp.MustCompile(`\W+`)

// shown returns the output of a command as it would be on the page.
func (d *databases) shown(out string) string {
	for name, url := range d.urls {
		out = strings.ReplaceAll(out, url, localhost+name)
	}
	return out
}
