package pgtest

import (
	"os"
	"sync"
	"testing"
)

// Shared is a server that the tests of a package share. It starts with the first test that needs
// it. The zero Shared is ready to use.
type Shared struct {
	Options Options

	once   sync.Once
	server *Server
	err    error
}

// Main runs the tests of a package and stops the server. TestMain calls it.
func (s *Shared) Main(m *testing.M) {
	code := m.Run()
	if s.server != nil {
		s.server.Stop()
	}
	os.Exit(code)
}

// Server returns the server. It fails the test if the server cannot start.
func (s *Shared) Server(t testing.TB) *Server {
	t.Helper()
	s.once.Do(func() { s.server, s.err = Start(s.Options) })
	if s.err != nil {
		t.Fatalf("cannot start PostgreSQL for these tests: %v", s.err)
	}
	return s.server
}
