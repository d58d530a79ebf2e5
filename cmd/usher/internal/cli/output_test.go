package cli

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/usher-go/usher/internal/printable"
)

func TestColored(t *testing.T) {
	for _, row := range []struct {
		when     string
		terminal bool
		env      string
		want     bool
	}{
		{"auto", true, "", true},
		{"auto", false, "", false},
		{"auto", true, "NO_COLOR=1", false},
		{"auto", true, "NO_COLOR=", true}, // no-color.org: not empty
		{"auto", true, "TERM=dumb", false},
		{"auto", true, "TERM=xterm", true},
		{"always", false, "NO_COLOR=1", true}, // the flag overrides the environment
		{"never", true, "", false},
	} {
		name, value, _ := strings.Cut(row.env, "=")
		getenv := func(key string) string {
			if key == name {
				return value
			}
			return ""
		}
		if got := colored(row.when, row.terminal, getenv); got != row.want {
			t.Errorf("colored(%s, terminal %t, %s) = %t, want %t", row.when, row.terminal, row.env, got, row.want)
		}
	}
}

// A failed write to standard output is an error.
func TestRunFullDisk(t *testing.T) {
	var stderr bytes.Buffer
	code := Run([]string{"validate", "oncehub"}, strings.NewReader(""), full{}, &stderr)
	if code != exitUsage {
		t.Errorf("exit code %d, want %d", code, exitUsage)
	}
	if got, want := stderr.String(), "usher: the output cannot be written: no space left\n"; got != want {
		t.Errorf("stderr %q, want %q", got, want)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

// Text from a file cannot move the cursor or start a new line.
func TestPrintable(t *testing.T) {
	if got, want := printable.Text("Owner\x1b[2J\n\u202eAdmin é"), `Owner\x1b[2J\n\u202eAdmin é`; got != want {
		t.Errorf("printable = %q, want %q", got, want)
	}
}
