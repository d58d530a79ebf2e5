package engine_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// linesOf returns the journal of acme as a store has it.
func linesOf(t testing.TB, s store.Store) (lines [][]byte) {
	t.Helper()
	for c, err := range s.Commits(ctx, "acme", 0) {
		require.NoError(t, err)
		lines = append(lines, c.Data)
	}
	return lines
}

// storeOf returns a store with a journal of acme.
func storeOf(t testing.TB, lines [][]byte) *memstore.Store {
	t.Helper()
	mem := new(memstore.Store)
	for i, data := range lines {
		require.NoError(t, mem.Append(ctx, "acme", store.Entry{Commit: store.Commit{Version: uint64(i) + 1, Data: data}}))
	}
	return mem
}

// stateOf replays the lines of a journal.
func stateOf(t testing.TB, lines [][]byte) *account.State {
	t.Helper()
	s := account.New("acme")
	for _, data := range lines {
		c, err := account.DecodeCommit(data)
		require.NoError(t, err)
		s, err = s.ApplyEncoded(c, data)
		require.NoError(t, err)
	}
	return s
}

func snapshotOf(s *account.State) store.Snapshot {
	return store.Snapshot{Version: s.Version(), Data: s.Encode()}
}

// promotions returns the lines of a journal in which max gets the roles one after the
// other.
func promotions(t testing.TB, roles ...role.Name) [][]byte {
	t.Helper()
	w := open(t, nil).found()
	for _, name := range roles {
		w.must("acme", host, setRole("max", name))
	}
	return linesOf(t, w.mem)
}

// The commits of an Engine are chained from the first one on.
func TestCommitsAreChained(t *testing.T) {
	w := open(t, nil).found()
	first := w.must("acme", host, setRole("max", "clerk"))
	_, err := w.Submit(ctx, engine.Batch{Actor: host, Account: "acme", IdempotencyKey: "k", Time: noon.AddDate(1, 0, 0), Commands: []account.Command{setRole("max", "admin")}})
	require.NoError(t, err)
	lines := linesOf(t, w.mem)
	require.Len(t, lines, 3)
	previous := account.HashOf(nil)
	for _, data := range lines {
		assert.Contains(t, string(data), `"previous":"`+previous.String()+`"`)
		previous = account.HashOf(data)
	}
	view, err := w.View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, account.Head{Version: 3, Hash: previous}, view.State().Head(), "the cached head is the stored one")
	assert.Equal(t, account.HashOf(lines[0]), first.Commit.Previous)
	require.NoError(t, w.Close())
	again, err := openOn(t, w.mem, nil).View(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, string(view.State().Encode()), string(again.State().Encode()))
}

// A journal of an older version is continued with chained commits.
func TestOldJournals(t *testing.T) {
	var lines [][]byte
	for _, data := range promotions(t, "clerk", "admin") {
		c, err := account.DecodeCommit(data)
		require.NoError(t, err)
		c.Previous = account.Hash{}
		data, err := c.Encode()
		require.NoError(t, err)
		lines = append(lines, data)
	}
	mem := storeOf(t, lines)
	w := openOn(t, mem, nil)
	assert.True(t, w.opens("max"))
	result := w.must("acme", host, setRole("max", "member"))
	assert.Equal(t, account.HashOf(lines[2]), result.Commit.Previous)
	assert.False(t, openOn(t, mem, nil).opens("max"))
}

// Each row damages a journal, and the store returns it without an error.
func TestTamperedJournal(t *testing.T) {
	mine, other := promotions(t, "clerk", "admin", "member", "clerk"), promotions(t, "admin", "clerk", "admin", "clerk")
	respelled := func(lines [][]byte, i int) [][]byte {
		lines = slices.Clone(lines)
		lines[i] = []byte(strings.Replace(string(lines[i]), `,"actor"`, ` ,"actor"`, 1))
		return lines
	}
	for name, lines := range map[string][][]byte{
		"a commit of another journal": slices.Concat(mine[:2], other[2:3], mine[3:]),
		"the end of another journal":  slices.Concat(mine[:2], other[2:]),
		"a commit changed":            respelled(mine, 2),
		"the first commit changed":    respelled(mine, 0),
	} {
		w := openOn(t, storeOf(t, lines), nil)
		d, err := w.Check(ctx, ask("adam", openDoor))
		assert.ErrorContains(t, err, "commits were lost or replaced", name)
		assert.False(t, d.Allowed())
		_, err = w.Do(ctx, host, "acme", setRole("max", "admin"))
		assert.Error(t, err, name)
	}
}

// A snapshot that is newer than the journal shows that the journal lost its end. The
// older state of the account must not be served.
func TestLostTail(t *testing.T) {
	lines := promotions(t, "clerk", "admin", "member")
	for left := 1; left < len(lines); left++ {
		mem := storeOf(t, lines[:left])
		kept := &saved{UserDataStore: mem, snapshot: snapshotOf(stateOf(t, lines))}
		w := openOn(t, mem, func(o *engine.Options) { o.Store = kept })
		d, err := w.Check(ctx, ask("adam", openDoor))
		assert.ErrorContains(t, err, "the journal lost commits: commit 4 is missing, and a snapshot of it exists", "%d are left", left)
		assert.False(t, d.Allowed())
		_, err = w.Do(ctx, host, "acme", setRole("max", "admin"))
		assert.Error(t, err)
		assert.Len(t, linesOf(t, mem), left, "no commit is appended")
	}
}

// saved is a store with a snapshot that its SaveSnapshot would reject.
type saved struct {
	store.UserDataStore
	snapshot store.Snapshot
}

func (s *saved) Snapshot(context.Context, usher.AccountID) (store.Snapshot, error) {
	return s.snapshot, nil
}

// A valid snapshot of another history of the account is not used, whether or not commits
// follow it.
func TestSnapshotOfAnotherHistory(t *testing.T) {
	mine, other := promotions(t, "clerk", "admin", "member"), promotions(t, "admin", "admin", "clerk", "admin")
	for version := 1; version <= 3; version++ {
		mem := storeOf(t, mine)
		require.NoError(t, mem.SaveSnapshot(ctx, "acme", snapshotOf(stateOf(t, other[:version]))))
		var mu sync.Mutex
		var failures []string
		w := openOn(t, mem, func(o *engine.Options) {
			o.Observer.Failed = func(err error) {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, err.Error())
			}
		})
		view, err := w.View(ctx, "acme")
		require.NoError(t, err)
		assert.Equal(t, string(stateOf(t, mine).Encode()), string(view.State().Encode()))
		require.NoError(t, w.Close())
		require.Len(t, failures, 1)
		assert.Contains(t, failures[0], "the snapshot belongs to another journal")
	}
}

// A snapshot of an older format is skipped without an error, and replaced.
func TestOldSnapshot(t *testing.T) {
	mem := new(memstore.Store)
	first := openOn(t, mem, nil)
	first.must("acme", host, large())
	require.NoError(t, first.Close())
	good := first.saved()
	old := slices.Clone(good.Data)
	old[len("usher\x00state")] = 1
	require.NoError(t, mem.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 1, Data: old}))
	w := openOn(t, mem, func(o *engine.Options) {
		o.Observer.Failed = func(err error) { t.Errorf("Failed was called: %v", err) }
	})
	assert.True(t, w.opens("adam"))
	eventually(t, "it is replaced", func() bool { return string(w.saved().Data) == string(good.Data) })
}

// replaceable is a store whose contents can be replaced while an Engine runs.
type replaceable struct {
	mu  sync.Mutex
	mem *memstore.Store
}

func (r *replaceable) now() *memstore.Store {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mem
}

func (r *replaceable) Append(ctx context.Context, id usher.AccountID, e store.Entry) error {
	return r.now().Append(ctx, id, e)
}

func (r *replaceable) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return r.now().Commits(ctx, id, after)
}

func (r *replaceable) SaveSnapshot(ctx context.Context, id usher.AccountID, s store.Snapshot) error {
	return r.now().SaveSnapshot(ctx, id, s)
}

func (r *replaceable) Snapshot(ctx context.Context, id usher.AccountID) (store.Snapshot, error) {
	return r.now().Snapshot(ctx, id)
}

func (r *replaceable) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return r.now().Accounts(ctx, after)
}

func (r *replaceable) Erase(ctx context.Context, id usher.AccountID) error {
	return r.now().Erase(ctx, id)
}

// An Engine does not continue a history that the store no longer has: the cached state
// and the commits do not belong together.
func TestReplacedHistory(t *testing.T) {
	mine, other := promotions(t, "clerk", "admin"), promotions(t, "admin", "member", "clerk", "member")
	r := &replaceable{mem: storeOf(t, mine)}
	w := openOn(t, nil, func(o *engine.Options) { o.Store = r })
	assert.True(t, w.opens("max"))
	r.mu.Lock()
	r.mem = storeOf(t, other)
	r.mu.Unlock()
	d, err := w.AtLeast("acme", 4).Check(ctx, ask("max", openDoor))
	assert.ErrorContains(t, err, fmt.Sprintf("commit %d is %s; commits were lost or replaced", 3, account.HashOf(mine[2])))
	assert.False(t, d.Allowed())
}
