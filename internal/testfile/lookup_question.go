package testfile

import (
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
)

// Question returns the request of a question, and the possible types of its resource,
// nil for an unknown permission.
func (l *Lookup) Question(q *Question) (r usher.Request, types []string) {
	r.Time = q.At
	if r.Time.IsZero() {
		r.Time = l.At
	}
	r.Context = l.Flags(q.With, "fact of a request", l.Contexts)
	if !l.Find(q.Can, "permission", l.permissions) {
		return r, nil
	}
	r.Permission, _ = l.Policy.Permission(q.Can.Text)
	types = l.types(r.Permission)
	if q.Resource != nil {
		r.Resource = l.object(q, types)
	}
	return r, types
}

// types returns the resource type of a permission. For a bundle, it returns the types of
// its permissions: first the type in the name of the bundle, then the others in order.
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

// object returns the resource. Its type is the first of the types that has all of its
// parties.
func (l *Lookup) object(q *Question, types []string) usher.Resource {
	o := &usher.Object{Parties: map[string][]string{}, Attributes: map[string]bool{}}
	for _, f := range q.Resource {
		if l.attributes.has[f.Name.Text] {
			value, ok := f.flag()
			o.Attributes[f.Name.Text] = value
			if !ok {
				l.Problems.Add(f.Name.Pos, "%s is an attribute, so it must be true or false", f.Name.Text)
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
		l.reportNoType(q, types)
		return nil
	}
	o.Type = types[i]
	return o
}

// reportNoType reports why a resource cannot have any of the types.
func (l *Lookup) reportNoType(q *Question, types []string) {
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

// Hidden looks up the fields that are expected to be hidden, and returns them sorted.
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

// group returns the fields of a group, nil for an unknown group.
func (l *Lookup) group(name string, types []string) []string {
	for _, t := range types {
		if fields, ok := l.Policy.FieldGroup(t, name); ok {
			return fields
		}
	}
	return nil
}

// lacking returns the beginning of a message about a name that no resource of a question
// has.
func lacking(q *Question, types []string) string {
	if len(types) > 1 {
		return "no resource type in " + q.Can.Text + " has a "
	}
	return types[0] + " has no "
}
