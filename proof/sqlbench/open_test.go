package sqlbench_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/boltstore"
	"github.com/usher-go/usher/store/pgstore"
)

// BenchmarkOpen opens an engine and views an account of a million users in 50,000 teams, in turns
// over boltstore and pgstore.
func BenchmarkOpen(b *testing.B) {
	seed := account.Seed{Teams: map[usher.TeamID]usher.TeamID{}, Users: map[usher.UserID]policy.User{"olivia": {Role: "owner"}}}
	for i := range 1_000_000 {
		in := usher.TeamID(fmt.Sprint("team-", i/20))
		seed.Teams[in] = ""
		seed.Users[usher.UserID(fmt.Sprintf("user-%07d", i))] = policy.User{Teams: []policy.Membership{{Team: in}}}
	}
	file, err := boltstore.Open(filepath.Join(b.TempDir(), "usher.db"), boltstore.Options{})
	require.NoError(b, err)
	b.Cleanup(func() { _ = file.Close() })
	s, err := pgstore.Open(ctx, newPool(b, newDatabase(b), 4), pgstore.Options{})
	require.NoError(b, err)
	b.Cleanup(s.Close)
	oncehub, err := preset.Load("oncehub")
	require.NoError(b, err)
	openOn := func(s store.Store) *engine.Engine {
		e, err := engine.Open(engine.Options{Policy: oncehub, Store: s})
		require.NoError(b, err)
		return e
	}
	ways := []*way{{name: "bolt"}, {name: "pg"}}
	for i, s := range []store.Store{file, s} {
		e := openOn(s)
		_, err := e.Do(ctx, bench, "acme", account.Import{Seed: seed})
		require.NoError(b, err)
		require.NoError(b, e.Close()) // saves the snapshot
		saved, err := s.Snapshot(ctx, "acme")
		require.NoError(b, err)
		require.EqualValues(b, 1, saved.Version)
		ways[i].do = func(int) error {
			e := openOn(s)
			defer e.Close()
			v, err := e.View(ctx, "acme")
			if err == nil && v.Len() != len(seed.Users) {
				err = fmt.Errorf("%d users", v.Len())
			}
			return err
		}
	}
	compare(b, ways, func(w *way) { w.round(b, 1, 1, 1) })
}
