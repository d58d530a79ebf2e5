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

// checkYAML loads a policy, or loads and runs a test file.
func checkYAML(t *testing.T, b block, dir string) {
	text := b.text()
	if !beginsFile.MatchString(text) {
		return // part of a file
	}
	if file := filepath.Join(dir, b.name); b.name != "" && isThere(file) {
		if src, err := os.ReadFile(file); err != nil || string(src) != text {
			t.Errorf("%s:%d: this differs from the file %s", b.page, b.line, b.name)
		}
	}
	src := []byte(strings.Repeat("\n", b.line-1) + text) // the line numbers in messages are those of the page
	if !isTestFile.MatchString(text) {
		p, err := policyfile.Load(b.page, src)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range p.Warnings() {
			t.Error(w)
		}
		return
	}
	suite, err := policytest.Load(b.page, src, func(path string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, path)) })
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

// code contains the files that the go blocks of a page may quote.
type code []codeFile

type codeFile struct {
	path  string
	lines []codeLine
}

type codeLine struct {
	number int
	text   string
}

// readCode reads the files of the programs that a page runs, and all files
// example*_test.go.
func readCode(t *testing.T, root string, p page) (files code) {
	run := map[string]bool{}
	for _, b := range p.blocks {
		for _, line := range b.lines {
			if m := isProgram.FindStringSubmatch(line); b.language == "console" && m != nil {
				run["examples/"+m[2]] = true
			}
		}
	}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && strings.HasPrefix(e.Name(), ".") && path != root {
			return filepath.SkipDir
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		example, _ := filepath.Match("example*_test.go", e.Name())
		if !example && (!run[filepath.ToSlash(filepath.Dir(name))] || !strings.HasSuffix(name, ".go")) {
			return nil
		}
		src, err := os.ReadFile(path)
		files = append(files, codeFile{name, codeLines(strings.Split(string(src), "\n"))})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var isProgram = regexp.MustCompile(`^\$ go (run|test) \./examples/(\w+)( .*)?$`)

// codeLines returns the lines without indentation and without empty lines.
func codeLines(lines []string) (kept []codeLine) {
	for i, line := range lines {
		if text := strings.TrimSpace(line); text != "" {
			kept = append(kept, codeLine{i + 1, text})
		}
	}
	return kept
}

// check searches the files for the block. If no file contains it, check reports the first line
// that differs from the file with the longest match.
func (files code) check(t *testing.T, b block) {
	want := codeLines(b.lines)
	best, where := 0, "no file has its first line"
	for _, file := range files {
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
	t.Errorf("%s:%d: this code is not in a program that the page runs, nor in an example*_test.go.\npage: %s\n%s",
		b.page, b.line+want[best].number-1, want[best].text, where)
}
