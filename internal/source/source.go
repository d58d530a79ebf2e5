// Package source parses YAML strictly: one document of maps, lists and plain values, each with
// its position in the file. It rejects anchors, aliases, tags and merge keys, which make a
// file mean more than it shows.
package source

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/usher-go/usher/internal/printable"
)

// MaxBytes is the size limit of a file.
const MaxBytes = 1 << 20

// Report receives a problem and its position. Lines and columns start at 1.
type Report func(line, col int, message string)

// Kind is the kind of a Node. The zero Kind is invalid.
type Kind uint8

// The kinds of nodes.
const (
	Scalar Kind = iota + 1
	List
	Map
)

var kindNames = [...]string{"nothing", "a value", "a list", "a map"}

// String returns the kind with its article, for messages: "a list".
func (k Kind) String() string { return kindNames[k] }

// Node is a value in a file, with its position.
type Node struct {
	Kind      Kind
	Line, Col int
	Text      string // of a Scalar, as written, without quotes
	Quoted    bool   // a Scalar in quotes, or a block of text
	InPlace   bool   // the file has Text unchanged at Line and Col, after a quote if Quoted
	Items     []*Node
	Entries   []Entry
}

// Entry is one key of a Map with its value.
type Entry struct {
	Key   *Node // a Scalar that is not null
	Value *Node
}

// IsNull reports whether the node is empty or one of YAML's words for null.
func (n *Node) IsNull() bool {
	if n.Kind != Scalar || n.Quoted {
		return false
	}
	switch n.Text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// Bool returns the value of true or false; ok is false for YAML's other words for them.
func (n *Node) Bool() (value, ok bool) {
	if n.Kind != Scalar || n.Quoted {
		return false, false
	}
	return n.Text == "true", n.Text == "true" || n.Text == "false"
}

// Describe returns a description for messages: "a list", "nothing", `"yes"`.
func (n *Node) Describe() string {
	switch {
	case n.IsNull():
		return "nothing"
	case n.Kind == Scalar && len(n.Text) <= 40:
		return strconv.Quote(n.Text)
	default:
		return n.Kind.String()
	}
}

// Parse parses the single document of a file. It calls report for each problem, and returns
// nil if no node is readable.
func Parse(src []byte, report Report) *Node {
	if len(src) > MaxBytes {
		report(1, 1, printable.Sprintf("the file is %d bytes long; the limit is %d (1 MiB)", len(src), MaxBytes))
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	var document, second yaml.Node
	switch err := decode(decoder, &document); {
	case errors.Is(err, io.EOF):
		report(1, 1, "the file is empty")
		return nil
	case err != nil:
		reportSyntax(err, src, report)
		return nil
	}
	switch err := decode(decoder, &second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		reportSyntax(err, src, report)
		return nil
	default:
		report(second.Line, second.Column, "a second document begins here; a file must contain exactly one")
		return nil
	}
	if len(document.Content) != 1 { // a file with only comments
		report(1, 1, "the file is empty")
		return nil
	}
	c := converter{report: report, text: finder{src: src, line: 1, col: 1}}
	return c.convert(document.Content[0])
}

// converter converts the nodes of the YAML library.
type converter struct {
	report Report
	text   finder
}

// decode converts a panic of the YAML library to an error, so that a defect of the library
// does not stop the host application.
func decode(d *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = printable.Errorf("this is not readable YAML (%v)", r)
		}
	}()
	return d.Decode(into)
}

// tooEarly matches the errors for which the YAML library counts lines from 0.
var tooEarly = regexp.MustCompile(`^did not find expected (<document start>|node content|'-' indicator|key|',' or '[\]}]')`)

// asAlias is the error for a plain * or &, which begin an alias and an anchor in YAML.
const asAlias = "did not find expected alphabetic or numeric character"

// noToken is the error for a tab in an indentation, and for other characters.
const noToken = "found character that cannot start any token"

var atLine = regexp.MustCompile(`^line (\d+): `)

func reportSyntax(err error, src []byte, report Report) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := atLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
		if tooEarly.MatchString(text) {
			line++
		}
	}
	switch {
	case text == asAlias:
		text += "; write a key or value that begins with * or & in quotes"
	case text == noToken && beginsWithTab(src, line):
		text += "; the line begins with a tab; indent with spaces"
	}
	report(line, 1, "not YAML: "+text)
}

// beginsWithTab reports whether the indentation of a line has a tab.
func beginsWithTab(src []byte, line int) bool {
	lines := bytes.Split(src, []byte("\n"))
	if line > len(lines) {
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(lines[line-1], " "), []byte("\t"))
}

func (c *converter) convert(y *yaml.Node) *Node {
	n := &Node{Line: y.Line, Col: y.Column}
	if y.Kind == yaml.AliasNode {
		c.report(y.Line, y.Column, printable.Sprintf("aliases (*%s) are not supported; write the value out", y.Value))
		return nil
	}
	if y.Anchor != "" {
		c.report(y.Line, y.Column, printable.Sprintf("anchors (&%s) are not supported; write the value out where it is needed", y.Anchor))
	}
	if y.Style&yaml.TaggedStyle != 0 {
		c.report(y.Line, y.Column, printable.Sprintf("tags (%s) are not supported; remove it", y.Tag))
	}
	switch y.Kind {
	case yaml.ScalarNode:
		n.Kind, n.Text = Scalar, y.Value
		n.Quoted = y.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
		n.InPlace = c.text.isVerbatim(n)
	case yaml.SequenceNode:
		n.Kind = List
		for _, item := range y.Content {
			if item := c.convert(item); item != nil {
				n.Items = append(n.Items, item)
			}
		}
	case yaml.MappingNode:
		n.Kind = Map
		n.Entries = c.entries(y)
	default:
		c.report(y.Line, y.Column, "this kind of YAML node is not supported")
		return nil
	}
	return n
}

// entries finds duplicate keys with a map; the YAML library's own check takes quadratic time.
func (c *converter) entries(y *yaml.Node) []Entry {
	first := make(map[string]int, len(y.Content)/2)
	list := make([]Entry, 0, len(y.Content)/2)
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
			c.report(k.Line, k.Column, "merge keys (<<) are not supported; write the entries out")
			continue
		}
		key := c.convert(k)
		value := c.convert(y.Content[i+1])
		if key == nil {
			continue
		}
		if key.Kind != Scalar || key.IsNull() {
			c.report(k.Line, k.Column, printable.Sprintf("a key must be a name, not %s", key.Describe()))
			continue
		}
		if line, dup := first[key.Text]; dup {
			c.report(k.Line, k.Column, printable.Sprintf("duplicate key %q; the first is in line %d", key.Text, line))
			continue
		}
		first[key.Text] = k.Line
		if value != nil {
			list = append(list, Entry{Key: key, Value: value})
		}
	}
	return list
}
