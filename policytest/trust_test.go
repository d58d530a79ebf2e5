package policytest_test

import (
	"testing"

	"github.com/usher-go/usher/usherfiles"
)

// TestTrust runs what commands must refuse, and what they must not.
func TestTrust(t *testing.T) { usherfiles.Run(t, "../testdata/trust/*.test.yaml") }
