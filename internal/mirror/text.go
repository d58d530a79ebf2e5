package mirror

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// maxKey is the maximum length in bytes of all texts in the key of a row. PostgreSQL rejects a row
// of an index that is longer than 2,704 bytes, with its headers.
const maxKey = 2600

// checkText returns ErrRefused for a text that a text column cannot hold. The error names the text.
func checkText(what, s string) error {
	switch {
	case strings.ContainsRune(s, 0):
		return printable.Errorf("%w: the %s %q contains NUL, which a text column of the tables of members cannot hold", store.ErrRefused, what, s)
	case !utf8.ValidString(s):
		return printable.Errorf("%w: the %s %q is not UTF-8, which a text column of the tables of members requires", store.ErrRefused, what, s)
	}
	return nil
}

// checkRow checks the texts of a row.
func checkRow(account string, k key, v values) error {
	t := tables[k.table]
	length := len(account)
	for i, name := range t.key {
		if err := checkText(name, k.parts[i]); err != nil {
			return err
		}
		length += len(k.parts[i])
	}
	for i, name := range t.values {
		if err := checkText(name, v[i]); err != nil {
			return err
		}
	}
	if length > maxKey {
		return printable.Errorf("%w: the ids of a row of %s have %d bytes together, the first of them %q (want at most %d, because the tables of members have indexes on them)",
			store.ErrRefused, t.name, length, k.parts[0], maxKey)
	}
	return nil
}

// end returns the end of a grant as a text, "" for no end.
func end(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
