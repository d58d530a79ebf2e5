package syntax

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Pos is a place in a file; lines and columns count from 1. The zero Pos is
// nowhere.
type Pos struct {
	Line, Col int
}

// IsZero reports whether the place is nowhere.
func (p Pos) IsZero() bool { return p == Pos{} }

// ErrInvalid is the sentinel of Problem and Problems.
var ErrInvalid = errors.New("invalid file")

// Problem is one thing that is wrong with a file. errors.Is finds ErrInvalid in it.
type Problem struct {
	File    string
	Pos     Pos
	Message string
}

// Error returns "file:line:col: message".
func (p Problem) Error() string {
	return printable.Sprintf("%s:%d:%d: %s", p.File, p.Pos.Line, p.Pos.Col, p.Message)
}

// Is makes errors.Is find ErrInvalid.
func (p Problem) Is(target error) bool { return target == ErrInvalid }

// maxProblems is how many problems an error tells at once: who made more has
// usually made one, many times.
const maxProblems = 20

// maxKept bounds the memory that a hostile file can take with its problems.
const maxKept = 200

// maxMessage bounds the message about a name of half a megabyte.
const maxMessage = 400

// Problems collects what is wrong with a file. errors.Is finds ErrInvalid in it. The zero value, or one with its
// File set, is ready to use, by one goroutine at a time.
type Problems struct {
	File string
	list []Problem
	more int
}

// Clone returns a copy, to which problems can be added apart. The copy of nil is empty.
func (ps *Problems) Clone() *Problems {
	if ps == nil {
		return &Problems{}
	}
	return &Problems{File: ps.File, list: slices.Clone(ps.list), more: ps.more}
}

// Add notes a problem, once if it is the same.
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

// Full reports whether there are as many problems as are told, so that nobody
// needs to find good words for more.
func (ps *Problems) Full() bool { return len(ps.list) >= maxProblems }

// List returns the first problems in the order of the file, at most 20, of the 200
// that were added first.
func (ps *Problems) List() []Problem {
	list := ps.All()
	return list[:min(len(list), maxProblems)]
}

// Len returns how many problems there are in all, with those that List leaves out.
func (ps *Problems) Len() int { return len(ps.list) + ps.more }

// Err returns ps as an error, or nil if nothing is wrong.
func (ps *Problems) Err() error {
	if ps.Len() == 0 {
		return nil
	}
	return ps
}

// Error returns a line for each of the first 20 problems, and how many more there
// are.
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

// Is makes errors.Is find ErrInvalid.
func (ps *Problems) Is(target error) bool { return target == ErrInvalid }

// Unwrap returns the problems that Error tells, for errors.As.
func (ps *Problems) Unwrap() []error {
	var errs []error
	for _, p := range ps.List() {
		errs = append(errs, p)
	}
	return errs
}

// All returns the problems that were added first, at most 200, in the order of the file.
func (ps *Problems) All() []Problem {
	list := slices.Clone(ps.list)
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Pos.Line, b.Pos.Line), cmp.Compare(a.Pos.Col, b.Pos.Col))
	})
	return list
}
