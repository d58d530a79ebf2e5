package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/boltstore"
)

// limitedWriter fails after so many bytes, as a pipe does whose reader has ended.
type limitedWriter struct {
	written []byte
	left    int
}

func (w *limitedWriter) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	w.left -= n
	w.written = append(w.written, p[:n]...)
	if n < len(p) {
		return n, errors.New("broken pipe")
	}
	return n, nil
}

// An export whose output ends anywhere writes no cursor. The next export goes on after the last
// complete line.
func TestExportStops(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rooms.db")
	fill(t, path)
	run := func(limit int, args ...string) (code int, out string) {
		w := &limitedWriter{left: limit}
		var stderr strings.Builder
		code = Run(append([]string{"export", path}, args...), strings.NewReader(""), w, &stderr)
		return code, string(w.written)
	}
	next, cut := filepath.Join(dir, "next"), filepath.Join(dir, "cut")
	code, whole := run(1<<20, "--next", next)
	require.Equal(t, exitFine, code)
	require.FileExists(t, next)
	require.Equal(t, 6, strings.Count(whole, "\n"))
	for limit := 0; limit < len(whole); limit += 7 {
		require.NoError(t, os.Remove(next))
		code, first := run(limit, "--next", next)
		require.Equal(t, exitUsage, code, "after %d bytes", limit)
		require.Equal(t, whole[:limit], first)
		require.NoFileExists(t, next)

		require.NoError(t, os.WriteFile(cut, []byte(first), 0o600))
		code, second := run(1<<20, "--after", cut, "--next", next)
		require.Equal(t, exitFine, code)
		complete := first[:strings.LastIndex(first, "\n")+1]
		assert.Equal(t, whole, complete+second, "after %d bytes", limit)
		code, rest := run(1<<20, "--after", next)
		require.Equal(t, exitFine, code)
		assert.Empty(t, rest)
	}
}

// fill makes a store with two accounts.
func fill(t *testing.T, path string) {
	t.Helper()
	p, err := preset.Load("oncehub")
	require.NoError(t, err)
	s, err := boltstore.Open(path, boltstore.Options{})
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: s})
	require.NoError(t, err)
	for _, id := range []usher.AccountID{"acme", "beta"} {
		for _, c := range []account.Command{account.CreateAccount{Owner: "kim"}, account.AddUser{User: "gil"}, account.AddUser{User: "max"}} {
			_, err := e.Do(context.Background(), account.AsHost("test"), id, c)
			require.NoError(t, err)
		}
	}
	require.NoError(t, e.Close())
	require.NoError(t, s.Close())
}
