package natsstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/permission"
)

const (
	seatsBought   = 3
	seatUsers     = 8
	seatStaleness = 2 * time.Second
)

// seatLoad is a load of three engines, one on each store: they compete for the seats of an account,
// and check users of it.
type seatLoad struct {
	f       *faulty
	engines []*engine.Engine

	mu       sync.Mutex
	acked    []ackedVersion
	assigned atomic.Int64
	checks   atomic.Int64
	errors   atomic.Int64
	stale    atomic.Int64 // checks on a version that was replaced more than seatStaleness ago
}

// ackedVersion is a version that was acknowledged at a time.
type ackedVersion struct {
	version uint64
	id      string // of its commit; "" if the commands changed nothing
	at      time.Time
}

// notStored returns the acknowledged versions that a journal lacks, or has another commit of. ids are those
// of its commits from version 1 on.
func notStored(acked []ackedVersion, ids []string) (lost []ackedVersion) {
	for _, a := range acked {
		if a.version > uint64(len(ids)) || a.id != "" && ids[a.version-1] != a.id {
			lost = append(lost, a)
		}
	}
	return lost
}

// The comparison finds a commit that is missing, and one that was replaced.
func TestNotStored(t *testing.T) {
	kept, unchanged := ackedVersion{version: 1, id: "one"}, ackedVersion{version: 2}
	replaced, missing := ackedVersion{version: 2, id: "two"}, ackedVersion{version: 3, id: "three"}
	assert.Equal(t, []ackedVersion{replaced, missing}, notStored([]ackedVersion{kept, unchanged, replaced, missing}, []string{"one", "other"}))
}

func newSeatLoad(t *testing.T, f *faulty) *seatLoad {
	t.Helper()
	l := &seatLoad{f: f}
	for _, s := range f.stores {
		l.engines = append(l.engines, newEngine(t, s, seatStaleness))
	}
	commands := []account.Command{account.CreateAccount{Owner: "olivia"}, account.SetSeats{Pool: "booking", Total: seatsBought}}
	for i := range seatUsers {
		commands = append(commands, account.AddUser{User: userID(i)})
	}
	_, err := l.engines[0].Do(context.Background(), account.AsHost("test"), "seats", commands...)
	require.NoError(t, err)
	return l
}

func (l *seatLoad) submit(ctx context.Context, i int) {
	for ctx.Err() == nil {
		user := userID(rand.IntN(seatUsers))
		var c account.Command = account.AssignSeat{User: user, Pool: "booking"}
		if rand.IntN(2) == 0 {
			c = account.UnassignSeat{User: user, Pool: "booking"}
		}
		if result, err := l.engines[i].Do(ctx, account.AsHost("test"), "seats", c); err == nil {
			a := ackedVersion{version: result.Version, at: time.Now()}
			if result.Commit != nil {
				a.id = result.Commit.ID
			}
			l.mu.Lock()
			l.acked = append(l.acked, a)
			l.mu.Unlock()
			l.assigned.Add(1)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// required returns the version that a check which begins now must have.
func (l *seatLoad) required() (version uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := time.Now().Add(-seatStaleness)
	for k := len(l.acked) - 1; k >= 0; k-- {
		if !l.acked[k].at.After(before) {
			return l.acked[k].version
		}
	}
	return 0
}

func (l *seatLoad) check(ctx context.Context, i int) {
	for ctx.Err() == nil {
		want := l.required()
		d, err := l.engines[i].Check(ctx, usher.Request{Account: "seats", Subject: "olivia", Permission: permission.MustParse("account.configure")})
		switch l.checks.Add(1); {
		case err != nil:
			l.errors.Add(1)
		case d.Detail().Version < want:
			l.stale.Add(1)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// verify replays the journal: it has the acknowledged commits, and at no version were more seats held than
// bought.
func (l *seatLoad) verify(t *testing.T) {
	t.Helper()
	state, most, ids := account.New("seats"), 0, []string{}
	for stored, err := range l.f.stores[0].Commits(context.Background(), "seats", 0) {
		require.NoError(t, err)
		c, err := account.DecodeCommit(stored.Data)
		require.NoError(t, err)
		state, err = state.ApplyEncoded(c, stored.Data)
		require.NoError(t, err)
		most, ids = max(most, state.Pool("booking").Held), append(ids, c.ID)
	}
	t.Logf("%d commits by engines, %d checks, %d of them with an error", l.assigned.Load(), l.checks.Load(), l.errors.Load())
	assert.Equal(t, seatsBought, most, "the most seats held at a time")
	assert.Zero(t, l.stale.Load(), fmt.Sprint("checks on a state older than ", seatStaleness))
	assert.Empty(t, notStored(l.acked, ids), "acknowledged commits that are lost or replaced")
}
