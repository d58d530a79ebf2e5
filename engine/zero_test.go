package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/store/memstore"
)

// A zero Engine behaves like a closed one.
func TestZero(t *testing.T) {
	for _, e := range []*engine.Engine{nil, {}} {
		errs := map[string]error{"SetPolicy": e.SetPolicy(ctx, load(t, office)), "Erase": e.Erase(ctx, "acme")}
		_, errs["Check"] = e.Check(ctx, ask("adam", openDoor))
		_, errs["Explain"] = e.Explain(ctx, ask("adam", openDoor))
		_, errs["Actions"] = e.Actions(ctx, ask("adam", openDoor))
		_, errs["AtLeast"] = e.AtLeast("acme", 1).Check(ctx, ask("adam", openDoor))
		_, errs["At"] = e.At("acme", 1).Check(ctx, ask("adam", openDoor))
		_, errs["ReaderTx"] = e.ReaderTx(new(memstore.Store).Begin()).Check(ctx, ask("adam", openDoor))
		_, errs["HolderTx"] = e.HolderTx(nil).Check(ctx, ask("adam", openDoor))
		_, errs["SubmitTx"] = e.SubmitTx(ctx, new(memstore.Store).Begin(), engine.Batch{Actor: host, Account: "acme"})
		_, errs["View"] = e.View(ctx, "acme")
		_, errs["Values"] = e.Values(ctx, "acme", "adam")
		_, errs["Do"] = e.Do(ctx, host, "acme", setRole("max", "admin"))
		_, errs["Preview"] = e.Preview(ctx, engine.Batch{Actor: host, Account: "acme"})
		for _, err := range e.Journal(ctx, "acme", 0) {
			errs["Journal"] = err
		}
		for _, err := range e.Accounts(ctx, "") {
			errs["Accounts"] = err
		}
		for _, err := range e.LastActiveTimes(ctx, "acme", "") {
			errs["LastActiveTimes"] = err
		}
		_, errs["LastActive"] = e.LastActive(ctx, "acme", "adam")
		_, errs["Filter"] = e.Filter(ctx, ask("adam", openDoor))
		for _, err := range e.WhoMay(ctx, ask("", openDoor), "") {
			errs["WhoMay"] = err
		}
		_, errs["Seats"] = e.Seats(ctx, "acme", noon, noon.Add(1))
		for _, err := range e.SeatSpans(ctx, "acme", noon, noon.Add(1)) {
			errs["SeatSpans"] = err
		}
		_, errs["As"] = e.As(ctx, "acme", "adam", nil)
		_, errs["As of a Reader"] = e.AtLeast("acme", 1).As(ctx, "acme", "adam", nil)
		_, errs["Can"] = e.Can(ctx, "acme", "adam", openDoor, nil)
		errs["CheckAll"] = e.CheckAll(ctx, "acme", nil, []usher.Request{ask("adam", openDoor)})[0].Err
		assert.Len(t, errs, 26)
		for name, err := range errs {
			assert.ErrorIs(t, err, engine.ErrClosed, name)
		}
		assert.Nil(t, e.Policy())
		e.MarkActive("acme", "adam")
		require.NoError(t, e.Close())
	}
	d, err := new(engine.Reader).Check(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, engine.ErrClosed)
	assert.False(t, d.Allowed())
	_, err = new(engine.Reader).As(ctx, "acme", "adam", nil)
	assert.ErrorIs(t, err, engine.ErrClosed)
	assert.ErrorIs(t, new(engine.Reader).CheckAll(ctx, "acme", nil, []usher.Request{ask("adam", openDoor)})[0].Err, engine.ErrClosed)
	_, err = new(engine.Reader).Explain(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, engine.ErrClosed)
	f, err := new(engine.Reader).Filter(ctx, ask("adam", openDoor))
	assert.ErrorIs(t, err, engine.ErrClosed)
	assert.True(t, f.None())
	for _, err := range new(engine.Reader).WhoMay(ctx, ask("", openDoor), "") {
		assert.ErrorIs(t, err, engine.ErrClosed)
	}
}
