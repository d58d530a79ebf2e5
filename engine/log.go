package engine

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Log returns an Observer that writes to a logger. Commits are written at the level
// of Info, with who did what and why, and so are batches that were refused;
// decisions at that of Debug; what went wrong at that of Error, but where only the
// caller stopped waiting. Values of custom fields are never written. A nil logger
// means slog.Default.
//
// Where a Guard of usherhttp answers for a refused batch, it writes a line at the level
// of Info as well, which has the request; this one has the actor and the commands.
func Log(to *slog.Logger) Observer {
	if to == nil {
		to = slog.Default()
	}
	l := logger{to}
	return Observer{Decided: l.decided, Committed: l.committed, Rejected: l.rejected, Failed: l.failed}
}

type logger struct{ *slog.Logger }

func (l logger) decided(ctx context.Context, r usher.Request, d usher.Decision, err error) {
	level := slog.LevelDebug
	if err != nil {
		level = levelOf(err)
	}
	if !l.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("account", printable.Value(r.Account)), slog.String("user", printable.Value(r.Subject)), slog.String("permission", printable.Value(r.Permission.String())),
	}
	if r.Resource != nil {
		attrs = append(attrs, slog.String("resource", r.Resource.Ref().String()))
	}
	switch {
	case err != nil:
		l.LogAttrs(ctx, level, "not decided", append(attrs, slog.Any("error", printable.Error(err)))...)
	case d.Allowed():
		l.LogAttrs(ctx, level, "allowed", append(attrs, slog.Uint64("version", d.Detail().Version), slog.String("why", d.String()))...)
	default:
		l.LogAttrs(ctx, level, "denied", append(attrs, slog.Uint64("version", d.Detail().Version), slog.String("reason", d.Reason().String()), slog.String("why", d.String()))...)
	}
}

func (l logger) committed(ctx context.Context, c *account.Commit) {
	if !l.Enabled(ctx, slog.LevelInfo) {
		return
	}
	attrs := []slog.Attr{
		slog.String("account", printable.Value(c.Account)), slog.Uint64("version", c.Version), slog.String("commit", printable.Value(c.ID)),
		slog.String("actor", c.Actor.String()), slog.Any("changes", descriptions(c.Changes, account.DescribeChange)),
	}
	if c.Note != "" {
		attrs = append(attrs, slog.String("note", printable.Text(c.Note)))
	}
	l.LogAttrs(ctx, slog.LevelInfo, "committed", attrs...)
}

func (l logger) rejected(ctx context.Context, b Batch, err error) {
	level, text := levelOf(err), "not done"
	var refusal *account.Refusal
	if errors.As(err, &refusal) {
		level, text = slog.LevelInfo, "refused"
	}
	if !l.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("account", printable.Value(b.Account)), slog.String("actor", b.Actor.String()),
		slog.Any("commands", descriptions(b.Commands, account.Describe)), slog.Any("error", printable.Error(err)),
	}
	if refusal != nil {
		attrs = append(attrs, slog.String("code", refusal.Code.String()))
	}
	l.LogAttrs(ctx, level, text, attrs...)
}

func (l logger) failed(err error) {
	l.LogAttrs(context.Background(), slog.LevelError, "failed in the background", slog.Any("error", printable.Error(err)))
}

// levelOf tells what somebody should look at from what is the caller's own doing.
func levelOf(err error) slog.Level {
	for _, own := range []error{context.Canceled, ErrKeyReused, usher.ErrUnknownAccount} {
		if errors.Is(err, own) {
			return slog.LevelInfo
		}
	}
	if errors.Is(err, store.ErrRefused) {
		return slog.LevelWarn // the rule works, and its limit may be too low
	}
	return slog.LevelError
}

// phrases are a list for machines, and a line with marks between them for people.
type phrases []string

func (p phrases) MarshalJSON() ([]byte, error) { return json.Marshal([]string(p)) }

func (p phrases) MarshalText() ([]byte, error) { return []byte(strings.Join(p, "; ")), nil }

// mostDescribed is how many changes or commands are written of a batch.
const mostDescribed = 32

func descriptions[T any](list []T, describe func(T) string) phrases {
	words := make(phrases, 0, min(len(list), mostDescribed+1))
	for i, v := range list {
		if i == mostDescribed {
			return append(words, "and more")
		}
		words = append(words, describe(v))
	}
	return words
}
