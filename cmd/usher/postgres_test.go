package main

import (
	"net/url"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/usher-go/usher/internal/pgtest"
)

// postgres is the PostgreSQL server of the stories. It starts with the first story that needs it.
var postgres struct {
	once   sync.Once
	server *pgtest.Server
	err    error
}

// withPostgres runs tests, and then stops the server.
type withPostgres struct{ *testing.M }

func (m withPostgres) Run() int {
	code := m.M.Run()
	if postgres.server != nil {
		postgres.server.Stop()
	}
	return code
}

func startPostgres() (*pgtest.Server, error) {
	postgres.once.Do(func() {
		postgres.server, postgres.err = pgtest.Start(pgtest.Options{Fast: true})
	})
	return postgres.server, postgres.err
}

// setPostgres sets a variable to the URL of a schema that no other story uses.
func setPostgres(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("%d arguments, want the name of a variable", len(args))
	}
	server, err := startPostgres()
	ts.Check(err)
	ts.Setenv(args[0], server.URL("postgres")+"&schema="+url.QueryEscape(ts.Name()+" "+args[0]))
}
