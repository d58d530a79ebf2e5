package syntax

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Pos is a position in a file. Lines and columns start at 1. The zero Pos is unknown.
type Pos struct {
	Line, Col int
}

// IsZero reports whether the position is unknown.
func (p Pos) IsZero() bool { return p == Pos{} }

// ErrInvalid is the sentinel error that Problem and Problems match.
var ErrInvalid = errors.New("invalid file")

// Problem is one problem in a file. It matches ErrInvalid.
type Problem struct {
	File    string
	Pos     Pos
	Message string
}

// Error returns "file:line:col: message".
func (p Problem) Error() string {
	return printable.Sprintf("%s:%d:%d: %s", p.File, p.Pos.Line, p.Pos.Col, p.Message)
}

// Is reports whether target is ErrInvalid.
func (p Problem) Is(target error) bool { return target == ErrInvalid }

// maxProblems is the number of problems that an error lists: more are usually repetitions.
const maxProblems = 20

// maxKept bounds the memory for the problems of a hostile file.
const maxKept = 200

// maxMessage bounds the length of a message, since a name may be very long.
const maxMessage = 400

// Problems is a list of problems in a file. It matches ErrInvalid. The zero value is ready to
// use. It is not safe for concurrent use.
type Problems struct {
	File string
	list []Problem
	more int
}

// Clone returns a copy with its own list of problems. Clone of nil returns an empty list.
func (ps *Problems) Clone() *Problems {
	if ps == nil {
		return &Problems{}
	}
	return &Problems{File: ps.File, list: slices.Clone(ps.list), more: ps.more}
}

// Add adds a problem, unless the list has the same one.
func (ps *Problems) Add(pos Pos, format string, args ...any) {
	if len(ps.list) == maxKept {
		ps.more++
		return
	}
	message := printable.Sprintf(format, args...)
	if len(message) > maxMessage {
		message = strings.ToValidUTF8(message[:maxMessage], "") + "…"
	}
	problem := Problem{File: ps.File, Pos: pos, Message: message}
	if !slices.Contains(ps.list, problem) {
		ps.list = append(ps.list, problem)
	}
}

// Full reports whether the list has as many problems as an error lists, so that suggestions
// for more are not needed.
func (ps *Problems) Full() bool { return len(ps.list) >= maxProblems }

// List returns the first 20 problems in the order of the file, of the 200 that were added
// first.
func (ps *Problems) List() []Problem {
	list := ps.All()
	return list[:min(len(list), maxProblems)]
}

// Len returns the number of all problems, including those that List omits.
func (ps *Problems) Len() int { return len(ps.list) + ps.more }

// Err returns ps as an error, or nil if there are no problems.
func (ps *Problems) Err() error {
	if ps.Len() == 0 {
		return nil
	}
	return ps
}

// Error returns a line for each of the first 20 problems, and the number of further ones.
func (ps *Problems) Error() string {
	var b strings.Builder
	list := ps.List()
	for i, p := range list {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Error())
	}
	if more := ps.Len() - len(list); more > 0 {
		fmt.Fprintf(&b, "\n%s: and %d more", ps.File, more)
	}
	return b.String()
}

// Is reports whether target is ErrInvalid.
func (ps *Problems) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns the problems of List, for errors.As.
func (ps *Problems) Unwrap() []error {
	var errs []error
	for _, p := range ps.List() {
		errs = append(errs, p)
	}
	return errs
}

// All returns up to 200 problems that were added first, in the order of the file.
func (ps *Problems) All() []Problem {
	list := slices.Clone(ps.list)
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return list
}
