package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// page is the README, or a page under docs.
type page struct {
	name   string // relative to the root of the repository
	blocks []block
}

// block is a fenced block of a page.
type block struct {
	page     string
	line     int // of its first line
	language string
	name     string // of the file that the block is, if the block names one
	lines    []string
}

func (b block) text() string { return strings.Join(b.lines, "\n") + "\n" }

func readPage(t *testing.T, root, file string) page {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	name, err := filepath.Rel(root, file)
	if err != nil {
		t.Fatal(err)
	}
	p := page{name: filepath.ToSlash(name)}
	p.blocks = readBlocks(p.name, string(text))
	return p
}

func readBlocks(page, text string) []block {
	var blocks []block
	var open *block
	for i, line := range strings.Split(text, "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && open == nil:
			words := append(strings.Fields(info), "", "")
			open = &block{page: page, line: i + 2, language: words[0], name: words[1]}
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

// withNamedBlocks returns a directory with all files of the repository, and with
// the named blocks of the page as files.
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
			continue // a file of the repository
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

// checkWidth reports code that is too wide for a page. A tab counts as four columns.
func checkWidth(t *testing.T, b block) {
	if b.language != "go" && b.language != "yaml" && b.language != "sql" {
		return
	}
	for i, line := range b.lines {
		if n := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); n > 100 {
			t.Errorf("%s:%d: %d columns wide, want at most 100", b.page, b.line+i, n)
		}
	}
}

// checkImports reports a page whose Go code has no imports.
func checkImports(t *testing.T, p page) {
	code := false
	for _, b := range p.blocks {
		if b.language != "go" {
			continue
		}
		code = true
		if withImports.MatchString(b.text()) {
			return
		}
	}
	if code {
		t.Errorf("%s has Go code, and no block that begins with a package clause and imports", p.name)
	}
}

var withImports = regexp.MustCompile(`^(//.*\n)*package \w+\n\nimport `)
