// Package testfile parses and prints test files: the example account, the checks and the
// scenarios as written, with the place of each name. It also looks up the names of a file
// or a command line in a policy. Package policytest runs the files.
package testfile

import (
	"time"

	"github.com/usher-go/usher/policy/syntax"
)

// File is a test file as written. Lists are in the order of the file. A nil list means
// that the key is not in the file, which may differ from an empty list. Names and ids
// are not looked up. The zero File has no policy; Parse never returns it.
//
// The name of each field in this package is its key in the file, in lower case, unless
// the comment states another key.
type File struct {
	Name      string      // the file name in messages
	Policy    syntax.Name // a preset, or a file relative to this one
	At        time.Time   // the time of checks and steps without a time; zero means the beginning of 2026
	Account   Account
	Checks    []Check
	Scenarios []Scenario
}

// defaultTime is the time of a file that sets none.
var defaultTime = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Flag is a yes/no fact with its name: a setting, or a fact of a request.
type Flag struct {
	Name  syntax.Name
	Value bool
}
