package main

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(withPostgres{m}, map[string]func(){"usher": main})
}

// The stories in testdata/script use the commands of testscript, storeCommands, and
//
//	exits CODE COMMAND...
//
// which runs a command and requires an exit code, while "!" accepts any code except 0.
// To update the expected output in the stories, run UPDATE_SCRIPTS=1 go test.
func TestScripts(t *testing.T) {
	commands := maps.Clone(storeCommands)
	commands["exits"] = exits
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		Cmds:               commands,
		RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("GORACE", "atexit_sleep_ms=0") // without it, each command takes a second
			return nil
		},
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exits with %d, want %d", args[1], got, want)
	}
}
