package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// isService is the command of the README that starts a service.
var isService = regexp.MustCompile(`^go run (\./examples/\w+) $`)

// serve builds a program of the repository, starts it in dir, and returns what it prints
// until it says how to end it; then it ends it. Whatever port it found, it is the one
// that the README shows.
func serve(t *testing.T, root, dir, program string) (out string, err error) {
	binary := filepath.Join(t.TempDir(), "service")
	build := exec.Command("go", "build", "-o", binary, program)
	build.Dir = root
	if said, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, said)
	}
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
				return out, fmt.Errorf("it did not end well: %w\n%s", err, log.String())
			}
			return out, nil
		}
	}
	return out, fmt.Errorf("it did not start:\n%s", log.String())
}

var address = regexp.MustCompile(`127\.0\.0\.1:\d+`)
