package usher

import (
	"log/slog"

	"github.com/usher-go/usher/internal/printable"
)

// LogValue implements slog.LogValuer. It returns a group of allowed, reason and why (the
// sentence), and of version, digest and time if they are known.
func (d Decision) LogValue() slog.Value { return slog.GroupValue(d.attrs(d.String())...) }

// LogValue implements slog.LogValuer. It returns the group of a [Decision], in which why is
// the Explanation's Sentence, and remedies if there are any.
func (e Explanation) LogValue() slog.Value {
	attrs := e.Decision.attrs(printable.Text(e.Sentence))
	if len(e.Remedies) > 0 {
		remedies := make([]string, len(e.Remedies))
		for i, r := range e.Remedies {
			remedies[i] = printable.Text(r.Text)
		}
		attrs = append(attrs, slog.Any("remedies", remedies))
	}
	return slog.GroupValue(attrs...)
}

// LogValue implements slog.LogValuer. It returns the text that String returns.
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
