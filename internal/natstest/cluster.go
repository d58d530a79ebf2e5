// Package natstest starts clusters of NATS servers for tests, as processes of their own, and makes them
// fail.
package natstest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// Options configures a cluster.
type Options struct {
	Servers int    // Default: 3
	Lazy    bool   // the servers do not wait for the disk
	Dir     string // of their data. Default: a temporary directory

	// Context ends the start, not the servers. Default: context.Background()
	Context context.Context
	// OwnGroup gives each server a process group of its own: Ctrl-C in a terminal ends this process only.
	OwnGroup bool
}

// Cluster is a group of servers on this machine. The connections between them go through proxies, so
// that a server can be cut off.
type Cluster struct {
	Servers []*Server

	binary   string
	dir      string
	ownsDir  bool
	ownGroup bool
}

// Server is a server of a cluster.
type Server struct {
	Name    string
	URL     string // for clients
	Monitor string // for HTTP
	Dir     string // of its data

	cluster *Cluster
	config  string
	proxies []*proxy // to and from it
	route   string
	mu      sync.Mutex
	process *exec.Cmd
	exited  chan struct{}
}

// Start starts a cluster, and waits until it can be used. The caller must call Stop. On Linux and FreeBSD,
// the servers also end when this process ends without Stop; their data then stays.
func Start(o Options) (c *Cluster, err error) {
	ctx := o.Context
	if ctx == nil {
		ctx = context.Background()
	}
	path, err := binary(ctx)
	if err != nil {
		return nil, err
	}
	for range 3 { // another process may take a port
		if c, err = start(ctx, path, o); err == nil || ctx.Err() != nil {
			return c, err
		}
	}
	return nil, err
}

func start(ctx context.Context, binary string, o Options) (c *Cluster, err error) {
	c = &Cluster{binary: binary, dir: o.Dir, ownGroup: o.OwnGroup}
	if c.dir == "" {
		if c.dir, err = os.MkdirTemp("", "natscluster"); err != nil {
			return nil, err
		}
		c.ownsDir = true
	}
	n := o.Servers
	if n == 0 {
		n = 3
	}
	if err := c.configure(n, o.Lazy); err != nil {
		c.Stop()
		return nil, err
	}
	for _, s := range c.Servers {
		if err := s.Start(); err != nil {
			c.Stop()
			return nil, err
		}
	}
	if err := c.wait(ctx, 30*time.Second); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// configure writes the configuration of the servers. Server i reaches server k through a proxy of the
// pair.
func (c *Cluster) configure(n int, lazy bool) error {
	ports, release, err := freePorts(3 * n)
	if err != nil {
		return err
	}
	defer release() // after the proxies have their ports
	for i := range n {
		name := fmt.Sprintf("s%d", i+1)
		c.Servers = append(c.Servers, &Server{
			Name: name, cluster: c, Dir: filepath.Join(c.dir, name), config: filepath.Join(c.dir, name+".conf"),
			URL: "nats://" + ports[3*i], Monitor: "http://" + ports[3*i+1], route: ports[3*i+2],
		})
	}
	for i, s := range c.Servers {
		var routes []string
		for k, other := range c.Servers {
			if i == k {
				continue
			}
			p, err := newProxy(other.route)
			if err != nil {
				return err
			}
			routes = append(routes, fmt.Sprintf("%q", "nats://"+p.address()))
			s.proxies, other.proxies = append(s.proxies, p), append(other.proxies, p)
		}
		sync := "sync_interval: always"
		if lazy {
			sync = ""
		}
		cluster := ""
		if n > 1 {
			cluster = fmt.Sprintf(`cluster {
  name: test
  listen: %q
  advertise: "127.0.0.1:9"  # no connections but those through the proxies
  no_advertise: true
  ping_interval: "500ms"
  routes: [%s]
}
`, s.route, strings.Join(routes, ", "))
		}
		text := fmt.Sprintf("server_name: %s\nlisten: %q\nhttp: %q\njetstream {\n  store_dir: %q\n  %s\n}\n%s",
			s.Name, strings.TrimPrefix(s.URL, "nats://"), strings.TrimPrefix(s.Monitor, "http://"), s.Dir, sync, cluster)
		if err := os.WriteFile(s.config, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// freePorts returns addresses on which nothing listens after release.
func freePorts(n int) (addresses []string, release func(), err error) {
	var listeners []net.Listener
	release = func() {
		for _, l := range listeners {
			_ = l.Close()
		}
	}
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			release()
			return nil, nil, err
		}
		listeners = append(listeners, l)
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, release, nil
}

// URLs returns the addresses of all servers for a client, first that of server i.
func (c *Cluster) URLs(i int) string {
	var urls []string
	for k := range c.Servers {
		urls = append(urls, c.Servers[(i+k)%len(c.Servers)].URL)
	}
	return strings.Join(urls, ",")
}

// Monitors returns the addresses of the servers' monitoring.
func (c *Cluster) Monitors() (urls []string) {
	for _, s := range c.Servers {
		urls = append(urls, s.Monitor)
	}
	return urls
}

// Wait waits until all running servers report that they are healthy.
func (c *Cluster) Wait(timeout time.Duration) error { return c.wait(context.Background(), timeout) }

func (c *Cluster) wait(ctx context.Context, timeout time.Duration) error {
	until := time.Now().Add(timeout)
	for _, s := range c.Servers {
		for s.running() {
			err := s.healthy()
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if time.Now().After(until) {
				return printable.Errorf("server %s is not healthy after %s: %w", s.Name, timeout, printable.Error(err))
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return nil
}

func (s *Server) healthy() error {
	client := http.Client{Timeout: 2 * time.Second}
	r, err := client.Get(s.Monitor + "/healthz")
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if r.StatusCode != http.StatusOK {
		reason, _ := io.ReadAll(r.Body)
		return printable.Errorf("%s: %s", r.Status, printable.Text(string(reason)))
	}
	return nil
}

// Stop kills all servers and removes their data.
func (c *Cluster) Stop() {
	for _, s := range c.Servers {
		_ = s.Kill()
		for _, p := range s.proxies {
			p.close()
		}
	}
	if c.ownsDir {
		_ = os.RemoveAll(c.dir)
	}
}

// Start starts a server that does not run.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return nil
	}
	log, err := os.OpenFile(s.config+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.cluster.binary, "-c", s.config)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes(s.cluster.ownGroup)
	started, exited := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the server ends with the thread that started it
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(exited)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.process, s.exited = cmd, exited
	return nil
}

func (s *Server) running() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process != nil
}

// PID returns the id of the process of a server, or 0 if it is not running.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return 0
	}
	return s.process.Process.Pid
}

// Kill ends a server at once, as kill -9 does.
func (s *Server) Kill() error { return s.end(syscall.SIGKILL) }

// Term ends a server in an orderly way.
func (s *Server) Term() error { return s.end(syscall.SIGTERM) }

func (s *Server) end(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	_ = s.process.Process.Signal(sig) // unless it has ended
	var err error
	select {
	case <-s.exited:
	case <-time.After(30 * time.Second):
		_ = s.process.Process.Kill()
		<-s.exited
		err = printable.Errorf("server %s does not end after %s", s.Name, sig)
	}
	s.process = nil
	return err
}

// Pause stops a server with SIGSTOP, and Resume lets it go on.
func (s *Server) Pause() error { return s.signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (s *Server) Resume() error { return s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	return s.process.Process.Signal(sig)
}

// Cut cuts a server off from the others: what they send each other is lost. Clients stay connected.
func (s *Server) Cut() {
	for _, p := range s.proxies {
		p.cut(true)
	}
}

// Heal ends a Cut.
func (s *Server) Heal() {
	for _, p := range s.proxies {
		p.cut(false)
	}
}

// LogEnd returns the last lines of the server's log.
func (s *Server) LogEnd(lines int) string {
	data, err := os.ReadFile(s.config + ".log")
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// Healthy reports whether a server has all data and takes part.
func (s *Server) Healthy() bool { return s.healthy() == nil }
