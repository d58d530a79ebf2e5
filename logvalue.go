package usher

import (
	"log/slog"

	"github.com/usher-go/usher/internal/printable"
)

// LogValue implements slog.LogValuer: a group of allowed, reason, why (the sentence),
// and where they are known version, digest and time.
func (d Decision) LogValue() slog.Value { return slog.GroupValue(d.attrs(d.String())...) }

// LogValue implements slog.LogValuer: the group of a [Decision], of which why is the
// sentence of the Explanation, and what would help as ways, if there are any.
func (e Explanation) LogValue() slog.Value {
	attrs := e.Decision.attrs(printable.Text(e.Sentence))
	if len(e.Remedies) > 0 {
		ways := make([]string, len(e.Remedies))
		for i, w := range e.Remedies {
			ways[i] = printable.Text(w.Text)
		}
		attrs = append(attrs, slog.Any("remedies", ways))
	}
	return slog.GroupValue(attrs...)
}

// LogValue implements slog.LogValuer: the rule as String returns it.
func (r Rule) LogValue() slog.Value { return slog.StringValue(r.String()) }

func (d Decision) attrs(why string) []slog.Attr {
	attrs := []slog.Attr{slog.Bool("allowed", d.Allowed()), slog.String("reason", d.Reason().String()), slog.String("why", why)}
	detail := d.Detail()
	if detail.Version != 0 {
		attrs = append(attrs, slog.Uint64("version", detail.Version))
	}
	if detail.Digest != "" {
		attrs = append(attrs, slog.String("digest", printable.Value(detail.Digest)))
	}
	if at := d.Time(); !at.IsZero() {
		attrs = append(attrs, slog.Time("time", at))
	}
	return attrs
}
