package boltstore_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/boltstore"
)

// BenchmarkOpen measures the time from opening the file to the first View of an account with a
// million users in 50,000 teams.
func BenchmarkOpen(b *testing.B) {
	oncehub, err := preset.Load("oncehub")
	require.NoError(b, err)
	c := account.Seed{Teams: map[usher.TeamID]usher.TeamID{}, Users: map[usher.UserID]policy.User{"olivia": {Role: "owner"}}}
	for i := range 1_000_000 {
		in := usher.TeamID(fmt.Sprint("team-", i/20))
		c.Teams[in] = ""
		c.Users[usher.UserID(fmt.Sprintf("user-%07d", i))] = policy.User{Teams: []policy.Membership{{Team: in}}}
	}
	path := filepath.Join(b.TempDir(), "usher.db")
	run := func(first func(*engine.Engine)) {
		s, err := boltstore.Open(path, boltstore.Options{})
		require.NoError(b, err)
		e, err := engine.Open(engine.Options{Policy: oncehub, Store: s})
		require.NoError(b, err)
		first(e)
		b.StopTimer()
		require.NoError(b, e.Close())
		require.NoError(b, s.Close())
		b.StartTimer()
	}
	begun := time.Now()
	run(func(e *engine.Engine) {
		_, err := e.Do(context.Background(), account.AsHost("test"), "acme", account.Import{Seed: c})
		require.NoError(b, err)
	})
	imported := time.Since(begun)
	for b.Loop() {
		run(func(e *engine.Engine) {
			v, err := e.View(context.Background(), "acme")
			require.NoError(b, err)
			require.Equal(b, 1_000_001, v.Len())
		})
	}
	b.ReportMetric(imported.Seconds(), "s-to-import")
}
