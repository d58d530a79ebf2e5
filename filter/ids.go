package filter

import (
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/usher-go/usher/internal/strictjson"
)

// limits are far below what a database takes: PostgreSQL a value, and all arguments of a
// query together, of 1 GiB; SQLite a value of a billion bytes, and 500 queries joined by
// UNION. Tests lower them.
var limits = struct {
	id, array, json int // bytes of an id, and of the ids in one argument
	terms           int // arguments with the ids of one list, in SQLite: at most twice as many, and two
	arguments       int // bytes of all arguments, in PostgreSQL
}{id: 1_000_000_000, array: 64 << 20, json: 1 << 20, terms: 200, arguments: 1_000_000_000}

// quotes are the bytes that an id has in a list besides its own, unless some need an
// escape.
const quotes = 3

// chunks divides ids so that a part has no more bytes, apart from escapes, unless it is
// a single id. Without ids there are no parts.
func chunks(ids []string, bytes int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		first, size := 0, 0
		for i, id := range ids {
			if size += len(id) + quotes; size > bytes && i > first {
				if !yield(ids[first:i]) {
					return
				}
				first, size = i, len(id)+quotes
			}
		}
		if first < len(ids) {
			yield(ids[first:])
		}
	}
}

// possible returns those of the ids, in order, that a column of the kind can have.
// An id that it cannot have is in no row, whatever is asked about it. An empty id refers
// to no user and no team, so that it is in no set.
func (d Dialect) possible(k Kind, ids []string) []string {
	return slices.DeleteFunc(sorted(ids), func(id string) bool { return !d.canHave(k, id) })
}

func (d Dialect) canHave(k Kind, id string) bool {
	switch {
	case id == "" || len(id) > limits.id:
		return false
	case k == Integer:
		return isInteger(id)
	case d == SQLite:
		return true
	case k == UUID:
		return isUUID(id)
	}
	return utf8.ValidString(id) && strings.IndexByte(id, 0) < 0
}

// isInteger reports whether the id is spelled as a database writes an integer.
func isInteger(id string) bool {
	n, err := strconv.ParseInt(id, 10, 64)
	return err == nil && strconv.FormatInt(n, 10) == id
}

// spellsNumber reports whether SQLite might take a text for a number, as it does to
// compare it with one.
func spellsNumber(id string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(id), 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// isUUID reports whether the id is spelled as PostgreSQL writes a uuid.
func isUUID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash && c != '-' || !dash && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// value returns a single id as an argument.
func value(k Kind, id string) any {
	if k == Integer {
		n, _ := strconv.ParseInt(id, 10, 64)
		return n
	}
	return id
}

// arrayText writes ids as PostgreSQL reads an array, which each driver can pass on.
func arrayText(k Kind, ids []string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		if k != Text {
			b.WriteString(id)
			continue
		}
		b.WriteByte('"')
		for c := range len(id) {
			if id[c] == '"' || id[c] == '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(id[c])
		}
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// jsonText writes ids as a JSON array. Bytes that are not UTF-8 stay as they are, as SQLite
// keeps them. The ids have no NUL byte.
func jsonText(k Kind, ids []string) string {
	b := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		if k == Integer {
			b = append(b, id...)
		} else {
			b = strictjson.AppendString(b, id)
		}
	}
	return string(append(b, ']'))
}
