package engine_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/filearchive"
	"github.com/usher-go/usher/store/memstore"
)

func withArchive(t testing.TB, mem *memstore.Store, archive store.Archive) *world {
	t.Helper()
	return openOn(t, mem, func(o *engine.Options) { o.Archive = archive })
}

// An account that only the archive has erased exists. What needs an old commit is an error, and does not say
// that the account is unknown.
func TestErasedOnlyInArchive(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	require.NoError(t, archive.Erase(ctx, "acme"))
	require.NoError(t, w.mem.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 30, Data: []byte("damaged")}))

	cold := withArchive(t, w.mem, archive)
	want := func(err error, what string) {
		t.Helper()
		assert.ErrorIs(t, err, store.ErrArchiveDamaged, what)
		assert.NotErrorIs(t, err, usher.ErrUnknownAccount, what)
		assert.NotErrorIs(t, err, store.ErrErased, what)
	}
	for _, err := range cold.Journal(ctx, "acme", 0) {
		want(err, "Journal")
	}
	_, err = cold.Check(ctx, ask("adam", openDoor))
	want(err, "Check")
	want(cold.SetPolicy(ctx, load(t, shutDoors)), "SetPolicy: the account is not skipped")
	_, err = cold.Shorten(ctx, "acme")
	want(err, "Shorten")

	require.NoError(t, cold.Erase(ctx, "acme"))
	_, err = cold.Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
}

// The same of an account of which the archive never had a commit: its mark is that of another store.
func TestShortenErasedInArchive(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	require.NoError(t, archive.Erase(ctx, "acme"))
	_, err := w.Shorten(ctx, "acme")
	assert.ErrorIs(t, err, store.ErrArchiveDamaged)
	assert.NotErrorIs(t, err, usher.ErrUnknownAccount)
	assert.Len(t, versionsIn(t, w.mem, 0), 40)
}

// Erase with another archive than that of the account, such as an empty folder in place of a volume that is
// not mounted, would leave the commits where they are.
func TestEraseOtherArchive(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	empty, err := filearchive.Open(t.TempDir())
	require.NoError(t, err)
	err = withArchive(t, w.mem, empty).Erase(ctx, "acme")
	assert.ErrorIs(t, err, store.ErrArchiveDamaged)
	assert.ErrorIs(t, empty.Save(ctx, "acme", "a", nil), nil, "it has no mark")
	assert.NotEmpty(t, mustDump(t, w.mem, archive))
	require.NoError(t, withArchive(t, w.mem, archive).Erase(ctx, "acme"))
}

// Two stores that share an archive find out, and neither erases what the other has there.
func TestSharedArchive(t *testing.T) {
	shared := new(memArchive)
	w, _ := longJournal(t, shared)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	before := mustDump(t, w.mem, shared)

	other := open(t, func(o *engine.Options) { o.Archive = shared })
	assert.ErrorIs(t, other.Erase(ctx, "acme"), store.ErrArchiveDamaged, "it has no such account")
	other.clock.add(1e9)
	other.found()
	other.must("acme", host, setRole("max", "clerk"))
	saveSnapshot(t, other.mem, linesOf(t, other.mem))
	_, err = other.Shorten(ctx, "acme")
	assert.ErrorIs(t, err, store.ErrArchiveDamaged)
	assert.ErrorContains(t, err, "the archive has another account with this id; a store needs an archive of its own")
	assert.ErrorIs(t, other.Erase(ctx, "acme"), store.ErrArchiveDamaged)
	assert.True(t, other.opens("adam"), "nothing is erased")
	assert.Equal(t, before, mustDump(t, w.mem, shared))
	require.NoError(t, w.Erase(ctx, "acme"))
}

// Whichever call fails, once or from then on, the account of another store stays in the archive, and so does
// that of this store.
func TestEraseOtherArchiveWhileDown(t *testing.T) {
	shared := new(memArchive)
	w, _ := longJournal(t, shared)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	before := mustDump(t, w.mem, shared)
	stores := map[string]*memstore.Store{"no account": new(memstore.Store)}
	for _, name := range []string{"no snapshot", "with a snapshot", "in another archive"} {
		other := open(t, func(o *engine.Options) { o.Archive = new(memArchive) })
		other.clock.add(1e9)
		other.found()
		other.must("acme", host, setRole("max", "clerk"))
		stores[name] = other.mem
		if name != "no snapshot" {
			saveSnapshot(t, other.mem, linesOf(t, other.mem))
		}
		if name == "in another archive" {
			_, err := other.Shorten(ctx, "acme")
			require.NoError(t, err)
		}
	}
	for name, mem := range stores {
		last := lastIn(t, mem)
		for _, ever := range []bool{false, true} {
			for fail, failed := 1, true; failed; fail++ {
				steps := &steps{fail: fail, ever: ever}
				e := openOn(t, mem, func(o *engine.Options) {
					o.Store, o.Archive = failingStore{mem, steps}, failingArchive{shared, steps}
				})
				require.Error(t, e.Erase(ctx, "acme"), "%s, call %d fails", name, fail)
				failed = steps.calls() >= fail
			}
		}
		assert.Equal(t, before, mustDump(t, w.mem, shared), name)
		assert.Equal(t, last, lastIn(t, mem), name)
	}
}

func lastIn(t testing.TB, mem *memstore.Store) uint64 {
	t.Helper()
	last, err := mem.Versions(ctx, []usher.AccountID{"acme"})
	require.NoError(t, err)
	return last[0]
}

// An archive that lost commits of the account can be erased with it. One that may be that of another store,
// because the journal cannot be read, can not.
func TestEraseDamaged(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	for name := range archive.objects["acme"] {
		if strings.HasPrefix(name, "commits-") {
			delete(archive.objects["acme"], name)
		}
	}
	var down atomic.Bool
	down.Store(true)
	e := openOn(t, w.mem, func(o *engine.Options) { o.Store, o.Archive = unreadable{w.mem, &down}, archive })
	assert.ErrorIs(t, e.Erase(ctx, "acme"), errDown)
	assert.NotEmpty(t, archive.objects["acme"])
	down.Store(false)
	require.NoError(t, e.Erase(ctx, "acme"))
	assert.Empty(t, archive.objects["acme"])

	whole := open(t, nil).found()
	down.Store(true)
	e = openOn(t, whole.mem, func(o *engine.Options) { o.Store, o.Archive = unreadable{whole.mem, &down}, new(memArchive) })
	assert.NoError(t, e.Erase(ctx, "acme"), "without a snapshot, no archive has commits of it")
}

// Without the archive, an account is only erased if the store says that no commit is in one.
func TestEraseUnreadable(t *testing.T) {
	archive := new(memArchive)
	w, lines := longJournal(t, archive)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	var down atomic.Bool
	down.Store(true)
	e := openOn(t, w.mem, func(o *engine.Options) { o.Store = unreadable{w.mem, &down} })
	assert.ErrorIs(t, e.Erase(ctx, "acme"), errDown)
	down.Store(false)
	assert.NotEmpty(t, mustDump(t, w.mem, archive))
	assert.ErrorIs(t, e.Erase(ctx, "acme"), store.ErrShortened)

	whole := storeOf(t, lines) // without a snapshot, so it was never shortened
	down.Store(true)
	e = openOn(t, whole, func(o *engine.Options) { o.Store = unreadable{whole, &down} })
	assert.NoError(t, e.Erase(ctx, "acme"), "a journal that cannot be read can be erased")
}

// What Shorten saved goes if the account is erased meanwhile, also if another call of the archive fails.
func TestShortenErasedAndFails(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	steps := &steps{fail: 1, only: "Load"}
	steps.each = func(method string) {
		if method == "Load" {
			require.NoError(t, w.mem.Erase(ctx, "acme"))
		}
	}
	e := openOn(t, w.mem, func(o *engine.Options) { o.Archive = failingArchive{archive, steps} })
	_, err := e.Shorten(ctx, "acme")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.Empty(t, archive.objects["acme"])
}

// Without a snapshot, for example one that a restored backup lacks, Shorten changes nothing, and returns what
// was moved before. A journal that it cannot read is an error.
func TestShortenWithoutSnapshot(t *testing.T) {
	archive := new(memArchive)
	w, lines := longJournal(t, archive)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	e := openOn(t, w.mem, func(o *engine.Options) { o.Store, o.Archive = withoutSnapshots{w.mem}, archive })
	upTo, err := e.Shorten(ctx, "acme")
	assert.NoError(t, err)
	assert.Equal(t, uint64(29), upTo)

	whole := storeOf(t, lines)
	down := &steps{fail: 2, only: "Commits"}
	e = openOn(t, whole, func(o *engine.Options) { o.Store, o.Archive = failingStore{whole, down}, archive })
	_, err = e.Shorten(ctx, "acme")
	assert.ErrorIs(t, err, errDown)
}

type withoutSnapshots struct{ *memstore.Store }

func (withoutSnapshots) Snapshot(context.Context, usher.AccountID) (store.Snapshot, error) {
	return store.Snapshot{}, nil
}

// An archive fits each earlier copy of its store, also one that then got other commits.
func TestEarlierStore(t *testing.T) {
	archive := new(memArchive)
	w, lines := longJournal(t, archive)
	earlier := storeOf(t, lines[:35])
	saveSnapshot(t, earlier, lines[:20])
	want := mustDump(t, earlier, nil, 3, 35)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	saveSnapshot(t, w.mem, lines)
	_, err = w.Shorten(ctx, "acme")
	require.NoError(t, err)
	later := mustDump(t, w.mem, archive, 3, 35)

	e := withArchive(t, earlier, archive)
	_, err = e.Shorten(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, want, mustDump(t, earlier, archive, 3, 35))
	e.must("acme", host, setRole("cleo", "member"))
	var all [][]byte
	for c, err := range e.Journal(ctx, "acme", 0) {
		require.NoError(t, err)
		data, err := c.Encode()
		require.NoError(t, err)
		all = append(all, data)
	}
	saveSnapshot(t, earlier, all)
	want = mustDump(t, earlier, archive, 3, 35, 36)
	upTo, err := e.Shorten(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(35), upTo)
	assert.Equal(t, want, mustDump(t, earlier, archive, 3, 35, 36))
	assert.Equal(t, later, mustDump(t, w.mem, archive, 3, 35), "both are in it")
}

// An engine that does not know of the later commits and that the journal was shortened beyond its version
// commits after them, also without the archive.
func TestStaleWithoutArchive(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	stale := map[string]*world{}
	for name, a := range map[string]store.Archive{"no archive": nil, "archive that fails": failingArchive{new(memArchive), &steps{fail: 1}}} {
		stale[name] = openOn(t, w.mem, func(o *engine.Options) { unwatched(o); o.Archive = a; o.CommitTimeout = time.Second })
		require.False(t, stale[name].opens("cleo"), "the account is in memory at version 40")
	}
	for v := 41; v <= 60; v++ {
		_, err := w.Submit(ctx, batchOf(v))
		require.NoError(t, err)
	}
	saveSnapshot(t, w.mem, linesOf(t, w.mem))
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	next := uint64(61)
	for name, old := range stale {
		done, err := old.Submit(ctx, batchOf(int(next)))
		require.NoError(t, err, name)
		assert.Equal(t, next, done.Version, name)
		next++
	}
}
