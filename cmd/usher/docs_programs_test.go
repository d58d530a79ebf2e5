package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// programs are the programs in examples. Each is built once.
type programs struct {
	root  string            // of the repository
	dir   string            // for the binaries
	built map[string]string // the binaries, by name
}

// run runs a program in dir, or its tests, and returns its standard output.
func (ps *programs) run(t *testing.T, how, name, dir string, args []string) (out string, err error) {
	if how == "test" {
		test := exec.Command("go", "test", "./examples/"+name)
		test.Dir = ps.root
		out, err := test.CombinedOutput()
		return string(out), err
	}
	binary, err := ps.build(name)
	if err != nil {
		return "", err
	}
	program := exec.CommandContext(t.Context(), binary, args...)
	program.Dir = dir
	var stdout, stderr bytes.Buffer
	program.Stdout, program.Stderr = &stdout, &stderr
	if err := program.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%w\n%s", err, stderr.String())
	}
	return stdout.String(), nil
}

func (ps *programs) build(name string) (binary string, err error) {
	if binary, ok := ps.built[name]; ok {
		return binary, nil
	}
	binary = filepath.Join(ps.dir, name)
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, "./examples/"+name) // -s -w is faster
	build.Dir = ps.root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	ps.built[name] = binary
	return binary, nil
}
