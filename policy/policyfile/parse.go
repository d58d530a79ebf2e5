// Package policyfile parses policy files, which are YAML. It is the only package for policies
// that links a YAML parser. Programs that decide but load no file do not need it.
//
//	p, err := policyfile.Load("rooms.yaml", src)
//
// FORMAT.md in the directory of package policy documents the format.
package policyfile

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
)

// Load parses and compiles a policy file. File is the file name for messages. The error is a
// *syntax.Problems with problems of the form and of the names. A problem of form hides problems of
// names that depend on it.
func Load(file string, src []byte) (*policy.Policy, error) {
	doc, readable := parse(file, src)
	if !readable {
		return nil, doc.Problems
	}
	return policy.Compile(doc)
}

// Parse parses a policy file without compiling it. File is the file name for messages. The
// error is a *syntax.Problems; the document is then nil. Parse does not resolve names;
// [policy.Compile] does.
func Parse(file string, src []byte) (*syntax.Document, error) {
	doc, _ := parse(file, src)
	if err := doc.Problems.Err(); err != nil {
		return nil, err
	}
	doc.Problems = nil
	return doc, nil
}

// parse also reports whether the file was readable, so that the document has all of its
// parts.
func parse(file string, src []byte) (doc *syntax.Document, readable bool) {
	doc = &syntax.Document{File: file, Problems: &syntax.Problems{File: file}}
	p := parser{problems: doc.Problems, doc: doc}
	p.Report = func(line, col int, message string) {
		p.problems.Add(syntax.Pos{Line: line, Col: col}, "%s", message)
	}
	n := source.Parse(src, p.Report)
	readable = p.problems.Len() == 0
	if n != nil {
		p.document(n)
	}
	return doc, readable
}

// parser converts nodes to a Document.
type parser struct {
	source.Reader
	problems *syntax.Problems
	doc      *syntax.Document
	pools    []string // declared seat pools, before or after the roles
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
		p.title(&p.doc.Title),
		source.Field{Name: "seats", Read: p.seats},
		source.Field{Name: "features", Read: func(n *source.Node) { p.doc.Features = p.names(n, "features", "a feature") }},
		source.Field{Name: "settings", Read: p.settings},
		source.Field{Name: "conditions", Read: p.conditions},
		source.Field{Name: "roles", Required: true, Read: p.roles},
		source.Field{Name: "custom-roles", Read: p.customRoles},
		source.Field{Name: "custom", Instead: "write custom-roles, as in custom-roles: {like: member}; cells of custom list the rules that such roles can have"},
		source.Field{Name: "bundles", Read: p.bundles},
		source.Field{Name: "resources", Read: p.resources},
		source.Field{Name: "never", Read: p.never},
	)
}

// title returns the field for a title.
func (p *parser) title(into *string) source.Field {
	return source.Field{Name: syntax.TitleKey, Read: func(n *source.Node) { *into, _ = p.Text(n, "a title") }}
}

func (p *parser) version(n *source.Node) {
	if v, ok := p.Text(n, "usher"); ok && v != syntax.FormatVersion {
		p.Errorf(n, "unknown format version %q (want %s)", v, syntax.FormatVersion)
	}
}

// statuses are the words for statuses, for suggestions.
var statuses = []string{"active", "invited", "inactive", "requested"}

func (p *parser) seats(n *source.Node) {
	p.Each(n, "seats", func(key, value *source.Node) {
		pool := syntax.SeatPool{Name: p.name(key, "a seat pool")}
		p.Fields(value, "a seat pool", source.Field{Name: "holds", Read: func(n *source.Node) {
			pool.Holds = []usher.Status{}
			p.Names(n, "holds", func(n *source.Node) {
				text, ok := p.Text(n, "a status")
				if !ok {
					return
				}
				status, err := usher.ParseStatus(text)
				switch {
				case err != nil:
					p.Errorf(n, "unknown status %q%s (want active, invited, inactive or requested)", text, suggest.DidYouMean(text, statuses))
					return
				case slices.Contains(pool.Holds, status):
					p.Errorf(n, "duplicate status %s", status)
					return
				}
				pool.Holds = append(pool.Holds, status)
			})
		}}, source.Field{Name: "over", Read: func(n *source.Node) {
			text, ok := p.Text(n, "over")
			if ok && text != "allowed" {
				p.Errorf(n, "over must be allowed, not %q; leave it out for a pool of which users never hold more seats than are bought", text)
			}
			pool.Over = true
		}})
		p.doc.Seats = append(p.doc.Seats, pool)
	})
}

func (p *parser) settings(n *source.Node) {
	p.Each(n, "settings", func(key, value *source.Node) {
		s := syntax.Setting{Name: p.name(key, "a setting")}
		if value.Kind == source.Map {
			p.Fields(value, "a setting",
				p.title(&s.Title),
				source.Field{Name: "default", Required: true, Read: func(n *source.Node) { s.Default, _ = p.Bool(n, "a setting's default") }},
				source.Field{Name: "set-by", Read: func(n *source.Node) {
					text, ok := p.Text(n, "set-by")
					if ok && text != "host" {
						p.Errorf(n, "set-by must be host, not %q; for a setting that users change, leave it out or write asks with a permission", text)
					}
					s.SetByHost = text == "host"
				}},
				source.Field{Name: "asks", Read: func(n *source.Node) {
					if _, ok := p.Text(n, "asks"); ok {
						s.Asks = nameOf(n)
					}
				}},
			)
		} else {
			s.Default, _ = p.Bool(value, "a setting's default")
		}
		p.doc.Settings = append(p.doc.Settings, s)
	})
}

// conditionFacts are the facts of conditions by kind, for messages.
var conditionFacts = [...]string{"", "a seat pool", "a feature", "a setting", "a fact of the request", "an attribute", "a party", "a role"}

func (p *parser) conditions(n *source.Node) {
	p.Each(n, "conditions", func(key, value *source.Node) {
		c := syntax.Condition{Name: p.name(key, "a condition")}
		var fields []source.Field
		for kind := syntax.OnSeat; kind <= syntax.OnGives; kind++ {
			fields = append(fields, source.Field{Name: kind.String(), Read: func(n *source.Node) {
				if c.Kind != 0 {
					p.Errorf(n, "condition %s must have one fact; declare another condition for %s", c.Name.Text, kind)
				}
				c.Kind = kind
				if n.Kind == source.List {
					p.Errorf(n, "%s takes %s, not a list; declare a condition for each", kind, conditionFacts[kind])
					return
				}
				c.Of = p.looseName(n, conditionFacts[kind])
			}})
		}
		has := syntax.OnHas.String()
		fields = append(fields, p.title(&c.Title), source.Field{Name: has, Read: func(n *source.Node) { c.Has = p.name(n, "a role") }})
		if value.Kind == source.Scalar && !value.IsNull() {
			p.Errorf(value, "condition %s must be a map with its fact, as in {context: mfa}, not %s", c.Name.Text, value.Describe())
			p.doc.Conditions = append(p.doc.Conditions, c)
			return
		}
		isTitle := func(e source.Entry) bool { return e.Key.Text == syntax.TitleKey }
		readable := p.Fields(value, "a condition", fields...)
		switch {
		case c.Has.Text != "" && c.Kind == syntax.OnParty:
			c.Kind = syntax.OnHas
		case c.Has.Text != "":
			p.problems.Add(c.Has.Pos, "has is beside a party, as in {party: user, has: %s}", c.Has.Text)
		case readable && len(slices.DeleteFunc(slices.Clone(value.Entries), isTitle)) == 0:
			p.Errorf(value, "condition %s needs its fact: {seat: …}, {feature: …}, {setting: …}, {context: …}, {attribute: …}, {party: …}, {gives: …} or {party: …, has: …}", c.Name.Text)
		}
		p.doc.Conditions = append(p.doc.Conditions, c)
	})
}

func (p *parser) bundles(n *source.Node) {
	p.Each(n, "bundles", func(key, value *source.Node) {
		b := syntax.Bundle{Name: nameOf(key)}
		if _, err := permission.ParseBundle(key.Text); err != nil || syntax.IsReserved(key.Text) && key.Text != "team" || key.Text == "null" {
			p.Errorf(key, "%q cannot name a bundle: write lower-case letters, digits and dashes, with at most one dot", key.Text)
		}
		seen := map[string]bool{}
		p.Names(value, "a bundle", func(n *source.Node) {
			text, ok := p.Text(n, "a permission")
			switch {
			case !ok:
			case seen[text]:
				p.Errorf(n, "duplicate %s", text)
			default:
				seen[text] = true
				b.Members = append(b.Members, nameOf(n))
			}
		})
		if value.Kind == source.List && len(value.Items) == 0 {
			p.Errorf(value, "bundle %s is empty; list permissions", key.Text)
		}
		p.doc.Bundles = append(p.doc.Bundles, b)
	})
}

// name reads a declared name: it must be well-formed, and not a reserved word.
func (p *parser) name(n *source.Node, what string) syntax.Name {
	name := p.looseName(n, what)
	if syntax.IsReserved(name.Text) {
		p.Errorf(n, "%q is a reserved word and cannot name %s", name.Text, what)
	}
	return name
}

// looseName reads a name that may also be "team", where no rule could be ambiguous.
func (p *parser) looseName(n *source.Node, what string) syntax.Name {
	text, ok := p.Text(n, what)
	switch {
	case !ok:
	case !permission.IsName(text):
		p.Errorf(n, "%q cannot name %s: names are lower-case letters, digits and dashes, and begin with a letter", text, what)
	case syntax.IsReserved(text) && text != "team":
		p.Errorf(n, "%q is a reserved word and cannot name %s", text, what)
	case text == "null":
		p.Errorf(n, "\"null\" is YAML's null value and cannot name %s", what)
	}
	return syntax.Name{Text: text, Pos: pos(n)}
}

func (p *parser) names(n *source.Node, list, one string) []syntax.Name {
	var names []syntax.Name
	seen := map[string]bool{}
	p.Names(n, list, func(n *source.Node) {
		name := p.name(n, one)
		if seen[name.Text] {
			p.Errorf(n, "duplicate %s", name.Text)
			return
		}
		seen[name.Text] = true
		names = append(names, name)
	})
	return names
}

// nameOf returns the text of a node with its position.
func nameOf(n *source.Node) syntax.Name { return syntax.Name{Text: n.Text, Pos: pos(n)} }

func pos(n *source.Node) syntax.Pos { return syntax.Pos{Line: n.Line, Col: n.Col} }
