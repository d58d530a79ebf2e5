package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// program is the folder with the Go code of README.md.
const program = "examples/readme"

// readme runs the lines of README.md that get or install something, as they are there, and builds
// the program of the README in the folder where it got the libraries.
func (c check) readme() error {
	text, err := os.ReadFile(filepath.Join(c.root, "README.md"))
	if err != nil {
		return err
	}
	dir, err := c.newModule()
	if err != nil {
		return err
	}
	var got, installed bool
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if i := slices.Index(words, "#"); i >= 0 {
			words = words[:i]
		}
		if len(words) < 4 || words[0] != "$" || words[1] != "go" || words[2] != "get" && words[2] != "install" {
			continue
		}
		got, installed = got || words[2] == "get", installed || words[2] == "install"
		if err := c.user.run(dir, "go", words[2:]...); err != nil {
			return fmt.Errorf("README.md: %w", err)
		}
	}
	if !got || !installed {
		return errors.New(`README.md has no line that begins with "$ go get" or no line that begins with "$ go install"`)
	}
	if err := c.copyProgram(dir); err != nil {
		return err
	}
	// The go get line must get all that the program imports, so go mod tidy does not run in between.
	return c.user.run(dir, "go", "vet", "./...")
}

// copyProgram copies the files of the program, which may embed some that are not Go.
func (c check) copyProgram(dir string) error {
	source := filepath.Join(c.root, program)
	if _, err := os.Stat(source); err != nil {
		return fmt.Errorf("the program of README.md is missing: %w", err)
	}
	return os.CopyFS(dir, os.DirFS(source))
}
