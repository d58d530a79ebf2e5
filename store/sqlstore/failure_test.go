package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/internal/sqljournal"
)

// The errors of three drivers for SQLite, as far as they matter.
type (
	modernError struct{ code int }
	mattnCode   int
	mattnError  struct {
		Code         mattnCode
		ExtendedCode mattnCode
	}
	ncrucesCode  uint8
	ncrucesError struct{ code uint16 }
)

func (e *modernError) Error() string       { return "modernc" }
func (e *modernError) Code() int           { return e.code }
func (e mattnError) Error() string         { return "mattn" }
func (e *ncrucesError) Error() string      { return "ncruces" }
func (e *ncrucesError) Code() ncrucesCode  { return ncrucesCode(e.code) }
func (e *ncrucesError) ExtendedCode() uint { return uint(e.code) }

func TestLiteFailure(t *testing.T) {
	for code, want := range map[int]sqljournal.Failure{
		1: sqljournal.Rejected, 3: sqljournal.Rejected, 19: sqljournal.Rejected, 19 | 8<<8: sqljournal.Rejected,
		5: sqljournal.LockFailed, 6: sqljournal.LockFailed, 5 | 1<<8: sqljournal.LockFailed, 6 | 1<<8: sqljournal.LockFailed,
		517: sqljournal.Lost, 8: sqljournal.ReadOnly, 8 | 1<<8: sqljournal.ReadOnly,
		7: sqljournal.Unknown, 9: sqljournal.Unknown, 10: sqljournal.Unknown, 10 | 4<<8: sqljournal.Unknown, 11: sqljournal.Unknown, 13: sqljournal.Unknown, 99: sqljournal.Unknown,
	} {
		for _, err := range []error{
			&modernError{code}, mattnError{mattnCode(code & 0xff), mattnCode(code)}, &ncrucesError{uint16(code)},
		} {
			assert.Equal(t, want, liteFailure(err), "%T %d", err, code)
			assert.Equal(t, want, liteFailure(fmt.Errorf("wrapped: %w", err)), "%T %d", err, code)
		}
	}
	assert.Equal(t, sqljournal.LockFailed, liteFailure(mattnError{Code: 5}), "without an extended code")
	for _, err := range []error{
		nil, io.EOF, errors.New("database is locked (5)"), mattnError{}, (*mattnError)(nil), context.Canceled, &pgconn.PgError{Code: "55P03"},
	} {
		assert.Equal(t, sqljournal.Unknown, liteFailure(err), "%T", err)
	}
}

func TestPostgresFailure(t *testing.T) {
	for state, want := range map[string]sqljournal.Failure{
		"40001": sqljournal.Lost, "40P01": sqljournal.Lost, "25P02": sqljournal.Lost,
		"55P03": sqljournal.LockFailed, "57014": sqljournal.LockFailed,
		"23505": sqljournal.Rejected, "42P01": sqljournal.Rejected, "22021": sqljournal.Rejected, "25006": sqljournal.ReadOnly, "42501": sqljournal.ReadOnly,
		"40003": sqljournal.Unknown, "57P01": sqljournal.Unknown, "57P02": sqljournal.Unknown, "08006": sqljournal.Unknown, "XX000": sqljournal.Unknown, "58030": sqljournal.Unknown, "": sqljournal.Unknown,
	} {
		assert.Equal(t, want, postgresFailure(fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: state})), state)
	}
	assert.Equal(t, sqljournal.Rejected, postgresFailure(&pgconn.PgError{Code: "53100", Severity: "ERROR", SeverityUnlocalized: "ERROR"}))
	assert.Equal(t, sqljournal.Unknown, postgresFailure(&pgconn.PgError{Code: "53100", Severity: "PANIK", SeverityUnlocalized: "PANIC"}))
	assert.Equal(t, sqljournal.Unknown, postgresFailure(&pgconn.PgError{Code: "53100", Severity: "FATAL"}))
	for _, err := range []error{nil, io.EOF, context.Canceled, &modernError{5}} {
		assert.Equal(t, sqljournal.Unknown, postgresFailure(err), "%T", err)
	}
}

// An error before COMMIT is definite even if the error itself says nothing about the outcome.
func TestClassify(t *testing.T) {
	assert.Equal(t, sqljournal.LockFailed, classify(notStored{io.EOF}, liteFailure))
	assert.Equal(t, sqljournal.Rejected, classify(notStored{&modernError{19}}, liteFailure))
	assert.Equal(t, sqljournal.Lost, classify(fmt.Errorf("wrapped: %w", lost{&modernError{5}}), liteFailure))
	assert.Equal(t, sqljournal.Unknown, classify(io.EOF, liteFailure))
}

func TestPlain(t *testing.T) {
	assert.Equal(t,
		[]any{[]byte{}, []byte("a"), `{}`, `{"\\x","\\x00ff"}`, `{"a\"b\\c",""}`, `{-1,9223372036854775807}`, int64(7), "text"},
		plain([]any{[]byte(nil), []byte("a"), [][]byte{}, [][]byte{{}, {0, 255}}, []string{`a"b\c`, ""}, []int64{-1, 9223372036854775807}, int64(7), "text"}))
}

func TestOlderThan(t *testing.T) {
	for version, want := range map[string]bool{
		"3.24.0": true, "3.9": true, "2.99": true, "": true, "x": true,
		"3.25": false, "3.25.1": false, "3.100.0": false, "4.0": false,
	} {
		assert.Equal(t, want, olderThan(version, minLite), version)
	}
}
