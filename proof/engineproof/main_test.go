package engineproof_test

import (
	"fmt"
	"os"
	"testing"
)

// The environment variables of a process that will be killed: the file to which it writes, and the
// prefix of its idempotency keys.
const (
	childFile = "USHER_ENGINEPROOF_FILE"
	childKeys = "USHER_ENGINEPROOF_KEYS"
)

func TestMain(m *testing.M) {
	path := os.Getenv(childFile)
	if path == "" {
		server.Main(m)
	}
	if err := writeUntilKilled(path, os.Getenv(childKeys)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
