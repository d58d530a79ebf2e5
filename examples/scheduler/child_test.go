package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var workshop string // a directory for the binary

func TestMain(m *testing.M) {
	var err error
	if workshop, err = os.MkdirTemp("", "scheduler"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(workshop)
	stopPostgres()
	os.Exit(code)
}

// binary builds the service once for all tests, with or without the race detector.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(workshop, "service")
	args := []string{"build", "-o", path}
	if raceEnabled {
		args = append(args, "-race")
	}
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// child is the service in a process of its own.
type child struct {
	*world
	command *exec.Cmd
	welcome string // the output at the start
	log     bytes.Buffer
}

// start starts the service over a directory.
func start(t *testing.T, dir string, args ...string) *child {
	t.Helper()
	return launch(t, append([]string{"-data", dir}, args...)...)
}

// launch starts the service.
func launch(t *testing.T, args ...string) *child {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{command: exec.Command(path, args...)}
	c.command.Stderr = &c.log
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if c.command.ProcessState == nil {
			_ = c.command.Process.Kill()
			_ = c.command.Wait()
		}
	})
	c.world = &world{TB: t, client: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}}
	t.Cleanup(c.client.CloseIdleConnections)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		c.welcome += lines.Text() + "\n"
		if _, url, found := strings.Cut(lines.Text(), "scheduler is on "); found {
			c.url = url
		}
		if strings.HasPrefix(lines.Text(), "Ctrl-C") {
			return c
		}
	}
	_ = c.command.Wait()
	t.Fatalf("it did not start:\n%s%s", c.welcome, c.log.String())
	return nil
}

// kill kills the process.
func (c *child) kill() {
	c.Helper()
	if err := c.command.Process.Kill(); err != nil {
		c.Fatal(err)
	}
	_ = c.command.Wait() // the error is that the process was killed
}

// stop interrupts the process, waits for it, and returns its error.
func (c *child) stop() error {
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return c.command.Wait()
}
