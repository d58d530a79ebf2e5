package console

import (
	"embed"
	"html/template"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
)

//go:embed texts/*.txt
var textFiles embed.FS

// english is the language that every text has.
const english = "en"

// language is a catalogue of texts in one language.
type language struct {
	tag   string
	texts map[string]string
}

// included returns the catalogues of the package, by language.
func included() (map[string]*language, error) {
	all := map[string]*language{}
	entries, _ := textFiles.ReadDir("texts") // the embedded directory always exists
	for _, e := range entries {
		data, _ := textFiles.ReadFile("texts/" + e.Name())
		tag := strings.TrimSuffix(e.Name(), path.Ext(e.Name()))
		texts, err := parseTexts(string(data))
		if err != nil {
			return nil, printable.Errorf("texts/%s: %w", e.Name(), err)
		}
		all[tag] = &language{tag, texts}
	}
	return all, nil
}

// parseTexts reads a catalogue: a line "key = text" for each text, comments with #, and blank
// lines.
func parseTexts(data string) (map[string]string, error) {
	texts := map[string]string{}
	n := 0
	for line := range strings.Lines(data) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, text, ok := strings.Cut(line, " = ")
		if _, twice := texts[key]; !ok || twice {
			return nil, printable.Errorf("line %d: want a new key, then \" = \", then its text", n)
		}
		texts[key] = text
	}
	return texts, nil
}

// languages returns the included catalogues with the texts of a host.
func languages(own map[string]map[string]string) (map[string]*language, error) {
	all, err := included()
	if err != nil {
		return nil, err
	}
	base := all[english].texts
	keys := slices.Sorted(maps.Keys(base))
	for _, tag := range slices.Sorted(maps.Keys(own)) {
		texts := own[tag]
		tag = strings.ToLower(tag)
		if all[tag] == nil {
			all[tag] = &language{tag, map[string]string{}}
		}
		for _, key := range slices.Sorted(maps.Keys(texts)) {
			text := texts[key]
			original, known := base[key]
			if !known {
				return nil, printable.Errorf("%s has the unknown key %q%s", tag, key, suggest.DidYouMean(key, keys))
			}
			for _, name := range placeholders(text) {
				if !slices.Contains(placeholders(original), name) {
					return nil, printable.Errorf("%s: %s contains {%s}, and the English text does not", tag, key, name)
				}
			}
			all[tag].texts[key] = text
		}
	}
	for _, l := range all {
		for key, text := range base {
			if _, ok := l.texts[key]; !ok {
				l.texts[key] = text
			}
		}
	}
	return all, nil
}

// placeholders returns the names in braces of a text, in their order.
func placeholders(text string) (names []string) {
	for part := range strings.SplitSeq(text, "{") {
		if name, _, ok := strings.Cut(part, "}"); ok {
			names = append(names, name)
		}
	}
	return names
}

// html returns a text with values for its placeholders, given as pairs of name and value. The
// values are escaped, and isolated from the direction of the text around them. A value that is
// already template.HTML is used as it is.
func (l *language) html(key string, pairs ...any) template.HTML {
	return template.HTML(l.fill(key, pairs, template.HTMLEscapeString, isolated)) //nolint:gosec // every part is escaped
}

// plain returns a text as html does, as text. Text has no element that isolates a value, so the
// values lose the characters that would change the direction of what follows.
func (l *language) plain(key string, pairs ...any) string {
	return l.fill(key, pairs, func(s string) string { return s }, func(v any) string { return undirected(words(v)) })
}

// fill puts values into a text. A key without a text stands for itself.
func (l *language) fill(key string, pairs []any, literal func(string) string, value func(any) string) string {
	text, ok := l.texts[key]
	if !ok {
		text = key
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(literal(before))
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return b.String()
		}
		b.WriteString(value(valueOf(name, pairs)))
		text = after
	}
}

func valueOf(name string, pairs []any) any {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1]
		}
	}
	return "{" + name + "}"
}

// isolated returns a value as HTML whose direction does not affect the text around it.
func isolated(v any) string {
	if h, ok := v.(template.HTML); ok {
		return string(h)
	}
	return "<bdi>" + template.HTMLEscapeString(words(v)) + "</bdi>"
}

// undirected returns a text without the characters that embed, override or isolate directions.
// Letters keep their own direction.
func undirected(text string) string {
	return strings.Map(func(r rune) rune {
		if '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069' {
			return -1
		}
		return r
	}, text)
}

// rightToLeft contains the languages that are written from right to left.
var rightToLeft = []string{"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}

// direction returns "rtl" or "ltr".
func (l *language) direction() string {
	base, _, _ := strings.Cut(l.tag, "-")
	if slices.Contains(rightToLeft, base) {
		return "rtl"
	}
	return "ltr"
}

// languageOf returns the language of a request.
func (c *Console) languageOf(r *http.Request) *language {
	wanted := acceptedLanguages(r.Header.Get("Accept-Language"))
	if c.options.Language != nil {
		wanted = []string{strings.ToLower(c.options.Language(r))}
	}
	for _, tag := range wanted {
		for ; tag != ""; tag = tag[:max(strings.LastIndex(tag, "-"), 0)] {
			if l := c.texts[tag]; l != nil {
				return l
			}
		}
	}
	return c.texts[english]
}

// acceptedLanguages returns the languages of a header Accept-Language in lower case, the
// preferred one first. It ignores weights that are not a number between 0 and 1.
func acceptedLanguages(header string) []string {
	type weighted struct {
		tag    string
		weight float64
	}
	var list []weighted
	for part := range strings.SplitSeq(header, ",") {
		tag, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if w := weightOf(q); tag != "" && w > 0 {
			list = append(list, weighted{strings.ToLower(strings.TrimSpace(tag)), w})
		}
	}
	slices.SortStableFunc(list, func(a, b weighted) int {
		switch {
		case a.weight > b.weight:
			return -1
		case a.weight < b.weight:
			return 1
		}
		return 0
	})
	tags := make([]string, len(list))
	for i, w := range list {
		tags[i] = w.tag
	}
	return tags
}
