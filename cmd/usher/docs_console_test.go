package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/usher-go/usher/cmd/usher/internal/cli"
	"github.com/usher-go/usher/internal/pgtest"
)

// elsewhere are the commands that pages may show, but that this test does not run.
var elsewhere = map[string]string{
	"cd":         "all commands run from the root of the repository anyway",
	"git clone":  "it needs the network",
	"go get":     "it needs the network",
	"go install": "it needs the network",
	"make":       "it runs the tests, of which this is one",
}

// console runs the console blocks of a page.
type console struct {
	root      string // of the repository
	dir       string // to run in
	page      string
	code      int // of the last command
	programs  *programs
	services  services
	databases databases
}

// play runs the commands of a block, and compares their output.
func (c *console) play(t *testing.T, b block) {
	t.Chdir(c.dir)
	for i := 0; i < len(b.lines); {
		command, ok := strings.CutPrefix(b.lines[i], "$ ")
		if !ok {
			t.Fatalf("%s:%d: a console block must begin with a command: $ usher …", c.page, b.line+i)
		}
		line := b.line + i
		i++
		var want []string
		for ; i < len(b.lines) && !strings.HasPrefix(b.lines[i], "$ "); i++ {
			want = append(want, b.lines[i])
		}
		got, ran, err := c.run(t, command)
		switch {
		case err != nil:
			t.Errorf("%s:%d: $ %s: %v", c.page, line, command, err)
		case ran && !matches(trim(want), trim(strings.Split(got, "\n"))):
			t.Errorf("%s:%d: $ %s prints other output:\n%s", c.page, line, command, got)
		}
	}
}

// run returns the output of a command. It returns false for a command in elsewhere.
func (c *console) run(t *testing.T, command string) (out string, ran bool, err error) {
	if command == "echo $?" {
		return strconv.Itoa(c.code) + "\n", true, nil
	}
	words, err := split(command)
	if err != nil {
		return "", false, err
	}
	text := strings.Join(words, " ") + " "
	for prefix := range elsewhere {
		if strings.HasPrefix(text, prefix+" ") {
			return "", false, nil
		}
	}
	if err := c.databases.replace(words); err != nil {
		return "", false, err
	}
	switch m := isProgram.FindStringSubmatch("$ " + command); {
	case m != nil && m[1] == "run" && slices.Contains(servicePrograms, m[2]):
		binary, err := c.programs.build(m[2])
		if err != nil {
			return "", false, err
		}
		out, err = c.services.start(binary, c.dir, words[3:])
		return c.databases.shown(out), true, err
	case m != nil:
		out, err = c.programs.run(t, m[1], m[2], c.dir, words[3:])
	case words[0] == "usher":
		out = c.usher(words[1:])
	case strings.HasPrefix(text, "go run ./cmd/usher "):
		out = c.usher(words[3:])
	case words[0] == "curl":
		out, err = c.services.curl(words[1:])
	case words[0] == "createdb" && len(words) == 2:
		err = c.databases.create(words[1])
	case words[0] == "psql", words[0] == "pg_dump":
		out, err = c.client(words)
	default:
		err = fmt.Errorf("this test runs usher, the programs in examples, curl, createdb, psql and pg_dump, and skips %s",
			strings.Join(sortedNames(elsewhere), ", "))
	}
	return c.databases.shown(out), true, err
}

// usher runs the command usher, and returns its output as on a terminal.
func (c *console) usher(args []string) string {
	var both bytes.Buffer
	c.code = cli.Run(args, strings.NewReader(""), &both, &both)
	return both.String()
}

// client runs a client program of PostgreSQL.
func (c *console) client(words []string) (string, error) {
	program, err := pgtest.LookUp(words[0])
	if err != nil {
		return "", err
	}
	run := exec.Command(program, words[1:]...)
	run.Dir = c.dir
	out, err := run.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return string(out), nil
}

func sortedNames(m map[string]string) []string {
	var names []string
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// split splits a command into words as a shell does, with quotes, patterns and comments.
func split(command string) ([]string, error) {
	var words []string
	var word strings.Builder
	quote, began, quoted := rune(0), false, false
	end := func() error {
		if !began {
			return nil
		}
		text := word.String()
		switch {
		case !quoted && strings.ContainsAny(text, "|<>&;$`"):
			return fmt.Errorf("%q needs a shell, but this test runs single commands", text)
		case !quoted && strings.Contains(text, "*"):
			files, err := filepath.Glob(text)
			if err != nil || len(files) == 0 {
				return fmt.Errorf("%s matches no file", text)
			}
			words = append(words, files...)
		default:
			words = append(words, text)
		}
		word.Reset()
		began, quoted = false, false
		return nil
	}
	for _, r := range command {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, began, quoted = r, true, true
		case quote == 0 && r == ' ':
			if err := end(); err != nil {
				return nil, err
			}
		case quote == 0 && r == '#' && !began:
			return words, nil
		default:
			began = true
			word.WriteRune(r)
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("missing closing quote")
	}
	if err := end(); err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("the command is empty")
	}
	return words, nil
}

// trim removes blanks at the end of lines, and empty lines at the end of the text.
func trim(lines []string) []string {
	lines = slices.Clone(lines)
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// matches compares line by line. A line … stands for any number of lines, and … at the end of a line
// for the rest of that line.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return len(got) == 0
	}
	if strings.TrimSpace(want[0]) == "…" {
		return matches(want[1:], got) || len(got) > 0 && matches(want, got[1:])
	}
	if len(got) == 0 {
		return false
	}
	begin, cut := strings.CutSuffix(want[0], "…")
	return (want[0] == got[0] || cut && strings.HasPrefix(got[0], begin)) && matches(want[1:], got[1:])
}

func TestSplit(t *testing.T) {
	for _, row := range []struct {
		command string
		want    []string
		err     string
	}{
		{"usher test  a.yaml", []string{"usher", "test", "a.yaml"}, ""},
		{`usher explain 'a b.yaml' --as "mia m"`, []string{"usher", "explain", "a b.yaml", "--as", "mia m"}, ""},
		{"usher test # all of them", []string{"usher", "test"}, ""},
		{"usher validate *.go.mod.*", nil, "*.go.mod.* matches no file"},
		{"usher validate go.mo*", []string{"usher", "validate", "go.mod"}, ""},
		{"usher matrix oncehub > roles.md", nil, `">" needs a shell, but this test runs single commands`},
		{"usher 'test", nil, "missing closing quote"},
		{" ", nil, "the command is empty"},
	} {
		got, err := split(row.command)
		if err == nil && row.err != "" || err != nil && err.Error() != row.err || !slices.Equal(got, row.want) {
			t.Errorf("split(%s) = %q, %v, want %q, %s", row.command, got, err, row.want, row.err)
		}
	}
}

func TestMatches(t *testing.T) {
	for _, row := range []struct {
		want, got string
		ok        bool
	}{
		{"", "", true},
		{"a", "a", true},
		{"a", "a b", false},
		{"…", "", true},
		{"a … c", "a b b c", true},
		{"a … c", "a c", true},
		{"a … c", "a b c d", false},
		{"… c …", "a c d", true},
		{"a b…", "a bcd", true},
		{"a b…", "a b", true},
		{"a b…", "a cb", false},
		{"a b…", "a bcd e", false},
		{"a b…", "a", false},
		{"ab …", "a", false},
	} {
		if got := matches(strings.Fields(row.want), strings.Fields(row.got)); got != row.ok {
			t.Errorf("matches(%s, %s) = %t", row.want, row.got, got)
		}
	}
}
