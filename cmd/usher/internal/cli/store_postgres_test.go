package cli

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
)

// An error of the server about a privilege says which ones are needed, and one about something else
// does not.
func TestPostgresError(t *testing.T) {
	denied := &pgconn.PgError{Severity: "ERROR", Code: "42501", Message: "permission denied for schema usher"}
	assert.ErrorContains(t, postgresError("db", denied, ""), "permission denied for schema usher; this user of the database needs USAGE on the schema")
	full := &pgconn.PgError{Severity: "ERROR", Code: "53100", Message: "no space left on device"}
	assert.Equal(t, "db: the server rejects a statement: no space left on device", postgresError("db", full, "").Error())
}
