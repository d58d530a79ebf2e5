package sqljournal

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
)

// Limits of a page, the rows that one statement of a loop reads. Between pages a loop holds no
// connection, so its body may be slow, and may call the store even if the pool has one connection.
const (
	pageLength = 256     // rows with data
	pageBytes  = 4 << 20 // bytes of data; the last row may exceed it
	longPage   = 1024    // rows without data
)

// paged returns an iterator over pages. For each loop it calls begin, and then the function that
// begin returns for page after page, until a page is empty.
func paged[T any](ctx context.Context, op string, account usher.AccountID, begin func() func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		read := begin()
		for {
			page, err := read()
			if err != nil {
				var zero T
				yield(zero, wrap(op, account, 0, err))
				return
			}
			if len(page) == 0 {
				return
			}
			for _, v := range page {
				if err := ctx.Err(); err != nil {
					var zero T
					yield(zero, wrap(op, account, 0, err))
					return
				}
				if !yield(v, nil) {
					return
				}
			}
		}
	}
}

// rows calls scan for each row of a query.
func rows(ctx context.Context, c Conn, scan func(Rows) error, statement string, args ...any) error {
	return scanned(scan)(c.Query(ctx, statement, args...))
}

// scanned returns a function that calls scan for each row, and closes the rows.
func scanned(scan func(Rows) error) func(Rows, error) error {
	return func(found Rows, err error) error {
		if err != nil {
			return err
		}
		defer found.Close()
		for found.Next() {
			if err := scan(found); err != nil {
				return err
			}
		}
		return found.Err()
	}
}
