package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policytest"
)

// What the README shows is what happens:
//
//   - The lines that begin with "$ " in a console block are run from the root of the
//     repository, and print the lines that follow; "…" on a line of its own stands for
//     any number of lines.
//   - A yaml block that begins with "usher: 1" is a policy without problems, or a test
//     file that passes. Where the fence or the first comment names a file, as in
//     "yaml policy.yaml" or "# policy.yaml", other blocks can use it.
//   - A go block stands line by line in an example that is tested: in a file named
//     example*_test.go, but for indentation and the func around it.
func TestReadme(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.work")); err != nil {
		t.Skip("a downloaded module comes without the repository around it")
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatalf("the README is gone: %v", err)
	}
	blocks := readBlocks(string(text))
	if len(blocks) == 0 {
		t.Fatal("README.md has no fenced blocks, so nobody sees how to begin")
	}
	dir := withNamedBlocks(t, root, blocks)
	examples := readExamples(t, root)
	console := console{root: root, dir: dir}
	for _, b := range blocks {
		t.Run(fmt.Sprintf("line %d", b.line), func(t *testing.T) {
			switch b.language {
			case "console":
				console.play(t, b)
			case "yaml":
				checkYAML(t, b, dir)
			case "go":
				examples.check(t, b)
			}
		})
	}
}

// block is a fenced block of the README.
type block struct {
	line     int // of its first line
	language string
	name     string // of the file that it is, if it says so
	lines    []string
}

func (b block) text() string { return strings.Join(b.lines, "\n") + "\n" }

func readBlocks(text string) []block {
	var blocks []block
	var open *block
	for i, line := range strings.Split(text, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			words := append(strings.Fields(info), "", "")
			open = &block{line: i + 2, language: words[0], name: words[1]}
		case fence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			if name, ok := strings.CutPrefix(line, "# "); ok && len(open.lines) == 0 && open.name == "" && isFileName.MatchString(name) {
				open.name = name
			}
			open.lines = append(open.lines, line)
		}
	}
	return blocks
}

var isFileName = regexp.MustCompile(`^[\w./-]+\.yaml$`)

// withNamedBlocks returns a directory that has all that the repository has, and the
// files that the README writes.
func withNamedBlocks(t *testing.T, root string, blocks []block) string {
	dir := t.TempDir()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if err := os.Symlink(filepath.Join(root, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			t.Skip("this system has no symbolic links:", err)
		}
	}
	for _, b := range blocks {
		if b.language != "yaml" || b.name == "" {
			continue
		}
		if strings.Contains(b.name, "/") || isThere(filepath.Join(root, b.name)) {
			continue // it shows a file of the repository
		}
		if err := os.WriteFile(filepath.Join(dir, b.name), []byte(b.text()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func isThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// checkYAML loads a policy, or a test file whose checks have to pass.
func checkYAML(t *testing.T, b block, dir string) {
	text := b.text()
	if !beginsFile.MatchString(text) {
		return // part of a file
	}
	if file := filepath.Join(dir, b.name); b.name != "" && isThere(file) {
		if src, err := os.ReadFile(file); err != nil || string(src) != text {
			t.Errorf("README.md:%d: this is not what stands in %s", b.line, b.name)
		}
	}
	src := []byte(strings.Repeat("\n", b.line-1) + text) // so that messages have the lines of the README
	if !isTestFile.MatchString(text) {
		p, err := policyfile.Load("README.md", src)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range p.Warnings() {
			t.Error(w)
		}
		return
	}
	suite, err := policytest.Load("README.md", src, func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, path)) })
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range suite.Run().Failures {
		t.Error(f)
	}
}

var (
	beginsFile = regexp.MustCompile(`^(#.*\n|\n)*usher: 1\n`)
	isTestFile = regexp.MustCompile(`(?m)^policy:`)
)

// examples are the tested examples of the core module.
type examples []exampleFile

type exampleFile struct {
	path  string
	lines []exampleLine
}

type exampleLine struct {
	number int
	text   string
}

func readExamples(t *testing.T, root string) (list examples) {
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		if ok, _ := filepath.Match("example*_test.go", e.Name()); !ok {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		list = append(list, exampleFile{filepath.ToSlash(name), codeLines(strings.Split(string(src), "\n"))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// codeLines leaves out indentation and empty lines.
func codeLines(lines []string) (code []exampleLine) {
	for i, line := range lines {
		if text := strings.TrimSpace(line); text != "" {
			code = append(code, exampleLine{i + 1, text})
		}
	}
	return code
}

// check looks for the block in the examples, and tells where the one that goes along
// with it the longest leaves it.
func (list examples) check(t *testing.T, b block) {
	want := codeLines(b.lines)
	best, where := 0, "no example begins so"
	for _, file := range list {
		for start := range file.lines {
			n := 0
			for n < len(want) && start+n < len(file.lines) && file.lines[start+n].text == want[n].text {
				n++
			}
			if n == len(want) {
				return
			}
			if n > best {
				best, where = n, file.path+" ends before it"
				if start+n < len(file.lines) {
					next := file.lines[start+n]
					where = fmt.Sprintf("%s:%d has: %s", file.path, next.number, next.text)
				}
			}
		}
	}
	t.Errorf("README.md:%d: this code stands in no example*_test.go, so nothing runs it.\nREADME: %s\n%s",
		b.line+want[best].number-1, want[best].text, where)
}
