package sqljournal

import (
	"strings"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// maxName is the maximum length of an identifier of PostgreSQL, in bytes. It ignores the rest of a
// longer name.
const maxName = 63

// CheckSchemaName returns an error for a name of a schema that statements cannot contain. A $ could
// end the quotes of a block of statements in a migration.
func CheckSchemaName(schema string) error {
	switch {
	case schema == "" || strings.ContainsAny(schema, "\x00$"):
		return printable.Errorf("the schema %q cannot be used (want a name without $ and NUL)", schema)
	case len(schema) > maxName:
		return printable.Errorf("the name of the schema %q has %d bytes (want at most %d)", schema, len(schema), maxName)
	}
	return nil
}

// CheckPrefix returns an error for a prefix of tables that statements of SQLite cannot contain. A $
// would be taken for a parameter.
func CheckPrefix(prefix string) error {
	switch {
	case strings.ContainsAny(prefix, "\x00$"):
		return printable.Errorf("the prefix %q cannot be used (want one without $ and NUL)", prefix)
	case strings.HasPrefix(strings.ToLower(prefix), "sqlite_"):
		return printable.Errorf("the prefix %q cannot be used, because SQLite reserves names that begin with sqlite_", prefix)
	}
	return nil
}

// CheckTimes returns an error for times in the options of a store that cannot be used.
func CheckTimes(lockTimeout, pollEvery time.Duration) error {
	switch {
	case lockTimeout < time.Millisecond:
		return printable.Errorf("Options.LockTimeout is %v (want at least a millisecond)", lockTimeout)
	case pollEvery < time.Millisecond:
		return printable.Errorf("Options.PollEvery is %v (want at least a millisecond)", pollEvery)
	}
	return nil
}
