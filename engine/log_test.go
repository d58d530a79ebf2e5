package engine_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
	"github.com/usher-go/usher/internal/storefault"
)

// logged returns a world with a log, and a function that returns the lines since its
// last call.
func logged(t *testing.T, level slog.Level) (w *world, lines func() string) {
	var out bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: level, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "commit" {
			return slog.Attr{}
		}
		return a
	}}))
	w = open(t, func(o *engine.Options) { unwatched(o); o.Observer = engine.Log(logger) })
	return w, func() string {
		defer out.Reset()
		return strings.TrimSpace(out.String())
	}
}

func TestLog(t *testing.T) {
	w, lines := logged(t, slog.LevelDebug)
	w.found()
	assert.Contains(t, lines(), `level=INFO msg=committed account=acme version=1 actor="host test" changes="the account is created, with olivia as owner`)

	_, err := w.Submit(ctx, engine.Batch{Actor: account.AsUser("adam"), Account: "acme", Note: "promoted", Commands: []account.Command{setRole("max", "clerk")}})
	require.NoError(t, err)
	assert.Equal(t, `level=INFO msg=committed account=acme version=2 actor=adam changes="max: member becomes clerk" note=promoted`, lines())

	assert.True(t, w.opens("adam"))
	assert.Contains(t, lines(), "level=DEBUG msg=allowed account=acme user=adam permission=door.open version=2 why=\"allowed by `admin: any` of door.open (office.yaml:")
	d, err := w.Check(ctx, usher.Request{Account: "acme", Subject: "max", Permission: openDoor, Resource: &usher.Object{Type: "door", ID: "front"}})
	require.NoError(t, err)
	assert.False(t, d.Allowed())
	assert.Contains(t, lines(), `level=DEBUG msg=denied account=acme user=max permission=door.open resource="door front" version=2 reason=condition-unmet`)
	_, err = w.Check(ctx, usher.Request{Account: "acme", Subject: "max"})
	assert.Error(t, err)
	assert.Contains(t, lines(), "level=ERROR msg=\"check failed\" account=acme user=max")

	_, err = w.Do(ctx, account.AsUser("max"), "acme", setRole("max", "admin"))
	assert.Error(t, err)
	assert.Regexp(t, `^level=INFO msg=refused account=acme actor=max commands="set-role max admin" error=.* code=denied$`, lines())
}

// No personal data is logged, and no line is formatted that the level hides.
func TestLogIsDiscreet(t *testing.T) {
	w, lines := logged(t, slog.LevelInfo)
	w.found()
	w.must("acme", host, account.DefineField{Field: "phone", Type: account.TextField})
	w.must("acme", host, account.SetField{User: "max", Field: "phone", Value: "555-0100"})
	_, err := w.Do(ctx, account.AsUser("cleo"), "acme", account.SetField{User: "max", Field: "phone", Value: "555-0100"})
	assert.Error(t, err)
	_, err = w.Do(ctx, host, "acme", account.SetField{User: "max", Field: "size", Value: "555-0100"})
	assert.Error(t, err)
	w.calls.set(on("Append", storefault.Fault{Before: errDown}))
	_, err = w.Do(ctx, host, "acme", account.SetField{User: "max", Field: "phone", Value: "555-0101"})
	assert.Error(t, err)
	text := lines()
	assert.Contains(t, text, "the field phone of max is set")
	assert.Contains(t, text, `level=ERROR msg="batch failed"`)
	assert.NotContains(t, text, "555")

	assert.True(t, w.opens("adam"))
	assert.Empty(t, lines())
	assert.Zero(t, allocations(func() { decide(w, ask("adam", openDoor)) }))
	faults, letGo := held("Commits")
	w.calls.set(faults)
	defer letGo()
	done, cancel := context.WithCancel(ctx)
	cancel()
	_, err = w.AtLeast("acme", 99).Check(done, ask("adam", openDoor))
	assert.Error(t, err)
	assert.Contains(t, lines(), "level=INFO", "a caller that stops waiting is not a failure")
}

func TestLogIsShort(t *testing.T) {
	w, lines := logged(t, slog.LevelInfo)
	w.must("acme", host, large())
	assert.Less(t, len(lines()), 4000)
}

func TestLogToTheDefault(t *testing.T) {
	defer slog.SetDefault(slog.Default())
	var out bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	engine.Log(nil).Failed(errDown)
	assert.Contains(t, out.String(), errDown.Error())
}

// JSON contains a list.
func TestLogAsJSON(t *testing.T) {
	var out bytes.Buffer
	w := open(t, func(o *engine.Options) {
		o.Observer = engine.Log(slog.New(slog.NewJSONHandler(&out, nil)))
	}).found()
	w.must("acme", host, setRole("max", "clerk"))
	assert.Contains(t, out.String(), `"changes":["max: member becomes clerk"]`)
}
