package storetest_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
	"github.com/usher-go/usher/store/storetest"
)

func TestPlain(t *testing.T) {
	storetest.Run(t, func(testing.TB) store.Store { return newPlain() })
	source, err := os.ReadFile("plain_test.go")
	require.NoError(t, err)
	assert.Less(t, strings.Count(string(source), "\n"), 150, "lines of the shortest store")
}

// bare is a store that is not a UserDataStore.
type bare struct{ store.Store }

func (b bare) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	if len(e.Records) > 0 {
		return store.ErrNoUserData
	}
	return b.Store.Append(ctx, account, e)
}

func TestBare(t *testing.T) {
	storetest.Run(t, func(testing.TB) store.Store { return bare{newPlain()} })
}

// A skipped row states which requirement is not met.
func TestSkips(t *testing.T) {
	skipped := map[string]string{}
	for _, row := range storetest.Rows() {
		r := check(storetest.Suite{Open: func(testing.TB) store.Store { return bare{newPlain()} }}, row.Check)
		require.Empty(t, r.errors)
		if r.skipped != "" {
			skipped[row.Name] = r.skipped
		}
	}
	assert.Equal(t, "RecordKept does not apply: the store is not a UserDataStore", skipped["RecordKept"])
	assert.Equal(t, "WatchBegins does not apply: the store is not a Watcher", skipped["WatchBegins"])
	assert.Equal(t, "Durable does not apply: the suite has no Reopen", skipped["Durable"])
	assert.Equal(t, "InTxCommits does not apply: the store is not a Transactor", skipped["InTxCommits"])
	assert.Equal(t, "SecondReads does not apply: the suite has no Second", skipped["SecondReads"])
	assert.NotContains(t, skipped, "AppendNoUserData")
	r := check(storetest.Suite{Open: func(testing.TB) store.Store { return newPlain() }}, rowNamed(t, "AppendNoUserData").Check)
	assert.Equal(t, "AppendNoUserData does not apply: the store is a UserDataStore", r.skipped)
}

func rowNamed(t *testing.T, name string) storetest.Row {
	t.Helper()
	for _, row := range storetest.Rows() {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no row %s", name)
	return storetest.Row{}
}
