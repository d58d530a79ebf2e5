package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/pgtest"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/pgstore"
)

// After crashes of a server with its default settings, every entry is stored whose Append returned
// nil, and no version is stored twice. Writers retry after an unknown outcome.
func TestCrash(t *testing.T) {
	ctx := context.Background()
	durable, err := pgtest.Start(pgtest.Options{})
	require.NoError(t, err)
	t.Cleanup(durable.Stop)
	pool := newPool(t, durable.DSN("postgres", "pool_max_conns=8"))
	require.NoError(t, pgstore.Migrate(ctx, pool, ""))
	s, err := pgstore.Open(ctx, pool, pgstore.Options{})
	require.NoError(t, err)
	t.Cleanup(s.Close)

	const writers, entries = 8, 120
	var stored, unknown atomic.Int64
	var running sync.WaitGroup
	for i := range writers {
		running.Go(func() {
			account := usher.AccountID(fmt.Sprint("account", i))
			for version := uint64(1); version <= entries; version++ {
				e := commit(version, fmt.Sprint(version))
				e.Records = []store.Record{{User: "mia", Data: e.Data}}
				maybe := false
				for {
					err := s.Append(ctx, account, e)
					if err == nil || maybe && errors.Is(err, store.ErrConflict) {
						break
					}
					if !store.IsRejected(err) {
						maybe = true
						unknown.Add(1)
					} else if !assert.ErrorIs(t, err, store.ErrNotStored) {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
				stored.Add(1)
			}
		})
	}
	for crash := range 3 {
		require.Eventually(t, func() bool { return stored.Load() > int64((crash+1)*writers*entries/5) }, time.Minute, time.Millisecond)
		require.NoError(t, durable.Crash())
	}
	running.Wait()
	t.Logf("%d unknown outcomes", unknown.Load())
	for i := range writers {
		account := usher.AccountID(fmt.Sprint("account", i))
		all := journal(t, s, account)
		require.Len(t, all, entries)
		for k, data := range all {
			assert.Equal(t, fmt.Sprint(k+1), data)
		}
		data, err := s.Record(ctx, account, "mia")
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprint(entries), string(data))
	}
}
