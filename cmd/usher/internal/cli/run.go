// Package cli is the command line of usher. It says how arguments become a question
// to the library, and how its answer is written for people and for machines.
package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/printable"
)

// The exit codes, as the help of the root command tells them.
const (
	exitFine    = 0
	exitInvalid = 1 // a file is invalid, a test failed, a command was refused, or a journal is damaged
	exitUsage   = 2 // wrong usage, or a file that cannot be read or written
)

// Run runs usher with the arguments that follow its name, and returns the exit
// code. It reads the files that they name, and stdin for a -. It writes nowhere but
// to the streams, in colours where these are terminals or --color says so.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	r := &run{
		stdin:  stdin,
		stdout: &stream{w: stdout},
		stderr: &stream{w: stderr},
		output: choice{flag: "output", value: "text", values: []string{"text", "json"}},
		color:  choice{flag: "color", value: "auto", values: []string{"auto", "always", "never"}},
	}
	root := r.root()
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for the process's own
	code := r.code(root.Execute())
	if err := r.stdout.err; err != nil {
		r.stderr.line("usher: the output cannot be written: %s", printable.Text(err.Error()))
		return exitUsage
	}
	return code
}

// run is one run of the command.
type run struct {
	stdin          io.Reader
	stdinTaken     bool
	stdout, stderr *stream
	output, color  choice // the global flags
}

func (r *run) json() bool { return r.output.value == "json" }

// stop ends a run that has told already what is wrong.
type stop int

func (s stop) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// ending returns what a command returns to end with an exit code.
func ending(code int) error {
	if code == exitFine {
		return nil
	}
	return stop(code)
}

// code tells what is wrong, unless that was done, and returns the exit code.
func (r *run) code(err error) int {
	var (
		told stop
		ours usageError
	)
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &told):
		return int(told)
	case errors.As(err, &ours):
		r.stderr.line("usher: %s", ours.text)
	default:
		r.stderr.line("usher: %s", printable.Text(err.Error()))
	}
	return exitUsage
}

// command makes a command with its help; short is for the list of all of them.
func command(use, short, long, example string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		DisableFlagsInUseLine: true,
	}
}
