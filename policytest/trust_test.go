package policytest_test

import (
	"testing"

	"github.com/usher-go/usher/usherfiles"
)

// TestTrust runs commands that must be refused, and commands that must be done.
func TestTrust(t *testing.T) { usherfiles.Run(t, "../testdata/trust/*.test.yaml") }
