package engineproof_test

import (
	"fmt"
	"os"
	"testing"
)

// These tell a process that it is to be killed: which file it writes to, and what its keys
// begin with.
const (
	childFile = "USHER_ENGINEPROOF_FILE"
	childKeys = "USHER_ENGINEPROOF_KEYS"
)

func TestMain(m *testing.M) {
	path := os.Getenv(childFile)
	if path == "" {
		os.Exit(m.Run())
	}
	if err := writeUntilKilled(path, os.Getenv(childKeys)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
