package sqlstore

import (
	"errors"
	"reflect"

	"github.com/usher-go/usher/internal/sqljournal"
)

// postgresFailure classifies an error of PostgreSQL by its SQLSTATE, which pgx and lib/pq return
// from a method. It knows the classes of errors that abort a statement on a connection that lives
// on; for all others, and for errors without a state, the outcome is unknown.
func postgresFailure(err error) sqljournal.Failure {
	var e interface {
		error
		SQLState() string
	}
	if !errors.As(err, &e) || len(e.SQLState()) != 5 || endsConnection(e) {
		return sqljournal.Unknown
	}
	switch state := e.SQLState(); state {
	case "40001", "40P01", "25P02": // serialization failure, deadlock, transaction aborted before
		return sqljournal.Lost
	case "55P03", "57014": // lock timeout; statement timeout, or canceled with the context
		return sqljournal.LockFailed
	case "25006", "42501": // a read-only transaction, as on a standby; a missing privilege
		return sqljournal.ReadOnly
	case "40003": // the server does not know either
		return sqljournal.Unknown
	default:
		switch state[:2] {
		case "0A", "21", "22", "23", "25", "28", "2D", "3D", "3F", "40", "42", "44", "53", "54", "55", "P0":
			return sqljournal.Rejected
		}
	}
	return sqljournal.Unknown
}

// endsConnection reports whether the server ends the connection with an error. A full disk, for
// example, may do so after the transaction was written to the log. Drivers have the severity in a
// field; in lib/pq it may be translated, which FATAL and PANIC are in few languages.
func endsConnection(err error) bool {
	for _, name := range []string{"SeverityUnlocalized", "Severity"} {
		if severity := field(reflect.ValueOf(err), name); severity.Kind() == reflect.String {
			switch severity.String() {
			case "FATAL", "PANIC":
				return true
			}
		}
	}
	return false
}

// Result codes of SQLite, https://www.sqlite.org/rescode.html.
const (
	liteError      = 1
	litePerm       = 3
	liteBusy       = 5
	liteLocked     = 6
	liteReadOnly   = 8
	liteTooBig     = 18
	liteConstraint = 19
	liteMismatch   = 20
	liteAuth       = 23
	liteRange      = 25

	liteBusySnapshot = liteBusy | 2<<8
)

// liteFailure classifies an error of SQLite by its result code. An error of the disk, of memory or
// of the file leaves the outcome unknown.
func liteFailure(err error) sqljournal.Failure {
	code, ok := liteCode(err)
	switch {
	case !ok:
		return sqljournal.Unknown
	case code == liteBusySnapshot:
		return sqljournal.Lost
	}
	switch code & 0xff {
	case liteReadOnly:
		return sqljournal.ReadOnly
	case liteBusy, liteLocked:
		return sqljournal.LockFailed
	case liteError, litePerm, liteTooBig, liteConstraint, liteMismatch, liteAuth, liteRange:
		return sqljournal.Rejected
	}
	return sqljournal.Unknown
}

// liteCode returns the result code of an error of SQLite, extended where the driver has it. Drivers
// have it in methods or fields ExtendedCode and Code, with types of their own.
func liteCode(err error) (code int, ok bool) {
	for ; err != nil; err = errors.Unwrap(err) {
		e := reflect.ValueOf(err)
		for _, value := range []reflect.Value{
			e.MethodByName("ExtendedCode"), field(e, "ExtendedCode"), // ncruces/go-sqlite3; mattn/go-sqlite3
			e.MethodByName("Code"), field(e, "Code"), // modernc.org/sqlite; mattn/go-sqlite3
		} {
			if code, ok := integer(value); ok && code != 0 {
				return code, true
			}
		}
	}
	return 0, false
}

// field returns a field of a struct or of what a pointer points to, or the zero Value.
func field(v reflect.Value, name string) reflect.Value {
	if v = reflect.Indirect(v); v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v.FieldByName(name)
}

// integer returns an integer, or what a method without parameters returns.
func integer(v reflect.Value) (n int, ok bool) {
	if v.Kind() == reflect.Func {
		if v.IsNil() || v.Type().NumIn() != 0 || v.Type().NumOut() != 1 {
			return 0, false
		}
		v = v.Call(nil)[0]
	}
	switch {
	case v.CanInt():
		return int(v.Int()), true
	case v.CanUint():
		return int(v.Uint()), true
	}
	return 0, false
}
