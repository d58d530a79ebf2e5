package console

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/store/memstore"
	"github.com/usher-go/usher/usherhttp"
)

// A page that would have to read too much of the journal ends early, and its cursor goes on where
// it stopped, so that no row is lost.
func TestRecordScan(t *testing.T) {
	ctx := context.Background()
	p, err := preset.Load("calcom")
	require.NoError(t, err)
	e, err := engine.Open(engine.Options{Policy: p, Store: new(memstore.Store)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	do := func(commands ...account.Command) {
		_, err := e.Do(ctx, account.AsHost("test"), "acme", commands...)
		require.NoError(t, err)
	}
	do(account.CreateAccount{Owner: "olivia"}, account.SetSeats{Pool: "booking", Total: 1})
	for i := range 1000 {
		if i%450 == 10 {
			do(account.AddUser{User: "ada", Role: "admin-only"})
			do(account.RemoveUser{User: "ada"})
		}
		do(account.SetSeats{Pool: "booking", Total: 5 + i})
	}
	c, err := New(Options{Engine: e, Log: slog.New(slog.DiscardHandler), Subject: func(*http.Request) (usherhttp.Subject, error) {
		return usherhttp.Subject{Account: "acme", User: "olivia"}, nil
	}})
	require.NoError(t, err)
	var found []uint64
	pages := 0
	for after := ""; ; pages++ {
		r := httptest.NewRequest("GET", "/record?user=ada&after="+after, nil)
		v, err := c.identify(r, location{})
		require.NoError(t, err)
		require.NoError(t, v.open())
		s, err := v.recordSearch(r)
		require.NoError(t, err)
		s.scan = 2 * recordChunk
		commits, next, searched, err := s.page()
		require.NoError(t, err)
		for _, c := range commits {
			found = append(found, c.Version)
		}
		assert.Equal(t, next != "", !searched.IsZero())
		if after = next; after == "" {
			break
		}
	}
	assert.Equal(t, []uint64{917, 916, 465, 464, 13, 12}, found)
	assert.Equal(t, 2, pages)
}

// Each change has exactly one kind, so that the filters find every commit.
func TestKindsAreComplete(t *testing.T) {
	count := 0
	for _, k := range kinds {
		count += len(k.Changes)
	}
	assert.Len(t, kindsByChange, count, "a change has two kinds")
	for _, name := range account.ChangeNames() {
		assert.NotEmpty(t, kindsByChange[name], name)
	}
}
