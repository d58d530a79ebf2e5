package testfile

import (
	"strings"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/policy/syntax"
)

// ParseCommand parses a command from the words of a command line: first its name, then
// one argument per word, such as "user=mia". Commas separate the items of a list,
// "teams=sales,support", and dots separate the keys of a map, "seats.booking=5"; "gives=none" is an
// empty map. A list of commands
// is written as in a file: "commands=[{do: set-role, user: mia, role: admin}]". The
// arguments are checked as in a file. It also returns the resource that the command names, with its
// facts: "on.type=calendar on.id=c1 on.host=mia".
//
// The error is a *syntax.Problems, in which the line of a place is the number of the
// word, from 1.
func ParseCommand(words ...string) (account.Command, []Resource, error) {
	p := wordParser{parser: newParser("")}
	var c account.Command
	if len(words) == 0 {
		p.problems.Add(syntax.Pos{Line: 1, Col: 1}, "the command is empty")
	} else if n := p.node(words); p.problems.Len() == 0 {
		c = p.command(n, n.Entries[0].Value, nil)
	}
	return c, p.resources, p.problems.Err()
}

// ParseCommands parses a file that is a list of commands, each written as in a step with
// do: [{do: add-user, user: mia}, {do: assign-seat, user: mia, pool: booking}].
// It also returns the resources that the commands name. The error is a *syntax.Problems.
func ParseCommands(name string, src []byte) ([]account.Command, []Resource, error) {
	p := newParser(name)
	var list []account.Command
	if n := source.Parse(src, p.Report); n != nil {
		list = p.commands(n, "a file of commands")
	}
	if err := p.problems.Err(); err != nil {
		return nil, nil, err
	}
	return list, p.resources, nil
}

// ParseResource parses a resource with its facts, written as a command names it in a file:
// "{type: calendar, id: c1, host: mia}". The error is a *syntax.Problems.
func ParseResource(text string) (Resource, error) {
	p := newParser("")
	if n := source.Parse([]byte(text), p.Report); n != nil {
		p.on(n, "a resource")
	}
	if err := p.problems.Err(); err != nil {
		return Resource{}, err
	}
	return p.resources[0], nil
}

// commands reads a list of commands. What is its name in messages.
func (p *parser) commands(n *source.Node, what string) (list []account.Command) {
	if n.Kind == source.List && len(n.Items) == 0 {
		p.Errorf(n, "%s lists no command", what)
	}
	p.List(n, what, func(n *source.Node) {
		if name := entry(n, "do"); name != nil {
			list = append(list, p.command(n, name, nil))
		} else {
			p.Errorf(n, "a command is a map with the key do, for example {do: leave}")
		}
	})
	return list
}

// wordParser converts words into the nodes that a file would have.
type wordParser struct {
	*parser
	word int // the number of the current word, from 1
	col  int // the column in the word, from 1
}

func (p *wordParser) node(words []string) *source.Node {
	p.word, p.col = 1, 1
	t, _ := FindCommand(words[0])
	n := &source.Node{Kind: source.Map, Line: 1, Col: 1}
	n.Entries = []source.Entry{{Key: p.scalar("do"), Value: p.scalar(words[0])}}
	for i, word := range words[1:] {
		p.word, p.col = i+2, 1
		key, value, ok := strings.Cut(word, "=")
		if !ok || key == "" {
			p.refuse("write an argument as KEY=VALUE, as in user=mia")
			continue
		}
		into, name := n, key
		head, rest, dotted := strings.Cut(key, ".")
		of := kindOf(t, head)
		switch {
		case dotted && of == "resource":
			p.fact(p.nested(n, head), rest, len(head)+1, key, value)
			continue
		case dotted && (of == "seats" || of == "gives"):
			into, name = p.nested(n, head), rest
		case of == "resource":
			p.refuse("write %s.type=TYPE %[1]s.id=ID, as in %[1]s.type=calendar %[1]s.id=c1", key)
			continue
		case of == "seats":
			p.refuse("write %s.POOL=NUMBER, as in %s.booking=5", key, key)
			continue
		case of == "gives" && value == "none":
			p.nested(n, head)
			continue
		case of == "gives":
			p.refuse("write %s.PERMISSION=RULE, as in %s.calendar.edit=team, or %s=none", key, key, key)
			continue
		}
		if entry(into, name) != nil {
			p.refuse("%s is given twice", key)
			continue
		}
		at := p.scalar(name)
		p.col = len(key) + 2
		into.Entries = append(into.Entries, source.Entry{Key: at, Value: p.valueOf(of, value)})
	}
	return n
}

// fact adds a fact of a resource: "type", "host", or "in.host" of its container. Key is the whole key
// of the word, in which the fact begins at an offset.
func (p *wordParser) fact(into *source.Node, name string, offset int, key, value string) {
	p.col = offset + 1
	if head, rest, dotted := strings.Cut(name, "."); dotted {
		p.fact(p.nested(into, head), rest, offset+len(head)+1, key, value)
		return
	}
	if entry(into, name) != nil {
		p.refuse("%s is given twice", key)
		return
	}
	at := p.scalar(name)
	p.col = len(key) + 2
	node := p.scalar(value)
	if strings.Contains(value, ",") && name != IDKey {
		node = p.valueOf("teams", value)
	}
	into.Entries = append(into.Entries, source.Entry{Key: at, Value: node})
}

func (p *wordParser) refuse(format string, args ...any) {
	p.problems.Add(syntax.Pos{Line: p.word, Col: p.col}, format, args...)
}

// nested returns the map under a key, and creates it if necessary.
func (p *wordParser) nested(n *source.Node, key string) *source.Node {
	if under := entry(n, key); under != nil {
		return under
	}
	under := &source.Node{Kind: source.Map, Line: p.word, Col: p.col}
	n.Entries = append(n.Entries, source.Entry{Key: p.scalar(key), Value: under})
	return under
}

// kindOf returns the kind of an argument, "" if the command has no such argument.
func kindOf(t account.CommandType, name string) string {
	for _, arg := range t.Args {
		if arg.Name == name {
			return arg.Kind
		}
	}
	return ""
}

func (p *wordParser) valueOf(kind, text string) *source.Node {
	switch kind {
	case "gives":
		if !strings.Contains(text, ",") {
			return p.scalar(text)
		}
	case "teams":
	case "commands": // in the syntax of files, of which JSON is a part
		if n := source.Parse([]byte(text), func(_, _ int, message string) { p.refuse("%s", message) }); n != nil {
			p.place(n)
			return n
		}
		fallthrough
	default:
		return p.scalar(text)
	}
	list := &source.Node{Kind: source.List, Line: p.word, Col: p.col}
	for item := range strings.SplitSeq(text, ",") {
		list.Items = append(list.Items, p.scalar(item))
		p.col += len(item) + 1
	}
	return list
}

// place puts a node and what it contains at the current word.
func (p *wordParser) place(n *source.Node) {
	n.Line, n.Col = p.word, p.col
	for _, item := range n.Items {
		p.place(item)
	}
	for _, e := range n.Entries {
		p.place(e.Key)
		p.place(e.Value)
	}
}

// scalar returns a value. Words have no quotes, so all values except true, false and
// numbers count as quoted: "null" and an empty value are texts.
func (p *wordParser) scalar(text string) *source.Node {
	return &source.Node{
		Kind: source.Scalar, Line: p.word, Col: p.col, Text: text,
		Quoted: text != "true" && text != "false" && !isNumber.MatchString(text),
	}
}
