package policytest_test

import (
	"testing"

	"github.com/usher-go/usher/usherfiles"
)

// What is hidden from a user stays hidden under another name.
func TestHiddenField(t *testing.T) {
	usherfiles.Run(t, "../testdata/trust/hidden-field.test.yaml")
}
