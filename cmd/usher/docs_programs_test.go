package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// services are the programs that run until Ctrl-C. Their last line contains that word.
var services = []string{"scheduler"}

// programs are the programs in examples. Each is built once.
type programs struct {
	root  string            // of the repository
	dir   string            // for the binaries
	built map[string]string // the binaries, by name
}

// run runs a program in dir, or its tests, and returns its standard output.
func (ps *programs) run(t *testing.T, how, name, dir string) (out string, err error) {
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
	if slices.Contains(services, name) {
		return serve(binary, dir)
	}
	program := exec.CommandContext(t.Context(), binary)
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

// serve starts a service in dir, and returns its output up to the line with Ctrl-C.
// Then it stops the service. The result has the port number of the pages.
func serve(binary, dir string) (out string, err error) {
	service := exec.Command(binary)
	service.Dir = dir
	var log strings.Builder
	service.Stderr = &log
	stdout, err := service.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := service.Start(); err != nil {
		return "", err
	}
	defer func() {
		_ = service.Process.Kill() // unless it has ended
		_ = service.Wait()
	}()
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		line := lines.Text()
		out += address.ReplaceAllString(line, "127.0.0.1:8080") + "\n"
		if strings.HasPrefix(line, "Ctrl-C ends it") {
			if err := service.Process.Signal(os.Interrupt); err != nil {
				return out, err
			}
			if err := service.Wait(); err != nil {
				return out, fmt.Errorf("the service ended with an error: %w\n%s", err, log.String())
			}
			return out, nil
		}
	}
	return out, fmt.Errorf("the service did not start:\n%s", log.String())
}

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)
