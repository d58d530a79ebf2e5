package filter

import (
	"strings"
	"unicode"

	"github.com/usher-go/usher/internal/printable"
)

// maxIdentifier is the maximum length of a name in bytes. PostgreSQL ignores the rest of a longer
// name, so two names could be equal.
const maxIdentifier = 63

// reservedPrefix is the prefix of table aliases in conditions.
const reservedPrefix = "usher_"

// quoted returns a dotted name with each part in quotes, so that an SQL keyword can be a name.
func quoted(name string, least, most int) (string, error) {
	parts := strings.Split(name, ".")
	if len(parts) < least || len(parts) > most {
		return "", printable.Errorf("%q has %d dot-separated parts", name, len(parts))
	}
	for i, p := range parts {
		if err := checkIdentifier(p); err != nil {
			return "", err
		}
		parts[i] = `"` + p + `"`
	}
	return strings.Join(parts, "."), nil
}

// checkIdentifier rejects names that would need quotes in SQL, and reserved ones.
func checkIdentifier(s string) error {
	if strings.HasPrefix(strings.ToLower(s), reservedPrefix) {
		return printable.Errorf("%q: names with the prefix %s are reserved", s, reservedPrefix)
	}
	return checkSpelling(s)
}

// checkSpelling rejects names that would need quotes in SQL.
func checkSpelling(s string) error {
	switch {
	case s == "":
		return printable.Errorf("the name is empty")
	case len(s) > maxIdentifier:
		return printable.Errorf("%q is longer than %d bytes", s, maxIdentifier)
	}
	for i, c := range s {
		digit := unicode.IsDigit(c) || c == '$' || unicode.Is(unicode.Mn, c)
		if c != '_' && !unicode.IsLetter(c) && (!digit || i == 0) || c == unicode.ReplacementChar {
			return printable.Errorf("%q is not an identifier (want letters, digits and underscores, without a digit at the start)", s)
		}
	}
	return nil
}
