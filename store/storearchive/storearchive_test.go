package storearchive_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/filearchive"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/store/storearchive"
	"github.com/usher-go/usher/store/storecopy"
	"github.com/usher-go/usher/store/storefeed"
)

// shortened returns a store in which acme has 50 commits, of which all but the last are in an archive in
// the folder dir, and other has one. Whole is a copy of the store from before.
func shortened(t testing.TB) (whole, s *memstore.Store, archive *filearchive.Archive, dir string) {
	t.Helper()
	dir = t.TempDir()
	archive, err := filearchive.Open(dir)
	require.NoError(t, err)
	p, err := preset.Load("oncehub")
	require.NoError(t, err)
	s, whole = new(memstore.Store), new(memstore.Store)
	e, err := engine.Open(engine.Options{Policy: p, Store: s, Archive: archive})
	require.NoError(t, err)
	host := account.AsHost("test")
	_, err = e.Do(t.Context(), host, "other", account.CreateAccount{Owner: "mia"})
	require.NoError(t, err)
	_, err = e.Do(t.Context(), host, "acme", account.CreateAccount{Owner: "olivia"},
		account.DefineField{Field: "phone", Type: account.TextField}, account.SetField{User: "olivia", Field: "phone", Value: "17"})
	require.NoError(t, err)
	for i := range 49 {
		_, err = e.Do(t.Context(), host, "acme", account.CreateTeam{Team: usher.TeamID(fmt.Sprint("team", i))})
		require.NoError(t, err)
	}
	view, err := e.View(t.Context(), "acme")
	require.NoError(t, err)
	require.NoError(t, s.SaveSnapshot(t.Context(), "acme", store.Snapshot{Version: view.Version(), Data: view.State().Encode()}))
	require.NoError(t, s.SaveLastActive(t.Context(), "acme", []store.LastActive{{User: "olivia", At: time.Unix(1, 0)}}))
	require.NoError(t, s.Erase(t.Context(), "gone"))
	copied(t, s, whole)
	upTo, err := e.Shorten(t.Context(), "acme")
	require.NoError(t, err)
	require.Equal(t, uint64(49), upTo)
	require.NoError(t, e.Close())
	return whole, s, archive, dir
}

// copied copies a store, without a problem.
func copied(t testing.TB, from, to store.Store) (accounts []usher.AccountID) {
	t.Helper()
	for a, err := range storecopy.Copy(t.Context(), from, to) {
		require.NoError(t, err)
		require.NoError(t, a.Problem)
		accounts = append(accounts, a.ID)
	}
	return accounts
}

// lines returns the lines of a feed, and its problems.
func lines(t testing.TB, s store.Store, after storefeed.Cursor) (all []string, problems []error) {
	t.Helper()
	for e, err := range storefeed.Read(t.Context(), s, after) {
		require.NoError(t, err)
		if e.Problem != nil {
			problems = append(problems, e.Problem)
			continue
		}
		all = append(all, string(e.Line()))
	}
	return all, problems
}

// A feed of a shortened store is that of the store before, also from a cursor in the archived part. Without
// the archive, it is a problem.
func TestFeed(t *testing.T) {
	whole, s, archive, _ := shortened(t)
	want, problems := lines(t, whole, nil)
	require.Empty(t, problems)
	require.Len(t, want, 51)
	got, problems := lines(t, storearchive.Reader(s, archive), nil)
	assert.Empty(t, problems)
	assert.Equal(t, want, got)

	cursor := storefeed.Cursor{}
	for e, err := range storefeed.Read(t.Context(), whole, nil) {
		require.NoError(t, err)
		if cursor.Note(e); e.Account == "acme" && e.Commit.Version == 20 {
			break
		}
	}
	rest, problems := lines(t, storearchive.Reader(s, archive), cursor)
	assert.Empty(t, problems)
	assert.Equal(t, want[20:], rest)
	for _, after := range []storefeed.Cursor{nil, cursor} {
		rest, problems = lines(t, s, after)
		require.Len(t, problems, 1)
		assert.ErrorIs(t, problems[0], store.ErrShortened)
		assert.Len(t, rest, 1, "only the commit of the other account")
	}
}

// A copy of a shortened store has all commits. Without the archive, the account differs.
func TestCopy(t *testing.T) {
	whole, s, archive, _ := shortened(t)
	target := new(memstore.Store)
	accounts := copied(t, storearchive.Reader(s, archive), target)
	assert.ElementsMatch(t, []usher.AccountID{"acme", "other", "gone"}, accounts)
	want, _ := lines(t, whole, nil)
	got, _ := lines(t, target, nil)
	assert.Equal(t, want, got)
	record, err := target.Record(t.Context(), "acme", "olivia")
	require.NoError(t, err)
	assert.Contains(t, string(record), "17")

	found := false
	for a, err := range storecopy.Copy(t.Context(), s, new(memstore.Store)) {
		require.NoError(t, err)
		if a.ID == "acme" {
			found = true
			assert.ErrorIs(t, a.Problem, store.ErrShortened)
			assert.Zero(t, a.Version)
		}
	}
	assert.True(t, found)
}

// A file of the archive that was changed is a problem, and not another journal.
func TestChangedFile(t *testing.T) {
	_, s, archive, dir := shortened(t)
	parts, err := filepath.Glob(filepath.Join(dir, "*", "commits-1-49-*"))
	require.NoError(t, err)
	require.Len(t, parts, 1)
	data, err := os.ReadFile(parts[0])
	require.NoError(t, err)
	data[len(data)/2] ^= 1
	require.NoError(t, os.WriteFile(parts[0], data, 0o600))
	_, problems := lines(t, storearchive.Reader(s, archive), nil)
	require.Len(t, problems, 1)
	assert.ErrorIs(t, problems[0], store.ErrArchiveDamaged)
}

// The reader has the optional interfaces that its readers need, if the store has them.
func TestInterfaces(t *testing.T) {
	type journalsOnly struct{ store.Store }
	type userDataOnly struct{ store.UserDataStore }
	type listing struct {
		store.Store
		storecopy.ErasedLister
	}
	mem := new(memstore.Store)
	for _, row := range []struct {
		store           store.Store
		userData, lists bool
	}{{mem, true, true}, {journalsOnly{mem}, false, false}, {userDataOnly{mem}, true, false}, {listing{mem, mem}, false, true}} {
		r := storearchive.Reader(row.store, nil)
		_, userData := r.(store.UserDataStore)
		_, lists := r.(storecopy.ErasedLister)
		assert.Equal(t, row.userData, userData, "%T", row.store)
		assert.Equal(t, row.lists, lists, "%T", row.store)
	}
}

// An account that only the archive has erased is a problem: it exists, so a feed does not report that it was
// erased, and a copy does not erase it or leave it out.
func TestErasedOnlyInArchive(t *testing.T) {
	whole, s, archive, _ := shortened(t)
	require.NoError(t, archive.Erase(t.Context(), "acme"))
	cursor := storefeed.Cursor{}
	for e, err := range storefeed.Read(t.Context(), whole, nil) {
		require.NoError(t, err)
		if cursor.Note(e); e.Account == "acme" && e.Commit.Version == 20 {
			break
		}
	}
	found := 0
	for e, err := range storefeed.Read(t.Context(), storearchive.Reader(s, archive), cursor) {
		require.NoError(t, err)
		if e.Account == "acme" {
			found++
			assert.False(t, e.Erased)
			assert.ErrorIs(t, e.Problem, store.ErrArchiveDamaged)
		}
	}
	assert.Equal(t, 1, found)

	type journalsOnly struct{ store.Store }
	for _, source := range []store.Store{s, journalsOnly{s}} {
		target, found := new(memstore.Store), 0
		copied(t, whole, target)
		for a, err := range storecopy.Copy(t.Context(), storearchive.Reader(source, archive), target) {
			require.NoError(t, err)
			if a.ID == "acme" {
				found++
				assert.False(t, a.Erased)
				assert.ErrorIs(t, a.Problem, store.ErrArchiveDamaged)
			}
		}
		assert.Equal(t, 1, found)
		got, _ := lines(t, target, nil)
		assert.Len(t, got, 51, "the target keeps the account")
	}

	// An account that was erased in both is erased.
	require.NoError(t, s.Erase(t.Context(), "acme"))
	_, err := s.Snapshot(t.Context(), "acme")
	require.ErrorIs(t, err, store.ErrErased)
	for _, err := range storearchive.Reader(s, archive).Commits(t.Context(), "acme", 0) {
		assert.ErrorIs(t, err, store.ErrErased)
	}
}

// An account that is erased after the archive was asked for is erased.
func TestErasedMeanwhile(t *testing.T) {
	_, s, archive, _ := shortened(t)
	during := erasing{archive, func() {
		require.NoError(t, archive.Erase(t.Context(), "acme"))
		require.NoError(t, s.Erase(t.Context(), "acme"))
	}}
	for _, err := range storearchive.Reader(s, during).Commits(t.Context(), "acme", 0) {
		assert.ErrorIs(t, err, store.ErrErased)
		assert.NotErrorIs(t, err, store.ErrArchiveDamaged)
	}
}

// erasing is an archive that calls a function before it loads an object.
type erasing struct {
	store.Archive
	erase func()
}

func (e erasing) Load(ctx context.Context, id usher.AccountID, name string) ([]byte, error) {
	e.erase()
	return e.Archive.Load(ctx, id, name)
}
