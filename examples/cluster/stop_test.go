package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// programEnv makes the test binary the program.
const programEnv = "USHER_CLUSTER_PROGRAM"

// program is the program as a process, in its first fault, which does not end by itself.
type program struct {
	cmd    *exec.Cmd
	dir    string // of its temporary files
	lines  *bufio.Reader
	stderr strings.Builder
	alive  *os.File // ends when the program and all processes that it started have ended
}

func startProgram(t *testing.T) *program {
	t.Helper()
	alive, inherited, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{cmd: exec.Command(os.Args[0], "-faults", "1", "-each", "1h", "-for", "1h"), dir: t.TempDir(), alive: alive}
	p.cmd.Env = append(os.Environ(), programEnv+"=1", "TMPDIR="+p.dir)
	p.cmd.ExtraFiles = []*os.File{inherited}
	p.cmd.Stderr = &p.stderr
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	err = p.cmd.Start()
	_ = inherited.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = alive.Close() })
	p.lines = bufio.NewReader(out)
	var seen string
	for !strings.HasSuffix(seen, kinds[0].name) {
		b, err := p.lines.ReadByte()
		if err != nil {
			_ = p.cmd.Wait()
			t.Fatalf("the program ends before its first fault: %s\n%s", seen, p.stderr.String())
		}
		seen += string(b)
	}
	return p
}

// ended waits for the end of the program and of all processes that it started, and returns what it has
// printed since its fault began.
func (p *program) ended(t *testing.T) (out string, err error) {
	t.Helper()
	text, readErr := io.ReadAll(p.lines)
	err = p.cmd.Wait()
	if _, aliveErr := io.ReadAll(p.alive); readErr != nil || aliveErr != nil {
		t.Fatal(readErr, aliveErr)
	}
	return string(text), err
}

func TestInterruptedInFault(t *testing.T) {
	p := startProgram(t)
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil { // as Ctrl-C in a terminal
		t.Fatal(err)
	}
	out, err := p.ended(t)
	if err == nil || !strings.Contains(p.stderr.String(), "interrupt signal received") {
		t.Errorf("the program ends with %v, and prints %q; want exit status 1 and the signal", err, p.stderr.String())
	}
	for _, want := range []string{"commits acknowledged", "of these lost, or replaced by another", "checks that returned an error"} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not have %q:\n%s", want, out)
		}
	}
	left, err := os.ReadDir(p.dir)
	if err != nil || len(left) > 0 {
		t.Errorf("the program leaves %v, error %v", left, err)
	}
	t.Logf("%s\n%s", out, p.stderr.String())
}

func TestKilledInFault(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "freebsd" {
		t.Skip("on this system the servers go on")
	}
	p := startProgram(t)
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = p.ended(t) // which waits for all processes
}

func TestInstanceEnds(t *testing.T) {
	top, err := start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer top.stop()
	ways := []struct {
		name string
		end  func(*process) error
	}{
		{"SIGTERM", func(p *process) error { return p.cmd.Process.Signal(syscall.SIGTERM) }},
		{"the end of its standard input", func(p *process) error { return p.stdin.Close() }},
	}
	for i, way := range ways {
		p := top.instances[i]
		if err := way.end(p); err != nil {
			t.Fatal(err)
		}
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("%s ends an instance with %v, want status 0", way.name, err)
		}
	}
}
