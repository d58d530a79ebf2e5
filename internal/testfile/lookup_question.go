package testfile

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// Question makes a request of what is written, and returns the types of resources
// that it may be about, nil if that is not known.
func (l *Lookup) Question(q *Question) (r usher.Request, types []string) {
	r.Time = q.At
	if r.Time.IsZero() {
		r.Time = l.At
	}
	r.Context = l.Flags(q.With, "fact of a request", l.Contexts)
	if !l.Find(q.Can, "permission", l.asked) {
		return r, nil
	}
	r.Permission, _ = l.Policy.Permission(q.Can.Text)
	types = l.types(r.Permission)
	if q.Resource != nil {
		r.Resource = l.object(q, types)
	}
	return r, types
}

// types returns the type of a permission; for a bundle those of its permissions,
// the one first that the bundle is named for, the others in its order.
func (l *Lookup) types(p permission.Permission) []string {
	perms, ok := l.Policy.Bundle(p)
	if !ok {
		return []string{p.Resource()}
	}
	var types []string
	for _, perm := range perms {
		switch t := perm.Resource(); {
		case slices.Contains(types, t):
		case t == p.Resource():
			types = slices.Insert(types, 0, t)
		default:
			types = append(types, t)
		}
	}
	return types
}

// object makes the resource. It is of the first of the types that has all the
// parties which are written.
func (l *Lookup) object(q *Question, types []string) usher.Resource {
	o := &usher.Object{Parties: map[string][]string{}, Attributes: map[string]bool{}}
	for _, f := range q.Resource {
		if l.attributes.has[f.Name.Text] {
			value, ok := f.flag()
			o.Attributes[f.Name.Text] = value
			if !ok {
				l.Problems.Add(f.Name.Pos, "%s is an attribute; it is true or false", f.Name.Text)
			}
			continue
		}
		ids := make([]string, len(f.IDs))
		for i, id := range f.IDs {
			ids[i] = id.Text
		}
		o.Parties[f.Name.Text] = ids
	}
	i := slices.IndexFunc(types, func(t string) bool {
		for name := range o.Parties {
			if _, ok := l.parties[t][name]; !ok {
				return false
			}
		}
		return true
	})
	if i < 0 {
		l.noType(q, types)
		return nil
	}
	o.Type = types[i]
	return o
}

// noType reports what keeps a resource from being of one of the types.
func (l *Lookup) noType(q *Question, types []string) {
	var known Names
	for _, t := range types {
		for name := range l.parties[t] {
			known.Add(name)
		}
	}
	slices.Sort(known.list)
	known.list = append(known.list, l.attributes.list...)
	unknown := false
	for _, f := range q.Resource {
		if !known.has[f.Name.Text] && !l.attributes.has[f.Name.Text] {
			l.refuse(f.Name, lacking(q, types)+"party or attribute", known)
			unknown = true
		}
	}
	if !unknown {
		l.Problems.Add(q.Can.Pos, "no resource in %s has all of these parties", q.Can.Text)
	}
}

// Hidden finds the fields that may be expected to be hidden.
func (l *Lookup) Hidden(written []syntax.Name, q *Question, types []string) []string {
	var declared Names
	for _, t := range types {
		for _, field := range l.Policy.Fields(t) {
			declared.Add(field)
		}
	}
	fields := []string{}
	for _, n := range written {
		switch {
		case types == nil || declared.has[n.Text]:
		case l.group(n.Text, types) != nil:
			l.Problems.Add(n.Pos, "%s is a group of fields; write its fields: [%s]", n.Text, strings.Join(l.group(n.Text, types), ", "))
		default:
			l.refuse(n, lacking(q, types)+"field", declared)
		}
		fields = append(fields, n.Text)
	}
	slices.Sort(fields)
	return fields
}

// group returns the fields of a group, nil where there is none of the name.
func (l *Lookup) group(name string, types []string) []string {
	for _, t := range types {
		if fields, ok := l.Policy.FieldGroup(t, name); ok {
			return fields
		}
	}
	return nil
}

// lacking begins the sentence that says what no resource of a question has.
func lacking(q *Question, types []string) string {
	if len(types) > 1 {
		return "nothing in " + q.Can.Text + " has a "
	}
	return types[0] + " has no "
}
