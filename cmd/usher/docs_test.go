package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// The README and the pages under docs show what happens:
//
//   - The lines that begin with "$ " in a console block run from the root of the
//     repository, and print the lines that follow. A line "…" stands for any number of
//     lines. A service runs until the end of the page. postgres://localhost/NAME is a
//     database of the page, on a server that the tests start.
//   - A yaml block that begins with "usher: 1" is a policy without warnings, or a test
//     file that passes. Where the fence or the first comment names a file, as in
//     "yaml policy.yaml" or "# policy.yaml", other blocks can use it. A file of the
//     repository has exactly that text.
//   - A go block is part of a program that the page runs: of a file in a folder of
//     examples for which the page has "$ go run ./examples/NAME" or "$ go test
//     ./examples/NAME". Or it is part of a file example*_test.go. Indentation and empty
//     lines do not count.
//   - A page with Go code shows at least one file from its package clause on, so that
//     its reader sees the imports.
//   - Code is at most 100 columns wide.
func TestDocs(t *testing.T) {
	root := repository(t)
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("docs has no pages: %v", err)
	}
	programs := &programs{root: root, dir: t.TempDir(), built: map[string]string{}}
	for _, file := range append([]string{filepath.Join(root, "README.md")}, pages...) {
		p := readPage(t, root, file)
		t.Run(p.name, func(t *testing.T) {
			if len(p.blocks) == 0 {
				t.Skip("this page has no code")
			}
			dir := withNamedBlocks(t, root, p.blocks)
			console := console{root: root, dir: dir, page: p.name, programs: programs, databases: databases{page: p.name}}
			defer console.databases.drop(t)
			defer console.services.stop(t)
			code := readCode(t, root, p)
			for _, b := range p.blocks {
				t.Run(fmt.Sprintf("line %d", b.line), func(t *testing.T) {
					checkWidth(t, b)
					switch b.language {
					case "console":
						console.play(t, b)
					case "yaml":
						checkYAML(t, b, dir)
					case "go":
						code.check(t, b)
					}
				})
			}
			checkImports(t, p)
		})
	}
}

// repository returns the root of the repository.
func repository(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.work")); err != nil {
		t.Skip("a downloaded module does not contain the repository around it")
	}
	return root
}
