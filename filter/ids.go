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

// limits are far below the limits of the databases: PostgreSQL accepts a value of 1 GiB, and the
// same for all arguments of a query; SQLite accepts a value of a billion bytes, and 500 queries
// joined by UNION. Tests lower them.
var limits = struct {
	id, array, json int // bytes of an id, and of the ids in one argument
	terms           int // arguments for one list in SQLite; at most 2*terms+2
	arguments       int // bytes of all arguments in PostgreSQL
}{id: 1_000_000_000, array: 64 << 20, json: 1 << 20, terms: 200, arguments: 1_000_000_000}

// quoteBytes is the number of bytes that a list needs for each id besides the id and its escapes.
const quoteBytes = 3

// chunks divides ids into lists of at most this many bytes, without escapes; a longer id has a list
// of its own. Without ids there are no lists.
func chunks(ids []string, bytes int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		first, size := 0, 0
		for i, id := range ids {
			if size += len(id) + quoteBytes; size > bytes && i > first {
				if !yield(ids[first:i]) {
					return
				}
				first, size = i, len(id)+quoteBytes
			}
		}
		if first < len(ids) {
			yield(ids[first:])
		}
	}
}

// containable returns the ids that a column of the kind can contain, sorted. Other ids are in no row.
// An empty id refers to no user and no team, so it is in no set.
func (d Dialect) containable(k Kind, ids []string) []string {
	return slices.DeleteFunc(sorted(ids), func(id string) bool { return !d.canContain(k, id) })
}

func (d Dialect) canContain(k Kind, id string) bool {
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

// spellsNumber reports whether SQLite might convert a text to a number for a comparison.
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

// arrayText returns ids as a PostgreSQL array literal, which works with every driver.
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

// jsonText returns ids as a JSON array. Bytes that are not UTF-8 stay unchanged, as in SQLite. The
// ids must not contain a NUL byte.
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
