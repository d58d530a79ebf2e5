package policytest_test

import (
	"testing"

	"github.com/usher-go/usher/usherfiles"
)

// A field that is hidden from a user stays hidden after it is renamed.
func TestHiddenField(t *testing.T) {
	usherfiles.Run(t, "../testdata/trust/hidden-field.test.yaml")
}
