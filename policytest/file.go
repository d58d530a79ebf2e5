// Package policytest answers whether a policy does what its people expect. A test
// file describes an example account, says who may do what in it, and tells
// scenarios; it is data, so who knows the product can write one. The package reads
// such files, and runs them for the command line and for go test.
//
//	suite, err := policytest.Load("oncehub.yaml", src, os.ReadFile)
//	for _, failure := range suite.Run().Failures {
//		fmt.Println(failure)
//	}
//
// A file names a policy, an account, and what is expected of the two:
//
//	usher: 1
//	policy: oncehub             # a preset, or a file relative to this one
//	account:
//	  seats: {booking: 1}
//	  users:
//	    olivia: {role: owner}
//	    mia:    {seats: [booking]}
//	    max:    {}
//	checks:                     # asked as every user; who is not under allow must be refused
//	  - {can: calendar.edit, resource: {host: mia}, allow: [olivia, mia], deny: {max: out-of-scope}}
//	scenarios:
//	  - name: the plan has one seat
//	    steps:
//	      - {as: olivia, do: assign-seat, user: max, pool: booking, fails: no-seats-left}
//	      - {as: max, can: calendar.edit, resource: {host: max}, expect: allow}
//	      - state: {seats: {booking: {held: 1, total: 1}}}
//
// FORMAT.md in this directory explains every key of a file, the commands with their
// arguments, and the codes with which they are refused.
package policytest

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

// defaultTime is when the questions of a file are asked that says no time.
var defaultTime = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Flag is a yes/no fact with its name: a setting, or a fact of a request.
type Flag struct {
	Name  syntax.Name
	Value bool
}
