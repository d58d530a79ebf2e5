package policytest_test

import (
	"testing"

	"github.com/usher-go/usher/usherfiles"
)

// TestWords runs a test file for each word of the policy format that has one.
func TestWords(t *testing.T) { usherfiles.Run(t, "../testdata/words/*.test.yaml") }
