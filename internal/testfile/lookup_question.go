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
	r.Context = l.With(q.With)
	r.Gives = l.gives(q.Gives)
	if !l.Find(q.Can, "permission", l.permissions) {
		return r, nil
	}
	r.Permission, _ = l.Policy.Permission(q.Can.Text)
	types = l.types(r.Permission)
	if q.Resource != nil {
		r.Resource = l.object(q, q.Resource, types)
	}
	return r, types
}

// gives returns Request.Gives: a role, or usher.GivesNone as it is.
func (l *Lookup) gives(n syntax.Name) string {
	if n.Text == "" || n.Text == usher.GivesNone {
		return n.Text
	}
	kinds := []*Names{&l.roles, &l.beside, &l.teamRoles, &l.resourceRoles}
	if slices.ContainsFunc(kinds, func(x *Names) bool { return x.has[n.Text] }) {
		return n.Text
	}
	var all Names
	for _, x := range kinds {
		all.list = append(all.list, x.list...)
	}
	l.refuse(n, "unknown role", all)
	return ""
}

// With returns the facts of a request.
func (l *Lookup) With(list []Flag) usher.Context {
	isActing := func(f Flag) bool { return f.Name.Text == usher.Acting }
	if i := slices.IndexFunc(list, isActing); i >= 0 {
		l.Problems.Add(list[i].Name.Pos, "the fact %s is not written: it follows from by, the user who acts on behalf of another", usher.Acting)
		list = slices.DeleteFunc(slices.Clone(list), isActing)
	}
	return l.Flags(list, "fact of a request", l.Contexts)
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

// object returns the resource. Its type is the first of the types that has all of its parties,
// and a container if the question names one.
func (l *Lookup) object(q *Question, facts []Fact, types []string) usher.Resource {
	o := &usher.Object{Parties: map[string][]string{}, Attributes: map[string]bool{}}
	var in *Fact
	for i := range facts {
		f := &facts[i]
		switch {
		case f.In != nil:
			in = f
		case l.isID(f, types):
			o.ID = f.IDs[0].Text
		case l.attributes.has[f.Name.Text]:
			value, ok := f.flag()
			ok = ok && !f.Apart
			o.Attributes[f.Name.Text] = value
			if !ok {
				l.Problems.Add(f.Name.Pos, "%s is an attribute, so it must be true or false", f.Name.Text)
			}
		default:
			o.Parties[f.Name.Text] = texts(f.IDs)
		}
	}
	i := slices.IndexFunc(types, func(t string) bool { return l.fits(o, t) && (in == nil || l.Policy.Container(t) != "") })
	if i < 0 {
		l.reportNoType(q, o, facts, types)
		return nil
	}
	o.Type = types[i]
	for k := range facts {
		f := &facts[k]
		switch kind, ok := l.parties[o.Type][f.Name.Text]; {
		case ok && kind == syntax.OfBoth:
			l.both(o, f)
		case ok && f.Apart:
			l.Problems.Add(f.Name.Pos, "party %s of %s relates to %s only; write a list", f.Name.Text, o.Type, kind)
		}
	}
	if in != nil {
		o.In = l.object(q, in.In, []string{l.Policy.Container(o.Type)})
	}
	return o
}

// isID reports whether a fact is the id of a resource.
func (l *Lookup) isID(f *Fact, types []string) bool {
	declared := func(t string) bool { _, ok := l.parties[t][IDKey]; return ok }
	return f.Name.Text == IDKey && len(f.IDs) == 1 && !f.Apart && !l.attributes.has[IDKey] && !slices.ContainsFunc(types, declared)
}

// Objects returns the resources that commands name.
func (l *Lookup) Objects(list []Resource) (objects []usher.Resource) {
	for _, r := range list {
		typ := syntax.Name{Text: r.On.Type, Pos: r.Type}
		if !l.resourceType(typ) {
			continue
		}
		o, ok := l.object(&Question{Can: typ}, r.Facts, []string{r.On.Type}).(*usher.Object)
		if ok {
			o.ID = r.On.ID
			objects = append(objects, o)
		}
	}
	return objects
}

// resourceType reports whether the policy declares a type of resource. It adds a problem if not.
func (l *Lookup) resourceType(n syntax.Name) bool {
	if l.parties[n.Text] != nil {
		return true
	}
	l.refuse(n, "unknown type of resource", vocabulary(l.Policy.Resources()))
	return false
}

// fits reports whether a type has all parties of an object.
func (l *Lookup) fits(o *usher.Object, typ string) bool {
	for name := range o.Parties {
		if _, ok := l.parties[typ][name]; !ok {
			return false
		}
	}
	return true
}

// both divides the ids of a party of users and teams. An id that the account does not have
// counts as a user's.
func (l *Lookup) both(o *usher.Object, f *Fact) {
	if o.Teams == nil {
		o.Teams = map[string][]string{}
	}
	name := f.Name.Text
	if f.Apart {
		o.Teams[name] = texts(f.Teams)
		return
	}
	o.Parties[name] = []string{}
	for _, id := range f.IDs {
		isUser, isTeam := l.IDs.isUser(id.Text), l.IDs.isTeam(id.Text)
		switch {
		case isUser && isTeam && l.IDs.OnCommandLine:
			l.Problems.Add(id.Pos, "%q is a user and a team; write %[2]s.users=%[1]s or %[2]s.teams=%[1]s", id.Text, name)
		case isUser && isTeam:
			l.Problems.Add(id.Pos, "%q is a user and a team; write users and teams apart: %s: {users: […], teams: […]}", id.Text, name)
		case isTeam:
			o.Teams[name] = append(o.Teams[name], id.Text)
		default:
			o.Parties[name] = append(o.Parties[name], id.Text)
		}
	}
}

func texts(names []syntax.Name) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = n.Text
	}
	return list
}

// reportNoType reports why a resource cannot have any of the types.
func (l *Lookup) reportNoType(q *Question, o *usher.Object, facts []Fact, types []string) {
	var known Names
	for _, t := range types {
		for name := range l.parties[t] {
			known.Add(name)
		}
	}
	slices.Sort(known.list)
	known.list = append(known.list, l.attributes.list...)
	unknown := false
	for _, f := range facts {
		if f.In == nil && !l.isID(&f, types) && !known.has[f.Name.Text] && !l.attributes.has[f.Name.Text] {
			l.refuse(f.Name, lacking(q, types)+"party or attribute", known)
			unknown = true
		}
	}
	fits := func(t string) bool { return l.fits(o, t) }
	switch {
	case unknown:
	case slices.ContainsFunc(types, fits):
		at := facts[slices.IndexFunc(facts, func(f Fact) bool { return f.In != nil })].Name.Pos
		l.Problems.Add(at, "the policy declares no container of %s; remove in", strings.Join(types, " or "))
	default:
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
