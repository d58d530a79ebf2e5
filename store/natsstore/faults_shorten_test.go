package natsstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/natsstore"
)

// kept is the number of acknowledged commits that a shortened journal keeps at least.
const kept = 5

// shortenLoad shortens the journals of accounts that a faulty writes, again and again.
type shortenLoad struct {
	f     *faulty
	calls atomic.Int64 // calls that were acknowledged

	mu          sync.Mutex
	done, tried map[usher.AccountID]uint64 // the version of the last acknowledged call, and of the last call
}

func newShortenLoad(f *faulty) *shortenLoad {
	return &shortenLoad{f: f, done: map[usher.AccountID]uint64{}, tried: map[usher.AccountID]uint64{}}
}

func shortenedAccount(i int) usher.AccountID { return usher.AccountID(fmt.Sprint("short", i)) }

// shorten shortens an account through a store until ctx is done. The seal is the data of the last
// commit that the journal loses.
func (l *shortenLoad) shorten(ctx context.Context, t *testing.T, s *natsstore.Store, account usher.AccountID) {
	for ; ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		head := l.f.last(account)
		if head <= kept {
			continue
		}
		upTo := head - kept
		seal := l.f.data(account, upTo)
		if seal == "" {
			continue
		}
		err := s.SaveSnapshot(ctx, account, store.Snapshot{Version: head, Data: []byte("state")})
		if err == nil {
			l.mu.Lock()
			l.tried[account] = upTo
			l.mu.Unlock()
			err = s.Shorten(ctx, account, upTo, []byte(seal))
		}
		if err == nil {
			l.calls.Add(1)
			l.mu.Lock()
			l.done[account] = upTo
			l.mu.Unlock()
		} else if !assert.NotErrorIs(t, err, natsstore.ErrLost) || !assert.NotErrorIs(t, err, natsstore.ErrDamaged) {
			return
		}
	}
}

// verify compares where the journal of an account begins with the calls that shortened it.
func (l *shortenLoad) verify(t *testing.T, account usher.AccountID, of store.ShortenedError) {
	t.Helper()
	assert.GreaterOrEqual(t, of.UpTo, l.done[account], "%s: a call that was acknowledged has no effect", account)
	assert.LessOrEqual(t, of.UpTo, l.tried[account], "%s: no call asked for this", account)
	if of.UpTo > 0 {
		assert.Equal(t, l.f.data(account, of.UpTo), string(of.Seal), account)
	}
}

// data returns the data of an acknowledged version, "" if it is not known.
func (f *faulty) data(account usher.AccountID, version uint64) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.acked[account][version-1]
}

// keptJournal returns the data of the commits in the journal of an account, and up to where it was shortened.
func keptJournal(s *natsstore.Store, account usher.AccountID) (data []string, of store.ShortenedError, err error) {
	data, err = commitsAfter(s, account, 0)
	if shortened := new(store.ShortenedError); errors.As(err, &shortened) {
		of = *shortened
		data, err = commitsAfter(s, account, of.UpTo)
	}
	return data, of, err
}

func commitsAfter(s *natsstore.Store, account usher.AccountID, after uint64) (data []string, err error) {
	for c, err := range s.Commits(context.Background(), account, after) {
		if err != nil {
			return nil, err
		}
		data = append(data, string(c.Data))
	}
	return data, nil
}
