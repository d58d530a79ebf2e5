package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policytest"
	"github.com/usher-go/usher/preset"
)

// stdinName is how messages name the standard input.
const stdinName = "<stdin>"

// input is a file that was read.
type input struct {
	asked string // as the command line names it
	name  string // as messages about its lines name it
	src   []byte
}

// unreadable says that a file cannot be read, and why.
type unreadable struct {
	file, reason string
	err          error
}

func (e *unreadable) Error() string { return e.file + ": " + e.reason }
func (e *unreadable) Unwrap() error { return e.err }

// open reads what an argument names.
func (r *run) open(arg string) (input, error) {
	if arg == "-" {
		src, err := r.readStdin()
		return input{stdinName, stdinName, src}, err
	}
	src, err := readFile(arg)
	return input{arg, arg, src}, err
}

// openPolicy reads what an argument names, or else the preset of that name.
func (r *run) openPolicy(arg string) (input, error) {
	in, err := r.open(arg)
	if !errors.Is(err, fs.ErrNotExist) {
		return in, err
	}
	if src, ok := preset.Source(arg); ok {
		return input{arg, arg + ".yaml", src}, nil
	}
	names := preset.Names()
	reason := "there is no such file, and no preset of that name" + suggest.DidYouMean(arg, names) + " (" + strings.Join(names, ", ") + ")"
	return in, &unreadable{arg, reason, err}
}

func (r *run) readStdin() ([]byte, error) {
	if r.stdinTaken {
		return nil, &unreadable{stdinName, "it was read already; name - once", nil}
	}
	r.stdinTaken = true
	return readAll(stdinName, r.stdin)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, lost(path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &unreadable{path, "this is a directory; name the files in it: " + filepath.Join(path, "*.yaml"), nil}
	}
	return readAll(path, f)
}

// readAll reads no more than a policy or a test file can be long, so that a device
// without an end does no harm.
func readAll(name string, from io.Reader) ([]byte, error) {
	src, err := io.ReadAll(io.LimitReader(from, source.MaxBytes+1))
	switch {
	case err != nil:
		return nil, lost(name, err)
	case len(src) > source.MaxBytes:
		return nil, &unreadable{name, "it is longer than 1 MiB, which is the most that is read", nil}
	}
	return src, nil
}

func lost(name string, err error) *unreadable {
	reason := err.Error()
	var inPath *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason = "there is no such file"
	case errors.As(err, &inPath):
		reason = "it cannot be read: " + inPath.Err.Error()
	}
	return &unreadable{name, reason, err}
}

// keys returns the keys at the top of the file, none if it is no map.
func (in input) keys() []string {
	n := source.Parse(in.src, func(int, int, string) {})
	if n == nil {
		return nil
	}
	var keys []string
	for _, e := range n.Entries {
		keys = append(keys, e.Key.Text)
	}
	return keys
}

// isTest reports whether the file is a test file: what sets it apart from a policy
// is the key policy.
func (in input) isTest() bool { return slices.Contains(in.keys(), "policy") }

// isPolicy reports whether the file is a policy, and not just a bad test file.
func (in input) isPolicy() bool { return !in.isTest() && slices.Contains(in.keys(), "roles") }

// suite loads a test file with its policy.
func (r *run) suite(arg string) (*policytest.Suite, error) {
	in, err := r.open(arg)
	if err != nil {
		return nil, err
	}
	return in.suite()
}

func (in input) suite() (*policytest.Suite, error) {
	if in.isPolicy() {
		return nil, notATest(in)
	}
	return policytest.Load(in.name, in.src, readFile)
}
