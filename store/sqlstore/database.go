package sqlstore

import (
	"context"
	"database/sql"

	"github.com/usher-go/usher/internal/sqljournal"
)

// conn is a connection or a pool as the journal uses it.
type conn struct {
	on      DBTX
	dialect Dialect
}

func (c conn) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := c.on.ExecContext(ctx, c.dialect.text(statement), plain(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c conn) Query(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	found, err := c.on.QueryContext(ctx, c.dialect.text(statement), plain(args)...)
	if err != nil {
		return nil, err
	}
	return rows{found}, nil
}

// Change is like Query: a connection does not tell whether a statement writes.
func (c conn) Change(ctx context.Context, statement string, args ...any) (sqljournal.Rows, error) {
	return c.Query(ctx, statement, args...)
}

type rows struct{ *sql.Rows }

// Close closes the rows. Its error repeats that of Err.
func (r rows) Close() { _ = r.Rows.Close() }
