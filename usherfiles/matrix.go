package usherfiles

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/roletable"
)

// updates is the variable of the environment that lets Matrix write. It is no flag of
// the test binary: tests often have one named -update already, and a second one of
// that name would panic.
const updates = "USHER_UPDATE"

// Matrix fails the test unless the golden file has what `usher matrix --format
// markdown` prints of a policy, which is a preset or a file: for each type of resource
// a table of what each role may do. It shows the lines that differ, those of the file
// with - and those of the policy with +, in the tables that they are from. Line breaks
// of Windows count as those of others.
//
// With USHER_UPDATE=1 in the environment Matrix writes the file, and its directory if
// there is none, and logs that it has. Where CI is set as well, as most services for
// continuous integration do, it fails and writes nothing.
func Matrix(t testing.TB, policy, golden string) {
	only(t).Helper()
	p, err := loadPolicy(policy)
	if err != nil {
		t.Error(err)
		return
	}
	update, err := updating()
	if err != nil {
		t.Error(err)
		return
	}
	written, err := os.ReadFile(golden)
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !missing {
		t.Error(err)
		return
	}
	want := roletable.Markdown(p)
	got := strings.ReplaceAll(string(written), "\r\n", "\n")
	switch {
	case got == want && !missing:
	case update:
		if err := write(golden, want); err != nil {
			t.Error(err)
			return
		}
		t.Logf("wrote %s", golden)
	case missing:
		t.Errorf("%s does not exist. To make it of %s: %s", golden, policy, again(t))
	default:
		t.Errorf("%s is not what %s says.%s\nIf the policy is right, update the file: %s",
			golden, policy, differences(golden, lines(got), lines(want)), again(t))
	}
}

// updating reports whether the environment asks for files to be written.
func updating() (bool, error) {
	text := os.Getenv(updates)
	if text == "" {
		return false, nil
	}
	update, err := strconv.ParseBool(text)
	if err != nil {
		return false, printable.Errorf("%s=%s: it must be 1 or 0", updates, text)
	}
	if ci := os.Getenv("CI"); update && ci != "" && ci != "0" && ci != "false" {
		return false, printable.Errorf("%s=%s, but CI=%s: a golden file is written by people, who look at what changes in it", updates, text, ci)
	}
	return update, nil
}

func write(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o666)
}

// again is the command that runs the test and updates.
func again(t testing.TB) string {
	parts := strings.Split(t.Name(), "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return fmt.Sprintf("%s=1 go test -run '%s'", updates, strings.Join(parts, "/"))
}
