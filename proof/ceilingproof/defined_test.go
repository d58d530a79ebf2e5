package ceilingproof_test

import (
	"fmt"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// withDefined returns a document in which the roles that an account defines are roles of the file: each is
// held as the role that it is like, has its seats and requirements, and the cells that it chose. The
// document has no custom-roles any more, so no policy of the oracle uses the code for these.
func withDefined(doc *syntax.Document, defined []policy.CustomRole) (*syntax.Document, error) {
	if doc.Custom == nil {
		return doc, nil
	}
	d := clone(doc)
	d.Custom = nil
	eachPermission(d, func(p *syntax.Permission) {
		p.Cells = slices.DeleteFunc(p.Cells, func(c syntax.Cell) bool { return c.Who.Text == "custom" })
	})
	for _, r := range defined {
		like := findRole(doc, r.Like)
		like.Name, like.Title = syntax.Name{Text: string(r.Name)}, ""
		like.Includes, like.All, like.Default, like.AtLeast, like.AtMost = nil, false, false, 0, 0
		d.Roles = append(d.Roles, like)
		for _, c := range r.Gives {
			if err := addRule(d, like.Name, c); err != nil {
				return nil, err
			}
		}
	}
	return d, nil
}

// addRule adds a rule to the cell of a role.
func addRule(d *syntax.Document, who syntax.Name, c policy.Choice) error {
	rule, err := syntax.ParseRule(c.Rule)
	if err != nil {
		return err
	}
	for i := range d.Resources {
		if d.Resources[i].Name.Text != c.Permission.Resource() {
			continue
		}
		for k := range d.Resources[i].Permissions {
			p := &d.Resources[i].Permissions[k]
			if p.Action.Text != c.Permission.Action() {
				continue
			}
			at := slices.IndexFunc(p.Cells, func(c syntax.Cell) bool { return c.Who.Text == who.Text })
			if at < 0 {
				p.Cells = append(p.Cells, syntax.Cell{Who: who})
				at = len(p.Cells) - 1
			}
			p.Cells[at].Rules = append(p.Cells[at].Rules, rule)
			return nil
		}
	}
	return fmt.Errorf("the document has no permission %s", c.Permission)
}

// policiesOf returns the policies with the roles that the account of a state defines.
func (w *fixture) policiesOf(s *account.State) *policies {
	if s == nil || len(s.CustomRoles()) == 0 {
		return w.policies
	}
	key := fmt.Sprint(s.CustomRoles())
	if l, ok := w.defined[key]; ok {
		return l
	}
	l, err := newPolicies(w.doc, s.CustomRoles()...)
	if err != nil {
		panic(err)
	}
	w.defined[key] = l
	return l
}

// sameRights reports whether two subjects differ at most in seats, and hold no role that has changed.
func (d *effect) sameRights(was, is subject) bool {
	return was.sameRights(is) && !slices.ContainsFunc(d.redefined(), is.holds)
}

// redefined returns the roles that the commands defined or changed.
func (d *effect) redefined() (names []role.Name) {
	if d.had == d.policies {
		return nil
	}
	for _, r := range d.after.CustomRoles() {
		if was := definition(d.before, r.Name); was == nil || fmt.Sprint(*was) != fmt.Sprint(r) {
			names = append(names, r.Name)
		}
	}
	return names
}

// definition returns a role that an account defines, or nil.
func definition(s *account.State, name role.Name) *policy.CustomRole {
	for _, r := range s.CustomRoles() {
		if r.Name == name {
			return &r
		}
	}
	return nil
}

// holds reports whether a subject holds a role in any place.
func (s subject) holds(name role.Name) bool {
	return s.role == name || slices.Contains(s.beside, name) || len(s.held[name]) > 0
}

const (
	probe     = usher.UserID("probe")
	probeTeam = usher.TeamID("probes")
)

// checkDefined lets a new user hold each role that the commands defined or changed, and returns a breach if
// that user can do more than before and than the actor could do before in that user's place. A team
// role is held on a team of which the actor knows nothing.
func (d *effect) checkDefined() *breach {
	for _, name := range d.redefined() {
		e := *d
		var ok, was bool
		e.after, ok = d.withProbe(d.after, name, true)
		e.before, was = d.withProbe(d.before, name, definition(d.before, name) != nil)
		if !ok || !was {
			continue
		}
		if b := e.given(probe); b != nil {
			b.how = "a role, " + b.how
			return b
		}
	}
	return nil
}

// withProbe returns a state with a new user, who holds a role in one place.
func (d *effect) withProbe(s *account.State, name role.Name, holds bool) (*account.State, bool) {
	add := account.AddUser{User: probe}
	var commands []account.Command
	switch of := findRole(d.doc, definition(d.after, name).Like); {
	case of.OnTeam:
		commands = []account.Command{account.CreateTeam{Team: probeTeam}, add, account.AddToTeam{User: probe, Team: probeTeam}}
		if holds {
			commands = append(commands, account.SetTeamRole{User: probe, Team: probeTeam, Role: name})
		}
	case of.Beside:
		commands = []account.Command{add}
		if holds {
			commands = append(commands, account.SetRoleBeside{User: probe, Role: name})
		}
	case holds:
		add.Role = name
		commands = []account.Command{add}
	default:
		return s, true // the user is new
	}
	out, err := s.Propose(d.policy, account.Proposal{Actor: account.AsHost("probe"), Time: d.proposal.Time, Commands: commands})
	return out.Next, err == nil
}

// definedLike returns the roles that the account defines like one of the given roles.
func (d drawing) definedLike(like ...role.Name) (names []role.Name) {
	for _, r := range d.state.CustomRoles() {
		if slices.Contains(like, r.Like) {
			names = append(names, r.Name)
		}
	}
	return names
}
