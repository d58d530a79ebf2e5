package policytest

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// Report is what came of a run. The zero Report has no test that passed.
type Report struct {
	Passed, Failed int // tests; each check is one
	Failures       []Failure
	NotRun         []NotRun
	Cover          *Cover // nil where nothing was run
}

// Failure is one wrong answer. A check that asks for several users can have
// several.
type Failure struct {
	File  string
	Pos   policy.Pos // of the check
	Name  string     // of the check; may be empty
	Asked string     // what it asks, in the words of the file
	User  usher.UserID

	Expected, Got string
	Why           string // the decision in a sentence, or the error
}

// String returns the failure in one line: file:line: [name:] user, what was
// asked: expected …, got …: why.
func (f Failure) String() string {
	name := ""
	if f.Name != "" {
		name = f.Name + ": "
	}
	return oneLine(fmt.Sprintf("%s:%d: %s%s, %s: expected %s, got %s: %s",
		f.File, f.Pos.Line, name, word(string(f.User)), f.Asked, f.Expected, f.Got, f.Why))
}

// NotRun is a scenario. This version reads scenarios, and does not run them.
type NotRun struct {
	File string
	Pos  policy.Pos
	Name string
}

// String returns the scenario in one line: file:line: name: not run.
func (n NotRun) String() string {
	name := n.Name
	if name == "" {
		name = "a scenario"
	}
	return oneLine(fmt.Sprintf("%s:%d: %s: not run", n.File, n.Pos.Line, name))
}

// oneLine keeps what a file names from breaking a line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
