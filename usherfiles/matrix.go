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

// updateVariable is the environment variable that lets Matrix write. It is not a flag of the test
// binary, because tests often define a flag -update, and a second definition would panic.
const updateVariable = "USHER_UPDATE"

// Matrix fails the test unless the golden file contains the role tables of a policy, as
// printed by `usher matrix --format markdown`. The policy is a preset or a file. A failure
// shows the lines that differ, with their tables: lines of the file begin with -, and
// lines of the policy with +. CRLF and LF line breaks are equal.
//
// With USHER_UPDATE=1 in the environment, Matrix writes the file, creates its directory if
// necessary, and logs that. If CI is also set, as most CI services do, Matrix fails and
// writes nothing.
func Matrix(t testing.TB, policy, golden string) {
	requireTest(t).Helper()
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
		t.Errorf("%s does not exist. To create it from %s: %s", golden, policy, updateCommand(t))
	default:
		t.Errorf("%s does not match %s.%s\nIf the policy is right, update the file: %s",
			golden, policy, differences(golden, lines(got), lines(want)), updateCommand(t))
	}
}

// updating reports whether USHER_UPDATE is set. It returns an error for an invalid value,
// and for a true value under CI.
func updating() (bool, error) {
	text := os.Getenv(updateVariable)
	if text == "" {
		return false, nil
	}
	update, err := strconv.ParseBool(text)
	if err != nil {
		return false, printable.Errorf("invalid %s=%s (want 1 or 0)", updateVariable, text)
	}
	if ci := os.Getenv("CI"); update && ci != "" && ci != "0" && ci != "false" {
		return false, printable.Errorf("%s=%s is not allowed with CI=%s: update golden files locally, and review the changes", updateVariable, text, ci)
	}
	return update, nil
}

func write(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	return os.WriteFile(name, []byte(text), 0o666)
}

// updateCommand returns the command that runs the test and updates the file.
func updateCommand(t testing.TB) string {
	parts := strings.Split(t.Name(), "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return fmt.Sprintf("%s=1 go test -run '%s'", updateVariable, strings.Join(parts, "/"))
}
