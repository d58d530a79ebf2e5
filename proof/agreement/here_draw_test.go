package agreement_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// addRolesOnResources adds roles that are held on calendars and on what contains them. Their rules are
// those of other cells with the scope here, often instead of the other scopes.
func addRolesOnResources(d dice, doc *syntax.Document) {
	at := slices.IndexFunc(doc.Resources, func(r syntax.Resource) bool { return r.Name.Text == "calendar" })
	calendar := &doc.Resources[at]
	types, tree := []string{"calendar"}, false
	for in := calendar.In.Text; in != ""; {
		if tree = in == types[len(types)-1]; tree {
			break
		}
		types = append(types, in)
		in = doc.Resources[slices.IndexFunc(doc.Resources, func(r syntax.Resource) bool { return r.Name.Text == in })].In.Text
	}
	sharer := syntax.Role{Name: syntax.Name{Text: "sharer"}, OnResource: syntax.Name{Text: "calendar"}}
	keeper := syntax.Role{Name: syntax.Name{Text: "keeper"}, OnResource: syntax.Name{Text: pick(d, types)}}
	if keeper.OnResource == sharer.OnResource && d.chance(50) {
		keeper.Includes = []syntax.Name{sharer.Name}
	}
	if d.chance(15) {
		keeper.Requires = []syntax.Name{{Text: pick(d, []string{"mfa", "seated"})}}
	}
	doc.Roles = append(doc.Roles, sharer, keeper)
	for i := range calendar.Permissions {
		p := &calendar.Permissions[i]
		var from []syntax.Rule
		for _, c := range p.Cells {
			from = append(from, c.Rules...)
		}
		for _, r := range []syntax.Role{sharer, keeper} {
			if !d.chance(75) || len(from) == 0 {
				continue
			}
			var rules []syntax.Rule
			for range 1 + d.IntN(2) {
				rule := pick(d, from)
				on := r.OnResource.Text
				above := on != "calendar" || tree && len(types) == 1 && d.chance(60)
				rules = append(rules, onlyHere(d, rule, above))
			}
			p.Cells = append(p.Cells, syntax.Cell{Who: r.Name, Rules: rules})
		}
	}
}

// onlyHere returns a rule with the scope here.
func onlyHere(d dice, r syntax.Rule, above bool) syntax.Rule {
	switch {
	case d.chance(60):
		r.And = nil
	case r.Scope != syntax.ScopeAny:
		r.And = r.Terms()
	}
	r.Scope, r.Above, r.As = syntax.ScopeHere, above, nil
	if d.chance(50) {
		r.If = nil
	}
	return r
}

// holding is a role that a user or a team holds on a resource.
type holding struct {
	by account.Holder
	on usher.Ref
	is role.Name
}

// addRolesOn gives users and teams roles on the rows and the containers that a round may draw. A host's
// own tables can also have holders that are not in the account, and roles that cannot be held so.
func (w *fixture) addRolesOn(d dice, p *policy.Policy, local int) {
	ids := map[string][]string{}
	for i := range rowsOfAnAccount {
		ids["calendar"] = append(ids["calendar"], fmt.Sprint(local+i))
	}
	for typ, above := "calendar", ""; typ != "" && typ != above; typ, above = p.Container(typ), typ {
		for i := range 7 {
			ids[typ] = append(ids[typ], fmt.Sprintf("%s %d", typ, i))
		}
	}
	var holders []account.Holder
	for _, id := range append(sortedKeys(w.users), "nobody", "") {
		holders = append(holders, account.Holder{User: id})
	}
	for _, id := range append(sortedKeys(w.parents), "stray") {
		holders = append(holders, account.Holder{Team: id})
	}
	for _, name := range []role.Name{"sharer", "keeper", "admin", "gone"} {
		r, _ := p.Role(name)
		for range 3 + d.IntN(25) {
			typ := r.OnResource
			if typ == "" || d.chance(3) {
				typ = "calendar"
			}
			h := holding{pick(d, holders), usher.Ref{Type: typ, ID: pick(d, append(ids[typ], ""))}, name}
			if !slices.Contains(w.held, h) {
				w.held = append(w.held, h)
			}
		}
	}
}

// fitRolesOn removes what no engine has.
func (w *fixture) fitRolesOn(p *policy.Policy) {
	w.held = slices.DeleteFunc(w.held, func(h holding) bool {
		r, _ := p.Role(h.is)
		_, isTeam := w.parents[h.by.Team]
		return r.OnResource == "" || r.OnResource != h.on.Type || h.on.ID == "" || !isTeam && w.users[h.by.User] == nil
	})
}

// rolesOn returns the roles on resources for an import.
func (w *fixture) rolesOn() (list []account.RolesOn) {
	for _, h := range w.held {
		list = append(list, account.RolesOn{Holder: h.by, On: h.on, Roles: []role.Name{h.is}})
	}
	return list
}

func (w *fixture) heldOn(by account.Holder, on usher.Ref) (names []role.Name) {
	for _, h := range w.held {
		if h.by == by && h.on == on {
			names = append(names, h.is)
		}
	}
	return names
}

func (w *fixture) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	return w.heldOn(account.Holder{User: id}, on), nil
}

func (w *fixture) TeamRolesOn(id usher.TeamID, on usher.Ref) ([]role.Name, error) {
	return w.heldOn(account.Holder{Team: id}, on), nil
}

func (w *fixture) UserResources(id usher.UserID, typ string) iter.Seq2[policy.RolesOn, error] {
	return w.resourcesOf(account.Holder{User: id}, typ)
}

func (w *fixture) TeamResources(id usher.TeamID, typ string) iter.Seq2[policy.RolesOn, error] {
	return w.resourcesOf(account.Holder{Team: id}, typ)
}

func (w *fixture) resourcesOf(by account.Holder, typ string) iter.Seq2[policy.RolesOn, error] {
	return func(yield func(policy.RolesOn, error) bool) {
		var seen []usher.Ref
		for _, h := range w.held {
			if h.by != by || h.on.Type != typ || slices.Contains(seen, h.on) {
				continue
			}
			seen = append(seen, h.on)
			if !yield(policy.RolesOn{ID: h.on.ID, Roles: w.heldOn(by, h.on)}, nil) {
				return
			}
		}
	}
}

// countHere counts a decision by a role on a resource.
func countHere(add func(string, bool), by usher.Rule) {
	here := by.Source == usher.SourceResourceRole
	add("role on a resource", here)
	add("role on a container", here && strings.Contains(by.Text, "here or above"))
}
