package engineproof_test

import (
	"fmt"
	"os"
	"testing"
)

// childEnv is the environment variable of a process that will be killed. It contains a writer as
// JSON.
const childEnv = "USHER_ENGINEPROOF_CHILD"

func TestMain(m *testing.M) {
	text := os.Getenv(childEnv)
	if text == "" {
		server.Main(m)
	}
	if err := runChild(text); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
