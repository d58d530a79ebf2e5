package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store/memstore"
)

func expecting(version uint64, commands ...account.Command) engine.Batch {
	return engine.Batch{Actor: account.AsUser("adam"), Account: "acme", Expect: version, Commands: commands}
}

func TestExpect(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	w.must("acme", host, account.AddUser{User: "eve"})              // version 2
	w.must("acme", host, account.SetStatus{User: "eve", Status: 3}) // version 3
	w.must("acme", host, account.AddUser{User: "ian"})              // version 4
	w.must("acme", host, setRole("eve", "admin"))                   // version 5

	for _, version := range []uint64{0, 1, 4, 5} {
		_, err := w.Preview(ctx, expecting(version, setRole("max", "admin")))
		assert.NoError(t, err, "version %d, and no commit since concerns max", version)
	}
	for version, since := range map[uint64][]uint64{1: {2, 3, 5}, 2: {3, 5}, 3: {5}, 4: {5}} {
		b := expecting(version, setRole("max", "admin"), setRole("eve", "member"))
		_, previewErr := w.Preview(ctx, b)
		_, err := w.Submit(ctx, b)
		for _, err := range []error{previewErr, err} {
			require.ErrorIs(t, err, engine.ErrChanged)
			var changed *engine.ChangedError
			require.ErrorAs(t, err, &changed)
			assert.Equal(t, version, changed.Expected)
			assert.Equal(t, uint64(5), changed.Version)
			var versions []uint64
			for _, c := range changed.Commits {
				versions = append(versions, c.Version)
			}
			assert.Equal(t, since, versions)
			assert.Equal(t, "changed-meanwhile", changed.Refused())
		}
	}
	assert.Len(t, w.journal(), 5, "no changes were made")

	_, err := w.Submit(ctx, expecting(6, setRole("eve", "member")))
	assert.ErrorIs(t, err, engine.ErrFutureVersion)
	_, err = w.Submit(ctx, expecting(3, account.RemoveUser{User: "eve"}))
	assert.ErrorContains(t, err, "what the batch names has changed since version 3: version 5 by host test")
	_, err = w.Submit(ctx, expecting(5, setRole("eve", "member")))
	assert.NoError(t, err)
}

// An engine whose cache is older than the expected version reads the store.
func TestExpectLoads(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	other := openOn(t, mem, nil)
	require.True(t, other.opens("adam"), "the account is in its cache")
	w.must("acme", host, account.AddUser{User: "eve"})
	_, err := other.Submit(ctx, expecting(2, account.RemoveUser{User: "eve"}))
	assert.NoError(t, err)
}

// A concurrent commit between the proposal and the append makes the expectation false.
func TestExpectAfterConflict(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	other := openOn(t, mem, nil)
	require.True(t, other.opens("adam"))
	w.must("acme", host, setRole("max", "admin"))
	_, err := other.Submit(ctx, expecting(1, setRole("max", "admin")))
	assert.ErrorIs(t, err, engine.ErrChanged)
	_, err = other.Submit(ctx, expecting(1, account.AddUser{User: "eve"}))
	assert.NoError(t, err)
}

// A retry under an idempotency key returns the first result.
func TestExpectWithKey(t *testing.T) {
	w := open(t, nil).found()
	b := expecting(1, setRole("max", "admin"))
	b.IdempotencyKey = "form"
	first, err := w.Submit(ctx, b)
	require.NoError(t, err)
	again, err := w.Submit(ctx, b)
	require.NoError(t, err)
	assert.True(t, again.Repeated)
	assert.Equal(t, first.Version, again.Version)
}

func TestExpectInTx(t *testing.T) {
	mem := new(memstore.Store)
	w := openOn(t, mem, nil).found()
	w.must("acme", host, setRole("max", "admin"))
	tx := mem.Begin()
	defer tx.Rollback()
	_, err := w.SubmitTx(ctx, tx, expecting(1, setRole("max", "member")))
	assert.ErrorIs(t, err, engine.ErrChanged)
	_, err = w.SubmitTx(ctx, tx, expecting(9, setRole("max", "member")))
	assert.ErrorIs(t, err, engine.ErrFutureVersion)
	_, err = w.SubmitTx(ctx, tx, expecting(2, setRole("max", "member")))
	assert.NoError(t, err)
}
