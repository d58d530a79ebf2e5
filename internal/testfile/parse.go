package testfile

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy/syntax"
)

// Parse parses a test file. Name is the file name in messages. The error is a
// *syntax.Problems. Parse checks the structure of the file; policytest.Load also checks
// the names.
func Parse(name string, src []byte) (*File, error) {
	p := newParser(name)
	n := source.Parse(src, p.Report)
	switch {
	case n == nil:
	case isPolicy(n):
		p.problems.Add(syntax.Pos{Line: 1, Col: 1}, `this is a policy, not a test file; a test file names its policy: "policy: FILE"; usher validate checks policies`)
	default:
		p.document(n)
	}
	if err := p.problems.Err(); err != nil {
		return nil, err
	}
	return p.file, nil
}

// isPolicy reports whether a file is a policy, rather than an invalid test file: only a test file has
// the key policy, and only a policy has the key roles.
func isPolicy(n *source.Node) bool {
	has := func(key string) bool {
		return slices.ContainsFunc(n.Entries, func(e source.Entry) bool { return e.Key.Text == key })
	}
	return has("roles") && !has("policy")
}

// parser converts YAML nodes into a File.
type parser struct {
	source.Reader
	problems *syntax.Problems
	file     *File

	resources []Resource // those that the commands of a step or a file name
}

func newParser(name string) *parser {
	p := &parser{problems: &syntax.Problems{File: name}, file: &File{Name: name}}
	p.Report = func(line, col int, message string) {
		p.problems.Add(syntax.Pos{Line: line, Col: col}, "%s", message)
	}
	return p
}

func (p *parser) document(n *source.Node) {
	p.Fields(n, "a test file",
		source.Field{Name: "usher", Required: true, Read: p.version},
		required(p.nameField("policy", &p.file.Policy)),
		p.timeField("at", &p.file.At),
		source.Field{Name: "account", Required: true, Read: p.account},
		source.Field{Name: "checks", Read: p.checks},
		source.Field{Name: "scenarios", Read: p.scenarios},
	)
}

func (p *parser) version(n *source.Node) {
	if v, ok := p.Text(n, "usher"); ok && v != syntax.FormatVersion {
		p.Errorf(n, "unknown format version %q (want %s)", v, syntax.FormatVersion)
	}
}

// name reads a name or an id, which must not be empty.
func (p *parser) name(n *source.Node, what string) syntax.Name {
	text, _ := p.ID(n, what)
	return syntax.Name{Text: text, Pos: pos(n)}
}

// names reads a list of names without duplicates.
func (p *parser) names(n *source.Node, what string) []syntax.Name {
	c := p.collector(what)
	p.Names(n, what, c.add)
	return c.names
}

// oneOrMoreNames reads a list of names without duplicates, or a single name.
func (p *parser) oneOrMoreNames(n *source.Node, what string) []syntax.Name {
	c := p.collector(what)
	p.OneOrMore(n, what, c.add)
	return c.names
}

func (p *parser) collector(what string) *collector {
	return &collector{parser: p, one: "a name in " + what, names: []syntax.Name{}, seen: map[string]bool{}}
}

// collector builds a list of names, and reports duplicates.
type collector struct {
	*parser
	one   string // for messages
	names []syntax.Name
	seen  map[string]bool
}

func (c *collector) add(n *source.Node) {
	name := c.name(n, c.one)
	switch {
	case name.Text == "":
	case c.seen[name.Text]:
		c.Errorf(n, "duplicate %q", name.Text)
	default:
		c.seen[name.Text] = true
		c.names = append(c.names, name)
	}
}

// flags reads a map from names to true or false.
func (p *parser) flags(n *source.Node, what string) []Flag {
	flags := []Flag{}
	p.Each(n, what, func(key, value *source.Node) {
		f := Flag{Name: p.name(key, "a key of "+what)}
		f.Value, _ = p.Bool(value, key.Text)
		flags = append(flags, f)
	})
	return flags
}

// timeUntil reads a time that is not after the year latest.
func (p *parser) timeUntil(n *source.Node, what string, latest int) time.Time {
	text, ok := p.Text(n, what)
	if !ok {
		return time.Time{}
	}
	t, err := parseTime(text, latest)
	if err != nil {
		p.Errorf(n, "%v", err)
	}
	return t
}

// ParseTime parses a time in the form of test files: RFC 3339, or a date, which means its
// beginning in UTC. It returns the time in UTC, and an error for a time outside the years
// 1678 to 2261, which are the valid years of a decision.
func ParseTime(text string) (time.Time, error) { return parseTime(text, latestTime) }

// The years of decisions are earliestTime to latestTime. Grants can end until latestEnd.
const (
	earliestTime = 1678
	latestTime   = 2261
	latestEnd    = 9999
)

func parseTime(text string, latest int) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	impossible := isImpossible(err)
	if err != nil && !impossible {
		t, err = time.Parse(time.RFC3339, text)
		impossible = isImpossible(err)
	}
	t = t.UTC()
	_, local := time.Parse("2006-01-02T15:04:05", text)
	switch {
	case impossible:
		return time.Time{}, printable.Errorf("there is no time %q: a month, a day, an hour or an offset is out of range (want 2026-01-31, or 2026-01-31T15:04:05Z with the offset from UTC)", text)
	case err != nil && local == nil:
		return time.Time{}, printable.Errorf("the time %q lacks its offset from UTC; write %[1]sZ for UTC, or for example %[1]s+02:00", text)
	case err != nil:
		return time.Time{}, printable.Errorf("invalid time %q (want 2026-01-31, or 2026-01-31T15:04:05Z with the offset from UTC)", text)
	case t.Year() < earliestTime || t.Year() > latest:
		return time.Time{}, printable.Errorf("%s is outside the years %d to %d", text, earliestTime, latest)
	}
	return t, nil
}

// isImpossible reports whether a time of the right form has a part that is out of range, such as the
// 30th of February.
func isImpossible(err error) bool {
	var wrong *time.ParseError
	return errors.As(err, &wrong) && strings.HasSuffix(wrong.Message, "out of range")
}

// didYouMean returns a suggestion, "" if the list of problems is full.
func (p *parser) didYouMean(word string, words []string) string {
	if p.problems.Full() {
		return ""
	}
	return suggest.DidYouMean(word, words)
}

// The functions below return fields of a map that read a value of one kind.

func (p *parser) nameField(key string, into *syntax.Name) source.Field {
	return source.Field{Name: key, Read: func(n *source.Node) { *into = p.name(n, key) }}
}

func (p *parser) namesField(key string, into *[]syntax.Name) source.Field {
	return source.Field{Name: key, Read: func(n *source.Node) { *into = p.names(n, key) }}
}

func (p *parser) flagsField(key string, into *[]Flag) source.Field {
	return source.Field{Name: key, Read: func(n *source.Node) { *into = p.flags(n, key) }}
}

func (p *parser) timeField(key string, into *time.Time) source.Field {
	return source.Field{Name: key, Read: func(n *source.Node) { *into = p.timeUntil(n, key, latestTime) }}
}

// untilField reads the end of a grant, which may be later than the time of a question.
func (p *parser) untilField(key string, into *time.Time) source.Field {
	return source.Field{Name: key, Read: func(n *source.Node) { *into = p.timeUntil(n, key, latestEnd) }}
}

func required(f source.Field) source.Field {
	f.Required = true
	return f
}

func pos(n *source.Node) syntax.Pos { return syntax.Pos{Line: n.Line, Col: n.Col} }
