package engine_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/memstore"
)

// longJournal is a world in which acme has 40 commits, with idempotency keys, and the store a snapshot of
// version 30.
func longJournal(t testing.TB, archive store.Archive) (w *world, lines [][]byte) {
	t.Helper()
	w = open(t, func(o *engine.Options) { o.Archive = archive }).found()
	for v := 2; v <= 40; v++ {
		w.clock.add(time.Minute)
		_, err := w.Submit(ctx, batchOf(v))
		require.NoError(t, err)
	}
	lines = linesOf(t, w.mem)
	require.Len(t, lines, 40)
	saveSnapshot(t, w.mem, lines[:30])
	return w, lines
}

func batchOf(version int) engine.Batch {
	return engine.Batch{
		Actor: host, Account: "acme", IdempotencyKey: fmt.Sprint("key ", version),
		Commands: []account.Command{setRole("max", []role.Name{"admin", "member", "clerk"}[version%3])},
	}
}

func saveSnapshot(t testing.TB, mem *memstore.Store, lines [][]byte) {
	t.Helper()
	require.NoError(t, mem.SaveSnapshot(ctx, "acme", snapshotOf(stateOf(t, lines))))
}

// dump describes acme, as an engine that has nothing in memory reads it: journal, decisions at some
// versions, seats.
func dump(t testing.TB, mem *memstore.Store, archive store.Archive, versions ...uint64) (text string, err error) {
	t.Helper()
	w := openOn(t, mem, func(o *engine.Options) { o.Archive = archive })
	var b bytes.Buffer
	for c, err := range w.Journal(ctx, "acme", 0) {
		if err != nil {
			return b.String(), err
		}
		data, err := c.Encode()
		require.NoError(t, err)
		fmt.Fprintf(&b, "%s\n", data)
	}
	for _, version := range versions {
		for _, user := range []usher.UserID{"max", "adam"} {
			d, err := w.At("acme", version).Check(ctx, ask(user, openDoor))
			if err != nil {
				return b.String(), err
			}
			fmt.Fprintf(&b, "%d %s %v %d\n", version, user, d.Allowed(), d.Detail().Version)
		}
	}
	report, err := w.Seats(ctx, "acme", noon, noon.AddDate(0, 0, 1))
	fmt.Fprintf(&b, "%+v\n", report)
	return b.String(), err
}

func mustDump(t testing.TB, mem *memstore.Store, archive store.Archive, versions ...uint64) string {
	t.Helper()
	text, err := dump(t, mem, archive, versions...)
	require.NoError(t, err)
	return text
}

// versionsIn returns the versions of acme's commits in a store after a version.
func versionsIn(t testing.TB, s store.Store, after uint64) (versions []uint64) {
	t.Helper()
	for c, err := range s.Commits(ctx, "acme", after) {
		require.NoError(t, err)
		versions = append(versions, c.Version)
	}
	return versions
}

// All that an engine can read is the same before and after Shorten.
func TestShorten(t *testing.T) {
	archive := new(memArchive)
	w, lines := longJournal(t, archive)
	versions := []uint64{1, 2, 3, 10, 28, 29, 30, 31, 40}
	before := mustDump(t, w.mem, nil, versions...)

	upTo, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(29), upTo)
	assert.Equal(t, []uint64{30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40}, versionsIn(t, w.mem, 29))
	for _, err := range w.mem.Commits(ctx, "acme", 28) {
		assert.ErrorIs(t, err, store.ErrShortened)
	}
	assert.Equal(t, before, mustDump(t, w.mem, archive, versions...))

	upTo, err = w.Shorten(ctx, "acme")
	assert.Equal(t, uint64(29), upTo, "a second call does nothing")
	require.NoError(t, err)
	saveSnapshot(t, w.mem, lines)
	upTo, err = w.Shorten(ctx, "acme")
	require.NoError(t, err)
	assert.Equal(t, uint64(39), upTo)
	assert.Equal(t, []uint64{40}, versionsIn(t, w.mem, 39))
	assert.Equal(t, before, mustDump(t, w.mem, archive, versions...))

	cold := openOn(t, w.mem, func(o *engine.Options) { o.Archive = archive })
	again, err := cold.Submit(ctx, batchOf(35))
	require.NoError(t, err)
	assert.True(t, again.Repeated)
	assert.Equal(t, uint64(35), again.Version)
	b := batchOf(41)
	b.Expect = 20
	_, err = cold.Submit(ctx, b)
	assert.ErrorIs(t, err, engine.ErrChanged, "the commits since 20 changed the role of max")
	b.Expect = 40
	next, err := cold.Submit(ctx, b)
	require.NoError(t, err)
	assert.Equal(t, uint64(41), next.Version)
}

func TestShortenNothing(t *testing.T) {
	archive := new(memArchive)
	w := open(t, func(o *engine.Options) { o.Archive = archive }).found()
	upTo, err := w.Shorten(ctx, "acme")
	assert.NoError(t, err, "there is no snapshot")
	assert.Zero(t, upTo)
	_, err = w.Shorten(ctx, "unknown")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	_, err = w.Shorten(ctx, "")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	saveSnapshot(t, w.mem, linesOf(t, w.mem))
	upTo, err = w.Shorten(ctx, "acme")
	assert.NoError(t, err, "the snapshot is of the first commit")
	assert.Zero(t, upTo)
	assert.Empty(t, archive.objects)

	_, err = open(t, nil).Shorten(ctx, "acme")
	assert.EqualError(t, err, `shorten "acme": Options.Archive is nil (want the archive for the commits)`)
	_, err = open(t, func(o *engine.Options) { o.Archive = archive; journalsOnly(o) }).Shorten(ctx, "acme")
	assert.ErrorContains(t, err, "cannot shorten journals (want a store.Shortener)")
	require.NoError(t, w.Close())
	_, err = w.Shorten(ctx, "acme")
	assert.ErrorIs(t, err, engine.ErrClosed)
}

// A journal or a snapshot that is not what it should be is not archived.
func TestShortenVerifies(t *testing.T) {
	_, lines := longJournal(t, new(memArchive))
	other, _ := longJournal(t, new(memArchive))
	other.must("acme", host, setRole("max", "clerk"))
	for name, spoil := range map[string]func(*memstore.Store){
		"a snapshot of another state": func(mem *memstore.Store) {
			s := snapshotOf(stateOf(t, linesOf(t, other.mem)[:30]))
			s.Data = bytes.Replace(s.Data, []byte("cleo"), []byte("cleo2"), 1)
			require.NoError(t, mem.SaveSnapshot(ctx, "acme", s))
		},
		"a snapshot that cannot be read": func(mem *memstore.Store) {
			require.NoError(t, mem.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 30, Data: []byte("damaged")}))
		},
	} {
		archive := new(memArchive)
		mem := storeOf(t, lines)
		spoil(mem)
		w := openOn(t, mem, func(o *engine.Options) { o.Store, o.Archive = mem, archive })
		_, err := w.Shorten(ctx, "acme")
		assert.Error(t, err, name)
		assert.Empty(t, archive.objects, name)
		assert.Len(t, versionsIn(t, mem, 0), 40, name)
	}
	changed := append([][]byte{}, lines...)
	changed[5] = bytes.Replace(lines[5], []byte(`"max"`), []byte(`"cleo"`), 1)
	mem := storeOf(t, changed)
	saveSnapshot(t, mem, lines[:30])
	archive := new(memArchive)
	w := openOn(t, mem, func(o *engine.Options) { o.Store, o.Archive = mem, archive })
	_, err := w.Shorten(ctx, "acme")
	assert.ErrorContains(t, err, "commits were lost or replaced")
	assert.Empty(t, archive.objects)
}

// Without the archive, accounts are loaded and changed, and what needs an old commit is an error that
// says so.
func TestShortenedWithoutArchive(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	old := openOn(t, w.mem, func(o *engine.Options) { unwatched(o); o.MaxStaleness = time.Minute })
	require.False(t, old.opens("cleo"), "the account is in memory at version 40")
	for v := 41; v <= 60; v++ {
		_, err := w.Submit(ctx, batchOf(v))
		require.NoError(t, err)
	}
	saveSnapshot(t, w.mem, linesOf(t, w.mem))
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)

	old.clock.add(time.Hour)
	d, err := old.Check(ctx, ask("adam", openDoor))
	require.NoError(t, err, "the commits after 40 are not in the store, and a later snapshot is")
	assert.Equal(t, uint64(60), d.Detail().Version)

	bare := openOn(t, w.mem, nil)
	assert.True(t, bare.opens("adam"))
	done, err := bare.Do(ctx, host, "acme", setRole("max", "clerk"))
	require.NoError(t, err)
	assert.Equal(t, uint64(61), done.Version)
	_, err = bare.At("acme", 7).View(ctx, "acme")
	assert.ErrorIs(t, err, store.ErrShortened)
	assert.ErrorContains(t, err, "commits 1 to 59 are in an archive (want the archive: Options.Archive of the engine")
	for c, err := range bare.Journal(ctx, "acme", 3) {
		assert.Nil(t, c)
		assert.ErrorIs(t, err, store.ErrShortened)
	}
	assert.ErrorIs(t, bare.Erase(ctx, "acme"), store.ErrShortened)
	assert.True(t, bare.opens("adam"), "Erase has erased nothing")
}

// Shorten can be stopped anywhere. All commits are there, and the next call goes on.
func TestShortenFails(t *testing.T) {
	_, lines := longJournal(t, new(memArchive))
	want := mustDump(t, storeOf(t, lines), nil)
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			require.Less(t, n, 100)
			mem, archive := storeOf(t, lines), new(memArchive)
			saveSnapshot(t, mem, lines[:12])
			calm := openOn(t, mem, func(o *engine.Options) { o.Store, o.Archive = mem, archive })
			_, err := calm.Shorten(ctx, "acme")
			require.NoError(t, err)
			saveSnapshot(t, mem, lines[:30])

			steps := &steps{fail: n, after: after}
			w := openOn(t, mem, func(o *engine.Options) {
				o.Store, o.Archive = failingStore{mem, steps}, failingArchive{archive, steps}
			})
			_, err = w.Shorten(ctx, "acme")
			if steps.calls() < n {
				require.NoError(t, err)
				require.Greater(t, n, 12, "calls of the store and the archive")
				break
			}
			assert.ErrorIs(t, err, errDown, "step %d", n)
			assert.Equal(t, want, mustDump(t, mem, archive), "step %d", n)
			upTo, err := calm.Shorten(ctx, "acme")
			require.NoError(t, err, "step %d", n)
			assert.Equal(t, uint64(29), upTo)
			assert.Equal(t, want, mustDump(t, mem, archive), "step %d, shortened again", n)
			require.NoError(t, w.Close())
			require.NoError(t, calm.Close())
		}
	}
}

// If the store's snapshot cannot be read, the account is loaded from the archive.
func TestShortenedSnapshotDamaged(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	want := mustDump(t, w.mem, archive, 3, 29, 40)
	require.NoError(t, w.mem.SaveSnapshot(ctx, "acme", store.Snapshot{Version: 30, Data: []byte("damaged")}))
	assert.Equal(t, want, mustDump(t, w.mem, archive, 3, 29, 40), "from the second copy")
	for name := range archive.objects["acme"] {
		if name[:4] == "snap" {
			archive.objects["acme"][name] = []byte("damaged")
		}
	}
	assert.Equal(t, want, mustDump(t, w.mem, archive, 3, 29, 40), "from the commits")
	bare := openOn(t, w.mem, nil)
	_, err = bare.Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, store.ErrShortened)

	// The next snapshot replaces the damaged one.
	cold := openOn(t, w.mem, func(o *engine.Options) { o.Archive = archive })
	for i := 0; ; i++ {
		require.Less(t, i, 100)
		s, err := w.mem.Snapshot(ctx, "acme")
		require.NoError(t, err)
		if s.Version > 30 {
			assert.NotEqual(t, "damaged", string(s.Data))
			break
		}
		_, err = cold.Submit(ctx, engine.Batch{Actor: host, Account: "acme", Note: string(bytes.Repeat([]byte("n"), 900)), Commands: []account.Command{setRole("max", []role.Name{"admin", "clerk"}[i%2])}})
		require.NoError(t, err)
		if i == 60 {
			require.NoError(t, cold.Close())
			cold = openOn(t, w.mem, func(o *engine.Options) { o.Archive = archive })
		}
	}
}

// What the archive returns is what was saved, or an error.
func TestArchiveChanged(t *testing.T) {
	archive := new(memArchive)
	w, lines := longJournal(t, archive)
	_, err := w.Shorten(ctx, "acme")
	require.NoError(t, err)
	saveSnapshot(t, w.mem, lines)
	_, err = w.Shorten(ctx, "acme")
	require.NoError(t, err)
	want := mustDump(t, w.mem, archive, 29)

	// The same commands in another account have objects of the same kinds.
	second := open(t, nil)
	second.must("other", host, account.CreateAccount{Owner: "olivia"}, account.AddUser{User: "max"})
	for v := 2; v <= 40; v++ {
		b := batchOf(v)
		b.Account = "other"
		_, err := second.Submit(ctx, b)
		require.NoError(t, err)
	}
	state, err := second.View(ctx, "other")
	require.NoError(t, err)
	require.NoError(t, second.mem.SaveSnapshot(ctx, "other", snapshotOf(state.State())))
	elsewhere := new(memArchive)
	mover := openOn(t, second.mem, func(o *engine.Options) { o.Store, o.Archive = second.mem, elsewhere })
	_, err = mover.Shorten(ctx, "other")
	require.NoError(t, err)

	found := 0
	for name, data := range archive.objects["acme"] {
		changes := map[string][]byte{"cut": data[:len(data)-1], "empty": {}, "longer": append(bytes.Clone(data), '\n')}
		for i := 0; i < len(data); i += len(data)/3 + 1 {
			flipped := bytes.Clone(data)
			flipped[i] ^= 1
			changes[fmt.Sprint("flipped ", i)] = flipped
		}
		for from, swapped := range elsewhere.objects["other"] {
			changes["swapped with "+from] = swapped
		}
		for from, swapped := range archive.objects["acme"] {
			if from != name {
				changes["swapped with another"] = swapped
			}
		}
		changes["removed"] = nil
		for how, changed := range changes {
			archive.objects["acme"][name] = changed
			if changed == nil {
				delete(archive.objects["acme"], name)
			}
			got, err := dump(t, w.mem, archive, 29)
			if err == nil { // the index of the first call, and snapshots, are not needed
				assert.Equal(t, want, got, "%s %s", name, how)
			} else {
				found++
				assert.ErrorIs(t, err, store.ErrArchiveDamaged, "%s %s", name, how)
			}
		}
		archive.objects["acme"][name] = data
	}
	assert.Greater(t, found, 20)
	assert.Equal(t, want, mustDump(t, w.mem, archive, 29))
}

// The archive is erased before the store. After a crash between them, the account is still listed, and
// another call erases it.
func TestEraseArchived(t *testing.T) {
	for _, fail := range []int{1, 2, 3} {
		archive := new(memArchive)
		w, _ := longJournal(t, archive)
		_, err := w.Shorten(ctx, "acme")
		require.NoError(t, err)
		steps := &steps{fail: fail, only: "Erase"}
		e := openOn(t, w.mem, func(o *engine.Options) {
			o.Store, o.Archive = failingStore{w.mem, steps}, failingArchive{archive, steps}
		})
		err = e.Erase(ctx, "acme")
		if fail < 3 {
			assert.ErrorIs(t, err, errDown)
			var left []usher.AccountID
			for id, err := range e.Accounts(ctx, "") {
				require.NoError(t, err)
				left = append(left, id)
			}
			assert.Equal(t, []usher.AccountID{"acme"}, left, "what is not erased everywhere is listed")
			assert.Equal(t, fail == 1, len(archive.objects["acme"]) > 0)
			err = e.Erase(ctx, "acme")
		}
		require.NoError(t, err)
		assert.Empty(t, archive.objects["acme"])
		assert.ErrorIs(t, archive.Save(ctx, "acme", "late", nil), store.ErrErased)
		_, err = e.Check(ctx, ask("adam", openDoor))
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
		_, err = e.Shorten(ctx, "acme")
		assert.ErrorIs(t, err, usher.ErrUnknownAccount)
		require.NoError(t, e.Erase(ctx, "acme"))
	}
}

// An account that is erased while Shorten runs, by an engine without the archive, leaves nothing there.
func TestShortenErasedMeanwhile(t *testing.T) {
	archive := new(memArchive)
	w, _ := longJournal(t, archive)
	steps := &steps{}
	steps.each = func(method string) {
		if method == "Shorten" {
			require.NoError(t, w.mem.Erase(ctx, "acme"))
		}
	}
	e := openOn(t, w.mem, func(o *engine.Options) { o.Store, o.Archive = failingStore{w.mem, steps}, archive })
	_, err := e.Shorten(ctx, "acme")
	assert.ErrorIs(t, err, usher.ErrUnknownAccount)
	assert.Empty(t, archive.objects["acme"])
}
