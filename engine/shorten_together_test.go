package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store/filearchive"
	"github.com/usher-go/usher/store/memstore"
)

// Two engines commit, store snapshots, shorten and read at the same time. Every read has the whole journal,
// and the end is that of a store that was never shortened.
func TestShortenTogether(t *testing.T) {
	archive, err := filearchive.Open(t.TempDir())
	require.NoError(t, err)
	mem := new(memstore.Store)
	engines := [2]*world{}
	for i := range engines {
		engines[i] = openOn(t, mem, func(o *engine.Options) { o.Archive = archive })
	}
	engines[0].found()
	const each = 60
	var writers, others sync.WaitGroup
	done := make(chan struct{})
	note := strings.Repeat("n", 2000) // a snapshot is due after some commits
	for n, w := range engines {
		writers.Go(func() {
			for i := range each {
				_, err := w.Submit(ctx, engine.Batch{Actor: host, Account: "acme", Note: note, Commands: []account.Command{account.AddUser{User: usher.UserID(fmt.Sprint("user ", n, " ", i))}}})
				assert.NoError(t, err)
			}
		})
		others.Go(func() {
			for last := uint64(0); ; {
				upTo, err := w.Shorten(ctx, "acme")
				assert.NoError(t, err)
				assert.GreaterOrEqual(t, upTo, last)
				last = upTo
				select {
				case <-done:
					return
				default:
				}
			}
		})
		others.Go(func() {
			for {
				next := uint64(1)
				for c, err := range w.Journal(ctx, "acme", 0) {
					if !assert.NoError(t, err) || !assert.Equal(t, next, c.Version) {
						return
					}
					next++
				}
				view, err := w.At("acme", 1).View(ctx, "acme")
				assert.NoError(t, err)
				assert.Equal(t, uint64(1), view.Version())
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	close(done)
	others.Wait()
	for _, w := range engines {
		require.NoError(t, w.Close())
	}
	last := openOn(t, mem, func(o *engine.Options) { o.Archive = archive })
	upTo, err := last.Shorten(ctx, "acme")
	require.NoError(t, err)
	assert.Greater(t, upTo, uint64(each), "most commits are in the archive")
	lines := last.journal()
	require.Len(t, lines, 2*each+1)
	view, err := last.View(ctx, "acme")
	require.NoError(t, err)
	state := account.New("acme")
	for _, c := range lines {
		data, err := c.Encode()
		require.NoError(t, err)
		state, err = state.ApplyEncoded(c, data)
		require.NoError(t, err)
	}
	assert.Equal(t, string(state.Encode()), string(view.State().Encode()))
}
