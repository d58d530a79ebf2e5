package filter

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// possible returns those of the ids, in order, that a column of the kind can have.
// An id that it cannot have is in no row, whatever is asked about it.
func (d Dialect) possible(k Kind, ids []string) []string {
	return slices.DeleteFunc(sorted(ids), func(id string) bool { return !d.canHave(k, id) })
}

func (d Dialect) canHave(k Kind, id string) bool {
	switch {
	case k == Integer:
		n, err := strconv.ParseInt(id, 10, 64)
		return err == nil && strconv.FormatInt(n, 10) == id
	case d == SQLite:
		return true
	case k == UUID:
		return isUUID(id)
	}
	return utf8.ValidString(id) && strings.IndexByte(id, 0) < 0
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

// jsonText writes ids as a JSON array. Bytes that are no UTF-8 stay as they are, as
// SQLite does with them; ids with a NUL byte, at which it would end a text, are the
// caller's.
func jsonText(k Kind, ids []string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('[')
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		if k == Integer {
			b.WriteString(id)
			continue
		}
		b.WriteByte('"')
		for c := range len(id) {
			switch c := id[c]; {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < ' ':
				b.WriteString(`\u00`)
				b.WriteByte(hex[c>>4])
				b.WriteByte(hex[c&15])
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
	}
	b.WriteByte(']')
	return b.String()
}
