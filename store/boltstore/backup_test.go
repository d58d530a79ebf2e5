package boltstore_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
)

// A copy that is written while others append has, of each account, the commits of one moment.
func TestWriteTo(t *testing.T) {
	dir := t.TempDir()
	s, err := boltstore.Open(filepath.Join(dir, "journal"), boltstore.Options{})
	require.NoError(t, err)
	boltstore.SkipSyncs(s)
	const accounts, commits = 4, 300
	var writers sync.WaitGroup
	half := make(chan struct{}, accounts)
	for i := range accounts {
		id := usher.AccountID(fmt.Sprint("account ", i))
		writers.Go(func() {
			for v := uint64(1); v <= commits; v++ {
				assert.NoError(t, s.Append(t.Context(), id, store.Entry{
					Commit: store.Commit{Version: v, Data: make([]byte, 500)}, Records: []store.Record{{User: "mia", Data: []byte(fmt.Sprint(v))}},
				}))
				if v == commits/2 {
					half <- struct{}{}
				}
			}
		})
	}
	for range accounts {
		<-half
	}
	path := filepath.Join(dir, "copy")
	out, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	require.NoError(t, err)
	n, err := s.WriteTo(out)
	require.NoError(t, err)
	writers.Wait()
	require.NoError(t, out.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, info.Size(), n)

	written, err := boltstore.Open(path, boltstore.Options{ReadOnly: true})
	require.NoError(t, err)
	for i := range accounts {
		id := usher.AccountID(fmt.Sprint("account ", i))
		last := uint64(0)
		for c, err := range written.Commits(t.Context(), id, 0) {
			require.NoError(t, err)
			last = c.Version
		}
		assert.GreaterOrEqual(t, last, uint64(commits/2))
		record, err := written.Record(t.Context(), id, "mia")
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(last), string(record))
	}
	require.NoError(t, written.Close())

	full := errors.New("no space left")
	_, err = s.WriteTo(writerFunc(func([]byte) (int, error) { return 0, full }))
	require.ErrorContains(t, err, "write a copy: ")
	require.NoError(t, s.Append(t.Context(), "account 0", store.Entry{Commit: store.Commit{Version: commits + 1}}))
	require.NoError(t, s.Close())
	_, err = s.WriteTo(io.Discard)
	require.ErrorIs(t, err, store.ErrClosed)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
