package policytest

import (
	"github.com/usher-go/usher/internal/testfile"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/policy/syntax"
)

// Report is what came of a run. The zero Report has no test that passed.
type Report struct {
	Passed, Failed int // tests; each check is one, and each scenario
	Failures       []Failure
	Cover          *Cover // nil where nothing was run
}

// Failure is one wrong answer, or a step of a scenario that went otherwise. A check
// that asks for several users can have several.
type Failure struct {
	File  string
	Pos   syntax.Pos   // of the check or the step
	Name  string       // of the check or the scenario; may be empty
	Asked string       // what was asked or done, in the words of the file
	User  usher.UserID // "" where nobody in particular was asked: the host does, a state is looked at

	Expected, Got string
	Why           string // the decision in a sentence, or the error
}

// String returns the failure in one line: file:line: text.
func (f Failure) String() string {
	return oneLine(printable.Sprintf("%s:%d: ", f.File, f.Pos.Line)) + f.Text()
}

// Text returns the failure in one line, without its place: [name:] [user,] what was
// asked: expected …, got …: why.
func (f Failure) Text() string {
	name := ""
	if f.Name != "" {
		name = f.Name + ": "
	}
	user := ""
	if f.User != "" {
		user = testfile.Word(string(f.User)) + ", "
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

// oneLine keeps what a file names from breaking a line.
func oneLine(text string) string {
	return printable.Text(text)
}
