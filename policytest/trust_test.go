package policytest_test

import (
	"testing"

	"github.com/usher-go/usher/usherfiles"
)

// TestTrust runs commands that must be refused, and commands that must be done.
func TestTrust(t *testing.T) { usherfiles.Run(t, "../testdata/trust/*.test.yaml") }

// TestStories runs what happens to accounts, told for readers who do not program.
func TestStories(t *testing.T) { usherfiles.Run(t, "../testdata/stories/*.test.yaml") }
