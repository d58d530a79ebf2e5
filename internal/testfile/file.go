// Package testfile reads and writes test files: the example account, the checks and the
// scenarios as the author wrote them, with the place of each name. It also finds the names
// of a file or of a command line in a policy. Package policytest runs the files.
package testfile

import (
	"time"

	"github.com/usher-go/usher/policy/syntax"
)

// File is a test file as it is written. All lists are in the order of the file; a
// nil list was not written, which may mean something else than an empty one.
// Names and ids are not looked up. The zero File names no policy, and Parse
// returns none like it.
//
// Fields here and in what it holds have the keys of the file for names, in lower
// case; where the key is another, the comment says so.
type File struct {
	Name      string      // as messages name it
	Policy    syntax.Name // a preset, or a file relative to this one
	At        time.Time   // when questions are asked that do not say; zero: the beginning of 2026
	Account   Account
	Checks    []Check
	Scenarios []Scenario
}

// defaultTime is the time of files that do not set one.
var defaultTime = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Flag is a yes/no fact with its name: a setting, or a fact of a request.
type Flag struct {
	Name  syntax.Name
	Value bool
}
