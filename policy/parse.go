package policy

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/permission"
)

// FormatVersion is the version of the policy format, the value of the key usher.
const FormatVersion = "1"

// Parse reads a policy file. File is its name for messages. The error is a
// *Problems: the document's shape is right when there is none, but its names are
// looked up only when it compiles.
func Parse(file string, src []byte) (*Document, error) {
	doc, problems := parse(file, src)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return doc, nil
}

// Load is Parse and Compile in one, and tells what is wrong for both at once.
func Load(file string, src []byte) (*Policy, error) {
	doc, problems := parse(file, src)
	if doc == nil {
		return nil, problems
	}
	return doc.compile(problems)
}

// parse returns no document if what was left out of it was not even read.
func parse(file string, src []byte) (*Document, *Problems) {
	p := parser{problems: &Problems{File: file}, doc: &Document{File: file}}
	p.Report = func(line, col int, message string) {
		p.problems.Add(Pos{line, col}, "%s", message)
	}
	n := source.Parse(src, p.Report)
	readable := p.problems.Len() == 0
	if n != nil {
		p.document(n)
	}
	if !readable {
		return nil, p.problems
	}
	return p.doc, p.problems
}

// parser turns nodes into a Document.
type parser struct {
	source.Reader
	problems *Problems
	doc      *Document
	pools    []string // the seat pools that the file declares, before or after the roles
}

func (p *parser) document(n *source.Node) {
	for _, e := range n.Entries {
		if e.Key.Text == "seats" {
			for _, pool := range e.Value.Entries {
				p.pools = append(p.pools, pool.Key.Text)
			}
		}
	}
	p.Fields(n, "a policy",
		source.Field{Name: "usher", Required: true, Read: p.version},
		source.Field{Name: "name", Read: func(n *source.Node) { p.doc.Name = p.name(n, "a policy").Text }},
		source.Field{Name: "title", Read: func(n *source.Node) { p.doc.Title, _ = p.Text(n, "a title") }},
		source.Field{Name: "seats", Read: p.seats},
		source.Field{Name: "features", Read: func(n *source.Node) { p.doc.Features = p.names(n, "features", "a feature") }},
		source.Field{Name: "settings", Read: p.settings},
		source.Field{Name: "conditions", Read: p.conditions},
		source.Field{Name: "roles", Required: true, Read: p.roles},
		source.Field{Name: "bundles", Read: p.bundles},
		source.Field{Name: "resources", Read: p.resources},
		source.Field{Name: "never", Read: p.never},
	)
}

func (p *parser) version(n *source.Node) {
	if v, ok := p.Text(n, "usher"); ok && v != FormatVersion {
		p.Errorf(n, "version %q of the format is not known; this library reads version %s", v, FormatVersion)
	}
}

func (p *parser) seats(n *source.Node) {
	p.Each(n, "seats", func(key, value *source.Node) {
		pool := SeatPool{Name: p.name(key, "a seat pool")}
		p.Fields(value, "a seat pool", source.Field{Name: "holds", Read: func(n *source.Node) {
			pool.Holds = []usher.Status{}
			p.List(n, "holds", func(n *source.Node) {
				text, ok := p.Text(n, "a status")
				if !ok {
					return
				}
				status, err := usher.ParseStatus(text)
				switch {
				case err != nil:
					p.Errorf(n, "%v", err)
					return
				case slices.Contains(pool.Holds, status):
					p.Errorf(n, "%s stands here twice", status)
					return
				}
				pool.Holds = append(pool.Holds, status)
			})
		}})
		p.doc.Seats = append(p.doc.Seats, pool)
	})
}

func (p *parser) settings(n *source.Node) {
	p.Each(n, "settings", func(key, value *source.Node) {
		s := Setting{Name: p.name(key, "a setting")}
		s.Default, _ = p.Bool(value, "a setting's default")
		p.doc.Settings = append(p.doc.Settings, s)
	})
}

func (p *parser) conditions(n *source.Node) {
	p.Each(n, "conditions", func(key, value *source.Node) {
		c := Condition{Name: p.name(key, "a condition")}
		var fields []source.Field
		for kind := OnSeat; kind <= OnParty; kind++ {
			fields = append(fields, source.Field{Name: kind.String(), Read: func(n *source.Node) {
				if c.Kind != 0 {
					p.Errorf(n, "condition %s has one fact; make a condition of its own for %s", c.Name.Text, kind)
				}
				c.Kind, c.Of = kind, p.looseName(n, conditionFacts[kind])
			}})
		}
		if p.Fields(value, "a condition", fields...) && len(value.Entries) == 0 {
			p.Errorf(value, "condition %s needs its fact: {seat: …}, {feature: …}, {setting: …}, {context: …}, {attribute: …} or {party: …}", c.Name.Text)
		}
		p.doc.Conditions = append(p.doc.Conditions, c)
	})
}

func (p *parser) bundles(n *source.Node) {
	p.Each(n, "bundles", func(key, value *source.Node) {
		b := Bundle{Name: Name{key.Text, pos(key)}}
		if _, err := permission.ParseBundle(key.Text); err != nil || isReserved(key.Text) && key.Text != "team" || key.Text == "null" {
			p.Errorf(key, "%q cannot name a bundle: write lower-case letters, digits and dashes, with at most one dot", key.Text)
		}
		seen := map[string]bool{}
		p.List(value, "a bundle", func(n *source.Node) {
			text, ok := p.Text(n, "a permission")
			switch {
			case !ok:
			case seen[text]:
				p.Errorf(n, "%s stands here twice", text)
			default:
				seen[text] = true
				b.Members = append(b.Members, Name{text, pos(n)})
			}
		})
		if value.Kind == source.List && len(value.Items) == 0 {
			p.Errorf(value, "bundle %s is empty, and asking for nothing would allow nothing; list permissions", key.Text)
		}
		p.doc.Bundles = append(p.doc.Bundles, b)
	})
}

// name reads a name that somebody makes up: of the right letters, and no word of
// the rules.
func (p *parser) name(n *source.Node, what string) Name {
	name := p.looseName(n, what)
	if isReserved(name.Text) {
		p.Errorf(n, "%q is a word of the rules and cannot name %s", name.Text, what)
	}
	return name
}

// looseName reads a name that may be "team" too, since no rule can mistake it.
func (p *parser) looseName(n *source.Node, what string) Name {
	text, ok := p.Text(n, what)
	switch {
	case !ok:
	case !permission.IsName(text):
		p.Errorf(n, "%q cannot name %s: names are lower-case letters, digits and dashes, and begin with a letter", text, what)
	case isReserved(text) && text != "team":
		p.Errorf(n, "%q is a word of the rules and cannot name %s", text, what)
	case text == "null":
		p.Errorf(n, "\"null\" is YAML's word for nothing, and cannot name %s", what)
	}
	return Name{text, pos(n)}
}

func (p *parser) names(n *source.Node, list, one string) []Name {
	var names []Name
	seen := map[string]bool{}
	p.List(n, list, func(n *source.Node) {
		name := p.name(n, one)
		if seen[name.Text] {
			p.Errorf(n, "%s stands here twice", name.Text)
			return
		}
		seen[name.Text] = true
		names = append(names, name)
	})
	return names
}

func pos(n *source.Node) Pos { return Pos{n.Line, n.Col} }
