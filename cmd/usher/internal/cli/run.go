// Package cli implements the usher command line. It parses the arguments, calls the
// library, and writes the result as text or JSON.
package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/usher-go/usher/internal/printable"
)

// The exit codes, as documented in the help of the root command.
const (
	exitFine    = 0
	exitInvalid = 1 // a file is invalid, a test failed, a command was refused, or a journal is damaged
	exitUsage   = 2 // wrong usage, or a file cannot be read or written
)

// Run runs usher with the arguments after the program name, and returns the exit code.
// It reads the files named by the arguments; the name - stands for stdin. Only do, migrate, copy, shorten and
// test --on bolt write to files and databases. Output goes to stdout and stderr, with colors if the
// stream is a terminal or --color is always.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	r := &run{
		stdin:  stdin,
		stdout: &stream{w: stdout},
		stderr: &stream{w: stderr},
		output: choice{flag: "output", value: "text", values: []string{"text", "json"}},
		color:  choice{flag: "color", value: "auto", values: []string{"auto", "always", "never"}},
	}
	root := r.root()
	args, r.originals = hidePasswords(args)
	root.SetArgs(append([]string{}, args...)) // with nil, cobra would use os.Args
	code := r.code(root.Execute())
	if err := r.stdout.err; err != nil {
		r.stderr.line("usher: the output cannot be written: %s", printable.Text(err.Error()))
		return exitUsage
	}
	return code
}

// run is the state of one run of the command.
type run struct {
	stdin          io.Reader
	stdinTaken     bool
	stdout, stderr *stream
	output, color  choice // the global flags
	storeFlag      string // --store of the command, "" if it is not given
	archiveFlag    string // --archive of the command, "" if it is not given

	// originals contains the arguments with passwords, by the arguments without.
	originals map[string]string
}

func (r *run) json() bool { return r.output.value == "json" }

// exitError ends a run with an exit code. The problem was printed before.
type exitError int

func (s exitError) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// exitWith returns the error of a command that ends with an exit code, nil for exitFine.
func exitWith(code int) error {
	if code == exitFine {
		return nil
	}
	return exitError(code)
}

// code prints an error that was not printed before, and returns the exit code.
func (r *run) code(err error) int {
	var (
		exit  exitError
		usage usageError
	)
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &exit):
		return int(exit)
	case errors.As(err, &usage):
		r.stderr.line("usher: %s", usage.text)
	default:
		r.stderr.line("usher: %s", printable.Text(err.Error()))
	}
	return exitUsage
}

// command returns a command with its help texts. The list of commands shows short.
func command(use, short, long, example string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: long, Example: example,
		DisableFlagsInUseLine: true,
	}
}
