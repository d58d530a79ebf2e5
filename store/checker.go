package store

import "context"

// Checker is a Store that finds out whether its storage is set up as its promises require.
type Checker interface {
	Store

	// Check returns what an operator should change, and none if all is well. It returns an error if
	// it could not find out.
	Check(ctx context.Context) ([]Problem, error)
}

// Problem is something that makes acknowledged commits, erasures or decisions less safe than the
// documentation promises, or less available.
type Problem struct {
	Where string // such as a stream, a server or "the connection"
	Text  string // safe to print; states what is wrong and what is wanted
}

// String returns Where and Text.
func (p Problem) String() string { return p.Where + ": " + p.Text }
