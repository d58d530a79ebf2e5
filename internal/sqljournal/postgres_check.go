package sqljournal

import (
	"context"

	"github.com/usher-go/usher/internal/printable"
)

// minPostgreSQL is the first version with the functions that the statements use.
const minPostgreSQL = 130000

// CheckPostgreSQL returns an error for a server that is too old, or whose ids the driver cannot read.
func CheckPostgreSQL(ctx context.Context, c Conn) error {
	var version int64
	err := rows(ctx, c, func(r Rows) error { return r.Scan(&version) }, "SELECT current_setting('server_version_num')::bigint")
	switch {
	case err != nil:
		return printable.Errorf("the database does not answer as PostgreSQL does: %w", err)
	case version < minPostgreSQL:
		return printable.Errorf("the server has version %d.%d (want PostgreSQL %d or later)", version/10000, version%10000, minPostgreSQL/10000)
	}
	var data []byte
	err = rows(ctx, c, func(r Rows) error { return r.Scan(&data) }, "SELECT decode('5c', 'hex')")
	switch {
	case err != nil:
		return printable.Errorf("the driver cannot read values of the type bytea (want the setting bytea_output = hex, if they are sent as text): %w", err)
	case string(data) != `\`:
		return printable.Errorf("the driver reads the byte 5c as %x (want 5c; set bytea_output = hex)", data)
	}
	return nil
}
