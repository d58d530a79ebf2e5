package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher/internal/natstest"
)

// topology is three servers and three instances, each with another nearest server.
type topology struct {
	servers   *natstest.Cluster
	instances []*process
}

// process is an instance.
type process struct {
	servers string

	mu      sync.Mutex
	cmd     *exec.Cmd
	stdin   io.Closer // its end, and so the end of this process, ends the instance
	address string    // of its HTTP
}

func start(ctx context.Context) (*topology, error) {
	c, err := natstest.Start(natstest.Options{Context: ctx, OwnGroup: true})
	if err != nil {
		natstest.Cleanup()
		return nil, err
	}
	t := &topology{servers: c}
	for i := range c.Servers {
		p := &process{servers: c.URLs(i)}
		t.instances = append(t.instances, p)
		if err := p.start(ctx); err != nil {
			t.stop()
			return nil, err
		}
	}
	return t, nil
}

func (t *topology) stop() {
	for _, p := range t.instances {
		p.kill()
	}
	t.servers.Stop()
	natstest.Cleanup()
}

// start starts an instance, and waits until it serves, or until ctx ends.
func (p *process) start(ctx context.Context) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), instanceEnv+"="+p.servers)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C in a terminal does not reach it
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Process.Kill()
		if ctx.Err() != nil {
			_ = cmd.Wait() // an error only says that it was killed
			return context.Cause(ctx)
		}
		return errors.Join(fmt.Errorf("an instance does not start: %w", err), cmd.Wait())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cmd, p.stdin, p.address = cmd, in, strings.TrimSpace(line)
	return nil
}

// kill ends an instance at once, as kill -9 does.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // an error only says that it was killed
		p.cmd = nil
	}
}

func (p *process) url(path string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return "http://" + p.address + path
}

// ready waits until all servers have all data.
func (t *topology) ready(ctx context.Context) error {
	waited := make(chan error, 1)
	go func() { waited <- t.servers.Wait(2 * time.Minute) }()
	select {
	case err := <-waited:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leader returns the number of the server that leads the stream of the journals.
func (t *topology) leader(ctx context.Context) (int, error) {
	for until := time.Now().Add(time.Minute); time.Now().Before(until); pause(ctx, 200*time.Millisecond) {
		for i := range t.servers.Servers {
			if ctx.Err() != nil {
				return 0, context.Cause(ctx)
			}
			if name := leaderAs(t.servers.Servers[i].URL); name != "" {
				for k, s := range t.servers.Servers {
					if s.Name == name {
						return k, nil
					}
				}
			}
		}
	}
	return 0, errors.New("no server leads the stream of the journals after a minute")
}

// leaderAs returns the name of the leader as a server sees it, or "".
func leaderAs(url string) string {
	nc, err := nats.Connect(url, nats.Timeout(time.Second), nats.NoReconnect())
	if err != nil {
		return ""
	}
	defer nc.Close()
	m, err := nc.Request("$JS.API.STREAM.INFO.usher-journal-0", nil, time.Second)
	if err != nil {
		return ""
	}
	var info struct{ Cluster struct{ Leader string } }
	if err := json.Unmarshal(m.Data, &info); err != nil {
		return ""
	}
	return info.Cluster.Leader
}
