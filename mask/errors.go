package mask

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// What can be wrong with a mask.
var (
	ErrType        = errors.New("type that cannot be masked")
	ErrPlaceholder = errors.New("placeholder that fits nothing")
	ErrNotCovered  = errors.New("fields and their names do not match")
	ErrRow         = errors.New("row of another shape")
)

// covers compares the names that a mask knows with the fields of a policy. What is
// tag or column, wherever the names stand.
func covers(whose, what string, names, fields []string) error {
	var wrong []string
	for _, f := range fields {
		if !slices.Contains(names, f) {
			wrong = append(wrong, printable.Sprintf("no %s names %q", what, f))
		}
	}
	for _, n := range names {
		if !slices.Contains(fields, n) {
			wrong = append(wrong, printable.Sprintf("%q, which a %s names, is not among the fields", n, what))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return printable.Errorf("%w: %s: %s", ErrNotCovered, whose, strings.Join(wrong, "; "))
}
