package natstest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/usher-go/usher/internal/printable"
)

// built is the path of nats-server, or "" before the first Start and after Cleanup.
var built struct {
	sync.Mutex
	path string
}

// binary returns the path of nats-server, built from the module that go.mod requires.
func binary(ctx context.Context) (string, error) {
	built.Lock()
	defer built.Unlock()
	if built.path != "" {
		return built.path, nil
	}
	dir, err := os.MkdirTemp("", "natstest")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "nats-server")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", path, "github.com/nats-io/nats-server/v2")
	// A signal to go alone would leave the compilers that it has started, and its temporary files.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Env = append(os.Environ(), "GOTMPDIR="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		_ = os.RemoveAll(dir)
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		return "", printable.Errorf("go build nats-server: %w: %s", err, printable.Text(string(out)))
	}
	built.path = path
	return path, nil
}

// Cleanup removes the binary that Start has built, if it has built one. A TestMain calls it at its end.
func Cleanup() {
	built.Lock()
	defer built.Unlock()
	if built.path != "" {
		_ = os.RemoveAll(filepath.Dir(built.path))
		built.path = ""
	}
}
