package main

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/usher-go/usher/policy"
	journal "github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/sqlstore"
)

// The data is in one of two layouts:
//
//   - In a database (sqlite:PATH or postgres://…), the tables of this service and those of usher are
//     together. A request that changes both does so in one transaction. Several instances can use the
//     database at the same time.
//   - In a directory, usher has a file of its own. A request that changes both writes one after the
//     other; comments state the order and the reason.

// openData opens the data, and returns the store for usher.
func (s *server) openData(ctx context.Context, data string, p *policy.Policy) (_ journal.Store, err error) {
	path, isFile := strings.CutPrefix(data, "sqlite:")
	switch {
	case isPostgres(data):
		s.store, err = openPostgres(ctx, data, p)
	case isFile:
		s.store, err = openSQLite(ctx, path, p)
	default:
		return s.openDirectory(ctx, data, p)
	}
	if err != nil {
		return nil, err
	}
	s.close = append(s.close, s.store.Close)
	options := sqlstore.Options{Dialect: s.store.dialect.journals}
	if err := sqlstore.Migrate(ctx, s.store.journals, options); err != nil {
		return nil, err
	}
	if s.shared, err = sqlstore.Open(ctx, s.store.journals, options); err != nil {
		return nil, err
	}
	s.close = append(s.close, func() error { s.shared.Close(); return nil })
	return s.shared, nil
}

// openDirectory opens the files in a directory, and creates them if necessary.
func (s *server) openDirectory(ctx context.Context, dir string, p *policy.Policy) (journal.Store, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	journals, err := boltstore.Open(filepath.Join(dir, "usher.db"), boltstore.Options{})
	if err != nil {
		return nil, err
	}
	s.close = append(s.close, journals.Close)
	if s.store, err = openSQLite(ctx, filepath.Join(dir, "calendars.db"), p); err != nil {
		return nil, err
	}
	s.close = append(s.close, s.store.Close)
	return journals, nil
}

func isPostgres(data string) bool {
	return strings.HasPrefix(data, "postgres://") || strings.HasPrefix(data, "postgresql://")
}

// isDirectory reports whether the data is in a directory.
func isDirectory(data string) bool { return !isPostgres(data) && !strings.HasPrefix(data, "sqlite:") }

// shownData returns the place of the data without a password.
func shownData(data string) string {
	switch u, err := url.Parse(data); {
	case isDirectory(data):
		return absolute(data)
	case !isPostgres(data):
		return data
	case err == nil:
		u.RawQuery = "" // it may contain a password too
		return u.Redacted()
	}
	return "the database"
}
