package testfile

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher/policy/syntax"
)

// flow builds a YAML map in one line.
type flow []pair

type pair struct{ key, value string }

// add adds a pair. The value is YAML.
func (m *flow) add(key, value string) { *m = append(*m, pair{key, value}) }

// The methods below omit values that are not in the file.

func (m *flow) name(key string, n syntax.Name) {
	if n.Text != "" {
		m.add(key, Word(n.Text))
	}
}

func (m *flow) names(key string, list []syntax.Name) {
	if list != nil {
		m.add(key, namesText(list))
	}
}

func (m *flow) flags(key string, list []Flag) {
	if list != nil {
		m.add(key, flagsFlow(list).String())
	}
}

func (m *flow) time(key string, t time.Time) {
	if !t.IsZero() {
		m.add(key, timeText(t))
	}
}

func (m *flow) count(key string, n *int) {
	if n != nil {
		m.add(key, strconv.Itoa(*n))
	}
}

// String returns the map: {host: [mia, sam]}.
func (m flow) String() string {
	texts := make([]string, len(m))
	for i, p := range m {
		if k := Word(p.key); len(k) > longestKey {
			texts[i] = "? " + k + " : " + p.value
		} else {
			texts[i] = k + ": " + p.value
		}
	}
	return "{" + strings.Join(texts, ", ") + "}"
}

// longestKey is the longest key that is written without "? " before it. The limit of
// YAML is 1024.
const longestKey = 1000

func flagsFlow(list []Flag) (m flow) {
	for _, f := range list {
		m.add(f.Name.Text, strconv.FormatBool(f.Value))
	}
	return m
}

func namesText(list []syntax.Name) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = Word(n.Text)
	}
	return listText(texts)
}

func listText(texts []string) string { return "[" + strings.Join(texts, ", ") + "]" }

func timeText(t time.Time) string { return t.Format(time.RFC3339Nano) }

var isPlain = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@/-]*$`)

// Word returns a text as YAML, in quotes if it could be read as something else.
func Word(text string) string {
	if isPlain.MatchString(text) && !strings.EqualFold(text, "null") {
		return text
	}
	return strconv.Quote(text)
}
