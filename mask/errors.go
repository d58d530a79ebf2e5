package mask

import (
	"errors"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// The errors of For, Row and Covers.
var (
	ErrType        = errors.New("type that cannot be masked")
	ErrPlaceholder = errors.New("wrong placeholder")
	ErrNotCovered  = errors.New("tags and fields do not match")
	ErrRow         = errors.New("wrong number of values")
)

// checkCovers compares the names in tags or columns with the fields of a policy. Kind is
// "tag" or "column".
func checkCovers(owner, kind string, names, fields []string) error {
	var wrong []string
	for _, f := range fields {
		if !slices.Contains(names, f) {
			wrong = append(wrong, printable.Sprintf("no %s for %q", kind, f))
		}
	}
	for _, n := range names {
		if !slices.Contains(fields, n) {
			wrong = append(wrong, printable.Sprintf("a %s for %q, which is not a field", kind, n))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return printable.Errorf("%w: %s: %s", ErrNotCovered, owner, strings.Join(wrong, "; "))
}
