package cli

import (
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy/syntax"
)

// notAPolicy returns the error for a test file where a policy is expected.
func notAPolicy(in input) error {
	message := "this is a test file, not a policy"
	if f, err := testfile.Parse(in.name, in.src); err == nil {
		message += `; it tests "` + f.Policy.Text + `"`
	}
	return syntax.Problem{File: in.name, Pos: syntax.Pos{Line: 1, Col: 1}, Message: message}
}
