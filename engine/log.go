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

// Log returns an Observer that writes to a logger. Commits, with their actor, changes
// and note, and rejected batches are written at level Info; decisions at Debug; failures
// at Error, at Info if the caller caused them, and at Warn if the store rejected a
// commit by a rule of its own. Values of custom fields are never written. A nil logger
// means slog.Default.
//
// A Guard of usherhttp that responds to a rejected batch also writes a line at level
// Info. It has the request; the line of Log has the actor and the commands.
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
	if r.By != "" {
		attrs = append(attrs, slog.String("by", printable.Value(r.By)))
	}
	if r.Visitor {
		attrs = append(attrs, slog.Bool("visitor", true))
	}
	if r.Resource != nil {
		attrs = append(attrs, slog.String("resource", r.Resource.Ref().String()))
	}
	switch {
	case err != nil:
		l.LogAttrs(ctx, level, "check failed", append(attrs, slog.Any("error", printable.Error(err)))...)
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
	level, text := levelOf(err), "batch failed"
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

// levelOf returns Info for errors that the caller caused, and for a lost transaction, which
// the caller runs again. It returns a higher level for errors that an operator should look
// at.
func levelOf(err error) slog.Level {
	for _, own := range []error{context.Canceled, ErrKeyReused, ErrChanged, usher.ErrUnknownAccount, store.ErrRetry} {
		if errors.Is(err, own) {
			return slog.LevelInfo
		}
	}
	if errors.Is(err, store.ErrRefused) {
		return slog.LevelWarn // the rule works, but its limit may be too low
	}
	return slog.LevelError
}

// phrases are a list in JSON, and one line in text.
type phrases []string

func (p phrases) MarshalJSON() ([]byte, error) { return json.Marshal([]string(p)) }

func (p phrases) MarshalText() ([]byte, error) { return []byte(strings.Join(p, "; ")), nil }

// maxDescribed limits the changes or commands of a batch that are written.
const maxDescribed = 32

func descriptions[T any](list []T, describe func(T) string) phrases {
	words := make(phrases, 0, min(len(list), maxDescribed+1))
	for i, v := range list {
		if i == maxDescribed {
			return append(words, "and more")
		}
		words = append(words, describe(v))
	}
	return words
}
