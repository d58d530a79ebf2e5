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

// stdinName is the name of standard input in messages.
const stdinName = "<stdin>"

// input is the content of a file or a preset.
type input struct {
	asked string // the name in the command line
	name  string // the name in messages about its lines
	src   []byte
}

// unreadable is the error for a file that cannot be read or opened.
type unreadable struct {
	file, reason string
	err          error
}

func (e *unreadable) Error() string { return e.file + ": " + e.reason }
func (e *unreadable) Unwrap() error { return e.err }

// open reads the file that an argument names, or standard input for -.
func (r *run) open(arg string) (input, error) {
	if arg == "-" {
		src, err := r.readStdin()
		return input{stdinName, stdinName, src}, err
	}
	src, err := readFile(arg)
	return input{arg, arg, src}, err
}

// openPolicy reads the file that an argument names, or the preset of that name if the file
// does not exist.
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
		return nil, &unreadable{stdinName, "standard input can be read only once; give - once", nil}
	}
	r.stdinTaken = true
	return readAll(stdinName, r.stdin)
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, &unreadable{path, "this is a directory; name the files in it: " + filepath.Join(path, "*.yaml"), nil}
	}
	return readAll(path, f)
}

// readAll reads at most the longest valid policy or test file, so that an endless device
// cannot exhaust the memory.
func readAll(name string, from io.Reader) ([]byte, error) {
	src, err := io.ReadAll(io.LimitReader(from, source.MaxBytes+1))
	switch {
	case err != nil:
		return nil, openError(name, err)
	case len(src) > source.MaxBytes:
		return nil, &unreadable{name, "the file is longer than 1 MiB, the limit", nil}
	}
	return src, nil
}

func openError(name string, err error) *unreadable {
	reason := err.Error()
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason = "there is no such file"
	case errors.As(err, &pathErr):
		reason = "cannot be read: " + pathErr.Err.Error()
	}
	return &unreadable{name, reason, err}
}

// keys returns the top-level keys of the file, none if it is not a map.
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

// isTest reports whether the file is a test file. Only test files have the key policy.
func (in input) isTest() bool { return slices.Contains(in.keys(), "policy") }

// suite loads a test file with its policy.
func (r *run) suite(arg string) (*policytest.Suite, error) {
	in, err := r.open(arg)
	if err != nil {
		return nil, err
	}
	return in.suite()
}

func (in input) suite() (*policytest.Suite, error) {
	return policytest.Load(in.name, in.src, readFile)
}
