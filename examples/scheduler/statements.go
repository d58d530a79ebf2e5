package main

import (
	"context"
	"database/sql"
	"regexp"

	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/store/sqlstore"
)

// dialect has what differs between the databases.
type dialect struct {
	filters  filter.Dialect
	journals sqlstore.Dialect
	schema   string
	hosts    string // the hosts of the calendar c as a JSON array, sorted
	share    string // after SELECT: no other transaction may change the rows until this one ends
	lockHost string // the statement that excludes other bookings of a host until the transaction ends; "" if one transaction writes at a time

	// begin is the first statement of each transaction; "" for none.
	begin string

	// parameter replaces ?1 in statements.
	parameter string

	// failure returns a more helpful error for an error of the driver.
	failure func(error) error
}

var parameters = regexp.MustCompile(`\?(\d+)`)

func (d *dialect) text(statement string) string {
	if d.parameter == "" {
		return statement
	}
	return parameters.ReplaceAllString(statement, d.parameter)
}

// statements runs statements, which are written with the parameters ?1 and ?2 of SQLite, on a
// database or in a transaction.
type statements struct {
	dialect *dialect
	on      interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	}
}

// exec returns the number of rows that a statement changed.
func (s statements) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := s.on.ExecContext(ctx, s.dialect.text(statement), args...)
	if err != nil {
		return 0, s.dialect.failure(err)
	}
	return result.RowsAffected()
}

// query returns the rows of a statement.
func (s statements) query(ctx context.Context, statement string, args ...any) (*sql.Rows, error) {
	rows, err := s.on.QueryContext(ctx, s.dialect.text(statement), args...)
	return rows, s.dialect.failure(err)
}

// readAll returns all rows of a statement. The list is never nil, so it is [] in JSON.
func readAll[T any](ctx context.Context, s statements, scan func(into func(...any) error) (T, error), statement string, args ...any) ([]T, error) {
	rows, err := s.query(ctx, statement, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, s.dialect.failure(rows.Err())
}

// readOne returns the only row of a statement, or errNoRow.
func readOne[T any](ctx context.Context, s statements, scan func(into func(...any) error) (T, error), statement string, args ...any) (T, error) {
	var none T
	list, err := readAll(ctx, s, scan, statement, args...)
	switch {
	case err != nil:
		return none, err
	case len(list) == 0:
		return none, errNoRow
	}
	return list[0], nil
}
