// Package pgtest runs PostgreSQL servers for tests. A server belongs to one process, listens on a
// socket in a directory of its own, and needs nothing but the server's binaries.
package pgtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/usher-go/usher/internal/printable"
)

// Options configures a server. The zero value is a server that keeps its promises.
type Options struct {
	// Fast turns off everything that protects data from a crash of the server or the machine.
	Fast bool

	// Settings are further settings of the server, such as "max_connections=200".
	Settings []string
}

// Server is a running server. Its methods may be called concurrently.
type Server struct {
	dir     string
	program string
	args    []string
	as      *syscall.SysProcAttr

	mu  sync.Mutex
	run *exec.Cmd
	log *output
}

// Install tells how to get the server's binaries.
const Install = "install PostgreSQL, for example with: apt-get install postgresql"

// Start starts a new, empty server. The caller must call Stop.
func Start(o Options) (*Server, error) {
	initdb, err := LookUp("initdb")
	if err != nil {
		return nil, err
	}
	s := &Server{}
	if s.program, err = LookUp("postgres"); err != nil {
		return nil, err
	}
	// The path of a socket may have at most about a hundred bytes, and those of t.TempDir are often
	// longer.
	if s.dir, err = os.MkdirTemp("", "usherpg"); err != nil {
		return nil, err
	}
	if err := s.create(initdb, o); err != nil {
		_ = os.RemoveAll(s.dir)
		return nil, err
	}
	if err := s.launch(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *Server) create(initdb string, o Options) (err error) {
	if s.as, err = unprivileged(s.dir); err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	made := exec.Command(initdb, "-D", data, "-U", User, "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
	made.Dir, made.SysProcAttr = s.dir, s.as
	if out, err := made.CombinedOutput(); err != nil {
		return printable.Errorf("initdb: %w\n%s", err, out)
	}
	s.args = []string{"-D", data, "-k", s.dir, "-h", "", "-p", "5432", "-c", "lc_messages=C"}
	if o.Fast {
		s.args = append(s.args, "-F", "-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "max_wal_size=4GB", "-c", "shared_buffers=512MB")
	}
	for _, setting := range o.Settings {
		s.args = append(s.args, "-c", setting)
	}
	return nil
}

// User is the superuser of every server. It needs no password.
const User = "usher"

// Dir is the directory of the socket, the "host" of a connection string.
func (s *Server) Dir() string { return s.dir }

// DSN returns the connection string of a database, with further settings such as "pool_max_conns=4".
// The database "postgres" always exists.
func (s *Server) DSN(database string, settings ...string) string {
	return strings.Join(append([]string{"host=" + s.dir, "user=" + User, "dbname=" + database}, settings...), " ")
}

// URL returns the connection string of a database as a URL.
func (s *Server) URL(database string) string {
	return "postgres://" + User + "@/" + database + "?host=" + s.dir
}

// startTimeout is how long a server may take until it accepts connections; after a crash it first
// replays its log.
const startTimeout = 2 * time.Minute

// launch starts the process, and waits until it accepts connections.
func (s *Server) launch() error {
	s.log = &output{ready: make(chan struct{})}
	s.run = exec.Command(s.program, s.args...)
	s.run.Dir, s.run.SysProcAttr, s.run.Stderr = s.dir, s.as, s.log
	if err := s.run.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	run := s.run
	go func() { ended <- run.Wait() }()
	s.log.ended = ended
	timer := time.NewTimer(startTimeout)
	defer timer.Stop()
	select {
	case <-s.log.ready:
		return nil
	case err := <-ended:
		ended <- err
		return printable.Errorf("the server ended: %v\n%s", err, s.log)
	case <-timer.C:
		return printable.Errorf("the server does not accept connections after %s\n%s", startTimeout, s.log)
	}
}

// Crash ends the server at once, without a checkpoint, as "pg_ctl stop -m immediate" does, and
// starts it again. It returns after the server has replayed its log and accepts connections.
func (s *Server) Crash() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(syscall.SIGQUIT)
	return s.launch()
}

// Restart ends all connections, shuts the server down in order, and starts it again.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(syscall.SIGINT)
	return s.launch()
}

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(syscall.SIGQUIT)
	_ = os.RemoveAll(s.dir)
}

func (s *Server) end(how os.Signal) {
	if s.run == nil || s.run.Process == nil {
		return
	}
	_ = s.run.Process.Signal(how) // an error means that the process has ended
	<-s.log.ended
	s.run = nil
}

// Log returns what the server has logged since its last start.
func (s *Server) Log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// output is the log of a server.
type output struct {
	ended chan error

	mu    sync.Mutex
	text  bytes.Buffer
	ready chan struct{} // closed when the server accepts connections
	found bool
}

func (o *output) Write(data []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.text.Write(data)
	if !o.found && bytes.Contains(o.text.Bytes(), []byte("database system is ready to accept connections")) {
		o.found = true
		close(o.ready)
	}
	return n, err
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
