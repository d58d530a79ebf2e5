package policytest

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy/syntax"
)

// Report is the result of a run. The zero Report contains no tests.
type Report struct {
	Passed, Failed int // tests: each check is one, and each scenario is one
	Failures       []Failure
	Cover          *Cover // nil if nothing was run
}

// Failure is an unexpected decision of a check, or an unexpected result of a step. A check
// can have one for each user.
type Failure struct {
	File  string
	Pos   syntax.Pos   // of the check or the step
	Name  string       // of the check or the scenario; may be empty
	Asked string       // the question, the commands or the compared value
	User  usher.UserID // the subject or actor; "" for the host, a visitor and a step with state

	Visitor       bool // the subject is a caller who is not logged in
	Expected, Got string
	Why           string // the decision in a sentence, or the error
}

// String returns the failure in one line: the file and the line, then Text.
func (f Failure) String() string {
	return oneLine(printable.Sprintf("%s:%d: ", f.File, f.Pos.Line)) + f.Text()
}

// Text returns the failure in one line without its place, in the form
// "[name: ][user, ]asked: expected …, got …: why".
func (f Failure) Text() string {
	name := ""
	if f.Name != "" {
		name = f.Name + ": "
	}
	user := ""
	switch {
	case f.User != "":
		user = testfile.Word(string(f.User)) + ", "
	case f.Visitor:
		user = "a visitor, "
	}
	return oneLine(printable.Sprintf("%s%s%s: expected %s, got %s: %s", name, user, f.Asked, f.Expected, f.Got, f.Why))
}

// add counts a test.
func (r *Report) add(failures []Failure) {
	if len(failures) == 0 {
		r.Passed++
	} else {
		r.Failed++
	}
	r.Failures = append(r.Failures, failures...)
}

// oneLine escapes line breaks in names from a file.
func oneLine(text string) string {
	return printable.Text(text)
}
