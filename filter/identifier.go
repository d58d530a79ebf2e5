package filter

import (
	"strings"
	"unicode"

	"github.com/usher-go/usher/internal/printable"
)

// maxIdentifier is how many bytes of a name PostgreSQL looks at: two that begin with
// the same ones would be one.
const maxIdentifier = 63

// reservedPrefix begins the aliases that conditions give to tables of their own.
const reservedPrefix = "usher_"

// quoted returns the parts of a dotted name, each in quotes, so that a word of SQL
// can be a name.
func quoted(name string, least, most int) (string, error) {
	parts := strings.Split(name, ".")
	if len(parts) < least || len(parts) > most {
		return "", printable.Errorf("%q has %d parts between dots", name, len(parts))
	}
	for i, p := range parts {
		if err := checkIdentifier(p); err != nil {
			return "", err
		}
		parts[i] = `"` + p + `"`
	}
	return strings.Join(parts, "."), nil
}

// checkIdentifier refuses whatever a person would not write without quotes.
func checkIdentifier(s string) error {
	switch {
	case s == "":
		return printable.Errorf("a name is empty")
	case len(s) > maxIdentifier:
		return printable.Errorf("%q is longer than %d bytes", s, maxIdentifier)
	case strings.HasPrefix(strings.ToLower(s), reservedPrefix):
		return printable.Errorf("%q: names that begin with %s are taken", s, reservedPrefix)
	}
	for i, c := range s {
		digit := unicode.IsDigit(c) || c == '$' || unicode.Is(unicode.Mn, c)
		if c != '_' && !unicode.IsLetter(c) && (!digit || i == 0) || c == unicode.ReplacementChar {
			return printable.Errorf("%q is no identifier: letters, digits and underscores, and first no digit", s)
		}
	}
	return nil
}
