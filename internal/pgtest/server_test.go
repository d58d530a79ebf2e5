package pgtest_test

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/internal/pgtest"
)

var server = pgtest.Shared{Options: pgtest.Options{Fast: true, Settings: []string{"max_connections=20"}}}

func TestMain(m *testing.M) { server.Main(m) }

func TestServer(t *testing.T) {
	s := server.Server(t)
	assert.Contains(t, s.DSN("postgres", "x=1"), "host="+s.Dir()+" user=usher dbname=postgres x=1")
	assert.Contains(t, s.URL("postgres"), "postgres://usher@/postgres?host="+s.Dir())
	for _, again := range []func() error{func() error { return nil }, s.Crash, s.Restart} {
		require.NoError(t, again())
		c, err := net.Dial("unix", filepath.Join(s.Dir(), ".s.PGSQL.5432"))
		require.NoError(t, err)
		require.NoError(t, c.Close())
	}
	assert.Contains(t, s.Log(), "ready to accept connections")
}
