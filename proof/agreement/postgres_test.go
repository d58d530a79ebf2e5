package agreement_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// postgres is a server for these tests only, on a socket in a separate directory. It starts with
// the first test that needs it, and stops after the last test.
var postgres server

type server struct {
	once sync.Once
	err  error
	dir  string
	run  *exec.Cmd
	log  bytes.Buffer
}

func TestMain(m *testing.M) {
	code := m.Run()
	postgres.stop()
	os.Exit(code)
}

// open returns a new database of the server. It fails the test if the server cannot start.
func (s *server) open(t testing.TB, options ...string) *sql.DB {
	t.Helper()
	s.once.Do(func() { s.err = s.start() })
	if s.err != nil {
		t.Fatalf("cannot start PostgreSQL for these tests: %v\ninstall it, for example with: apt-get install postgresql", s.err)
	}
	name := fmt.Sprintf("proof%d", time.Now().UnixNano())
	admin := s.connect(t, "postgres")
	mustExec(t, admin, "CREATE DATABASE "+name)
	return s.connect(t, name, options...)
}

func (s *server) connect(t testing.TB, name string, options ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", fmt.Sprintf("host=%s user=usher dbname=%s %s", s.dir, name, strings.Join(options, " ")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (s *server) start() error {
	initdb, err := lookUp("initdb")
	if err != nil {
		return err
	}
	program, err := lookUp("postgres")
	if err != nil {
		return err
	}
	// The path of a socket may have at most about a hundred bytes, and those of t.TempDir are often
	// longer.
	if s.dir, err = os.MkdirTemp("", "usherpg"); err != nil {
		return err
	}
	as, err := unprivileged(s.dir)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	made := exec.Command(initdb, "-D", data, "-U", "usher", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8")
	made.Dir, made.SysProcAttr = s.dir, as
	if out, err := made.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	s.run = exec.Command(program, "-D", data, "-k", s.dir, "-h", "", "-F",
		"-c", "full_page_writes=off", "-c", "synchronous_commit=off", "-c", "max_wal_size=4GB", "-c", "shared_buffers=512MB")
	s.run.Dir, s.run.SysProcAttr, s.run.Stderr = s.dir, as, &s.log
	if err := s.run.Start(); err != nil {
		return err
	}
	return s.await()
}

func (s *server) await() error {
	db, err := sql.Open("pgx", fmt.Sprintf("host=%s user=usher dbname=postgres", s.dir))
	if err != nil {
		return err
	}
	defer db.Close()
	for range 10_000 { // longer than the timeout of go test
		if err = db.PingContext(context.Background()); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	return fmt.Errorf("the server does not respond: %w\n%s", err, s.log.String())
}

func (s *server) stop() {
	if s.run != nil && s.run.Process != nil {
		_ = s.run.Process.Signal(syscall.SIGQUIT) // no data to save
		_ = s.run.Wait()
		s.run = nil
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}

// lookUp finds a program of the server, which is often not in PATH.
func lookUp(program string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	var dirs []string
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		dirs = append(dirs, found...)
	}
	for _, dir := range dirs {
		if path, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is neither in PATH nor in the usual directories", program)
}

// unprivileged returns the system user that runs the server, which refuses to run as root, and
// makes this user the owner of the directory.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
		gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
		if errUID != nil || errGID != nil {
			continue
		}
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, int(uid), int(gid))
	}
	return nil, fmt.Errorf("run as root, the server needs a system user postgres or nobody")
}

func mustExec(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(context.Background(), statement, args...); err != nil {
		t.Fatalf("%.300s: %v", statement, err)
	}
}
