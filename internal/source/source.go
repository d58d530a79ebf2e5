// Package source reads the YAML that people write for usher, strictly: one
// document of maps, lists and plain values, each with its place in the file, and
// nothing that makes a file mean more than it shows.
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

// MaxBytes is the size of the largest file that is read.
const MaxBytes = 1 << 20

// Report is told what is wrong, and where: line and column count from 1.
type Report func(line, col int, message string)

// Kind tells what a Node is. The zero Kind is no kind of node.
type Kind uint8

// The kinds of nodes.
const (
	Scalar Kind = iota + 1
	List
	Map
)

var kindNames = [...]string{"nothing", "a value", "a list", "a map"}

// String returns the kind as a message names it: "a list".
func (k Kind) String() string { return kindNames[k] }

// Node is a value in a file, with its place.
type Node struct {
	Kind      Kind
	Line, Col int
	Text      string // of a Scalar, as written, without its quotes
	Quoted    bool   // a Scalar in quotes, or a block of text
	InPlace   bool   // Text stands at Line and Col just so, after a quote if it is Quoted
	Items     []*Node
	Entries   []Entry
}

// Entry is one key of a Map with its value.
type Entry struct {
	Key   *Node // a Scalar, and not null
	Value *Node
}

// IsNull reports whether nothing stands there, or one of YAML's words for it.
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

// Bool reads true or false. YAML's other words for them are not read.
func (n *Node) Bool() (value, ok bool) {
	if n.Kind != Scalar || n.Quoted {
		return false, false
	}
	return n.Text == "true", n.Text == "true" || n.Text == "false"
}

// Describe names what stands at n, for messages: "a list", "null", `"yes"`.
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

// Parse reads a file's single document. What is wrong goes to report; the node
// is nil if that leaves nothing to look at.
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
		reportSyntax(err, report)
		return nil
	}
	switch err := decode(decoder, &second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		reportSyntax(err, report)
		return nil
	default:
		report(second.Line, second.Column, "a second document begins here; a file must contain exactly one")
		return nil
	}
	if len(document.Content) != 1 { // a file of nothing but comments
		report(1, 1, "the file is empty")
		return nil
	}
	c := converter{report: report, text: finder{src: src, line: 1, col: 1}}
	return c.convert(document.Content[0])
}

// converter turns the YAML library's nodes into ours.
type converter struct {
	report Report
	text   finder
}

// decode keeps a defect of the YAML library from becoming the host's: what it
// does not parse is an error, however it says so.
func decode(d *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = printable.Errorf("this is not readable YAML (%v)", r)
		}
	}()
	return d.Decode(into)
}

// tooEarly are the errors for which the YAML library counts lines from 0.
var tooEarly = regexp.MustCompile(`^did not find expected (<document start>|node content|'-' indicator|key|',' or '[\]}]')`)

var atLine = regexp.MustCompile(`^line (\d+): `)

func reportSyntax(err error, report Report) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := atLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
		if tooEarly.MatchString(text) {
			line++
		}
	}
	report(line, 1, "not YAML: "+text)
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

// entries finds duplicate keys with a map: the YAML library's own check compares
// each key with each other one.
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
