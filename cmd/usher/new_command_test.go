package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A new command is one file and one line. The test follows CONTRIBUTING.md in a copy of the
// repository, and runs the command from a test file and from the command line.
func TestNewCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the copy")
	}
	root := filepath.Join("..", "..")
	page, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	if err != nil {
		t.Skip("a downloaded module comes without the repository around it")
	}
	scratch := copyModules(t, root)

	_, example, _ := strings.Cut(string(page), "\n### Example: a command\n")
	write(t, scratch, "account/hand_over_seat.go", between(t, example, "\n```go\n", "```\n"))
	line := between(t, example, "`account/commands.go`: `", "`")
	list := read(t, scratch, "account/commands.go")
	const last = "\tDeleteAccount{},\n"
	if strings.Count(list, last) != 1 {
		t.Fatalf("the list of commands does not end with %q", last)
	}
	write(t, scratch, "account/commands.go", strings.Replace(list, last, last+"\t"+line+"\n", 1))

	usher := filepath.Join(string(scratch), "usher-with-a-new-command")
	scratch.run(t, "go", "build", "-o", usher, "./cmd/usher")
	write(t, scratch, "seats.test.yaml", `usher: 1
policy: oncehub
account:
  seats: {booking: 1}
  users: {olga: {role: owner, status: active}, mia: {seats: [booking]}, max: {}}
scenarios:
  - name: a seat changes hands
    steps:
      - {as: mia, do: hand-over-seat, from: mia, to: max, pool: booking, fails: denied}
      - `+between(t, example, "the command is now\n`", "`")+`
      - state: {users: {mia: {seats: []}, max: {seats: [booking]}}}
`)
	contains(t, scratch.run(t, usher, "test", "seats.test.yaml"), "1 passed, 0 failed")

	store := []string{"do", "usher.db", "--account", "acme", "--policy", "oncehub", "--host", "signup"}
	scratch.run(t, usher, append(store, "--create", "create-account", "owner=olga", "seats.booking=2", "and", "add-user", "user=mia",
		"and", "add-user", "user=max", "and", "assign-seat", "user=mia", "pool=booking")...)
	contains(t, scratch.run(t, usher, append(store, "hand-over-seat", "from=mia", "to=max", "pool=booking")...), "acme is now at version 2")
	contains(t, scratch.run(t, usher, "do", "--help"), "  hand-over-seat from=USER to=USER pool=POOL\n")
	contains(t, scratch.run(t, usher, append([]string{"__complete"}, append(store, "hand-over-seat", "from=")...)...), "from=mia\n")

	scratch.run(t, "go", "test", ".", "-run", "TestGenerated", "-update")
	for file, want := range map[string]string{
		"policytest/FORMAT.md":    "| `hand-over-seat` | `from` `to` `pool` | Takes a user's seat away and gives it to another user |\n",
		"policy/FORMAT.md":        "| `hand-over-seat` | `seat.assign` | `user`: `to` |\n",
		"schema/test.schema.json": `{ "const": "hand-over-seat", `,
	} {
		contains(t, read(t, scratch, file), want)
	}
}

// checkout is the directory of a copy of the repository.
type checkout string

// copyModules copies the modules of the command line: the core, the stores, and
// the command line itself.
func copyModules(t *testing.T, root string) checkout {
	t.Helper()
	to := t.TempDir()
	skip := map[string]bool{".git": true, ".github": true, "benchmarks": true, "examples": true, "proof": true, "tools": true}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && skip[name]:
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), src, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	var work []string
	for line := range strings.Lines(read(t, checkout(to), "go.work")) {
		if folder, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "./"), "/"); !skip[folder] {
			work = append(work, line)
		}
	}
	write(t, checkout(to), "go.work", strings.Join(work, ""))
	return checkout(to)
}

// run runs a command in the copy, and returns its output.
func (c checkout) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = string(c)
	cmd.Env = append(os.Environ(), "GOWORK=", "GOFLAGS=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
	return string(out)
}

func write(t *testing.T, dir checkout, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(string(dir), name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir checkout, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(string(dir), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func contains(t *testing.T, text, want string) {
	t.Helper()
	if !strings.Contains(text, want) {
		t.Errorf("%q is not in:\n%s", want, text)
	}
}

// between returns the text between two marks.
func between(t *testing.T, text, begin, end string) string {
	t.Helper()
	_, after, begun := strings.Cut(text, begin)
	inside, _, ended := strings.Cut(after, end)
	if !begun || !ended {
		t.Fatalf("CONTRIBUTING.md has no text between %q and %q", begin, end)
	}
	return inside
}
