package ceilingproof_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/seat"
)

// scenario is a policy, an account, and a sequence of proposals. It can be made smaller as long as
// it shows a fault.
type scenario struct {
	doc       *syntax.Document
	contents  account.Seed
	proposals []account.Proposal
}

// seedOf returns an account as the seed of an import.
func seedOf(s *account.State) account.Seed {
	c := account.Seed{
		Settings: maps.Clone(surroundingsOf(s).settings), Seats: map[seat.PoolName]int{"desk": s.Pool("desk").Total},
		Teams: map[usher.TeamID]usher.TeamID{}, Users: map[usher.UserID]policy.User{}, Roles: s.CustomRoles(),
	}
	for t := range s.View(nil).Teams("") {
		c.Teams[t.ID] = t.Parent
	}
	for l := range s.UsersAfter("") {
		c.Users[l.ID] = *l.User
	}
	return c
}

// shrink removes all parts of a scenario that the fault does not need. The function fault returns a
// description, "" for no fault. The returned text describes the smallest scenario.
func shrink(s scenario, fault func(scenario) string) (scenario, string) {
	text := fault(s)
	try := func(smaller scenario) bool {
		if t := fault(smaller); t != "" {
			s, text = smaller, t
			return true
		}
		return false
	}
	for changed := true; changed; {
		changed = false
		for size := len(s.proposals) / 2; size > 0; size /= 2 {
			for i := 0; i+size <= len(s.proposals) && len(s.proposals) > 1; {
				smaller := s
				smaller.proposals = slices.Delete(slices.Clone(s.proposals), i, i+size)
				if try(smaller) {
					changed = true
				} else {
					i += size
				}
			}
		}
		for i := range s.proposals {
			for k := 0; k < len(s.proposals[i].Commands) && len(s.proposals[i].Commands) > 1; k++ {
				smaller := s
				smaller.proposals = slices.Clone(s.proposals)
				smaller.proposals[i].Commands = slices.Delete(slices.Clone(s.proposals[i].Commands), k, k+1)
				changed = try(smaller) || changed
			}
		}
		for i := 0; ; i++ {
			doc := clone(s.doc)
			if !cut(doc, i) {
				break
			}
			smaller := s
			smaller.doc = doc
			if try(smaller) {
				changed = true
				i--
			}
		}
		for i := 0; ; i++ {
			c, ok := cutSeed(s.contents, i)
			if !ok {
				break
			}
			smaller := s
			smaller.contents = c
			if try(smaller) {
				changed = true
				i--
			}
		}
	}
	return s, text
}

// cut removes the part of a document with a number, and reports whether there is one.
func cut(d *syntax.Document, number int) bool {
	is := func() bool { number--; return number == -1 }
	rules := func(list []syntax.Rule, last bool) ([]syntax.Rule, bool) {
		for i := range list {
			switch {
			case (len(list) > 1 || last) && is():
				return slices.Delete(list, i, i+1), true
			case len(list[i].As) > 0 && is():
				list[i].As = nil
				return list, true
			case list[i].Above && is():
				list[i].Above = false
				return list, true
			case len(list[i].Hiding) > 0 && is():
				list[i].Hiding = list[i].Hiding[1:]
				return list, true
			}
			for k := range list[i].And {
				switch {
				case is():
					list[i].And = slices.Delete(list[i].And, k, k+1)
					return list, true
				case list[i].And[k].Above && is():
					list[i].And[k].Above = false
					return list, true
				}
			}
			for k := range list[i].If {
				if is() {
					list[i].If = slices.Delete(list[i].If, k, k+1)
					return list, true
				}
			}
		}
		return list, false
	}
	for i := range d.Never {
		if is() {
			d.Never = slices.Delete(d.Never, i, i+1)
			return true
		}
		if list, ok := rules(d.Never[i].Rules, false); ok {
			d.Never[i].Rules = list
			return true
		}
	}
	for i := range d.Resources {
		for k := range d.Resources[i].Permissions {
			p := &d.Resources[i].Permissions[k]
			for c := range p.Cells {
				if is() {
					p.Cells = slices.Delete(p.Cells, c, c+1)
					return true
				}
				if list, ok := rules(p.Cells[c].Rules, false); ok {
					p.Cells[c].Rules = list
					return true
				}
			}
			if len(p.Cells) == 0 && is() {
				d.Resources[i].Permissions = slices.Delete(d.Resources[i].Permissions, k, k+1)
				return true
			}
		}
		if len(d.Resources[i].Permissions) == 0 && is() {
			d.Resources = slices.Delete(d.Resources, i, i+1)
			return true
		}
	}
	for i := range d.Roles {
		r := &d.Roles[i]
		switch {
		case len(r.Requires) > 0 && is():
			r.Requires = nil
			return true
		case len(r.Includes) > 0 && is():
			r.Includes = nil
			return true
		case r.All && is():
			r.All = false
			return true
		case r.Outside && is():
			r.Outside = false
			return true
		case len(r.Seats) > 0 && is():
			r.Seats = nil
			return true
		case r.NoTeamRoles && is():
			r.NoTeamRoles = false
			return true
		case r.NoGrants && is():
			r.NoGrants = false
			return true
		case !r.Unique && !r.Default && is():
			d.Roles = slices.Delete(d.Roles, i, i+1)
			return true
		}
	}
	for i := range d.Bundles {
		if is() {
			d.Bundles = slices.Delete(d.Bundles, i, i+1)
			return true
		}
	}
	for i, c := range d.Conditions {
		if c.Kind != syntax.OnContext && c.Kind != syntax.OnAttribute && is() { // requests have these facts
			d.Conditions = slices.Delete(d.Conditions, i, i+1)
			return true
		}
	}
	return false
}

// cutSeed removes the part of an account with a number, and reports whether there is one.
func cutSeed(c account.Seed, number int) (account.Seed, bool) {
	is := func() bool { number--; return number == -1 }
	c.Users, c.Teams = maps.Clone(c.Users), maps.Clone(c.Teams)
	for _, id := range slices.Sorted(maps.Keys(c.Users)) {
		u := c.Users[id]
		if is() {
			delete(c.Users, id)
			return c, true
		}
		for i := range u.Beside {
			if is() {
				u.Beside = slices.Delete(slices.Clone(u.Beside), i, i+1)
				c.Users[id] = u
				return c, true
			}
		}
		for i := range u.Outside {
			if is() {
				u.Outside = slices.Delete(slices.Clone(u.Outside), i, i+1)
				c.Users[id] = u
				return c, true
			}
		}
		for i := range u.Teams {
			if is() {
				u.Teams = slices.Delete(slices.Clone(u.Teams), i, i+1)
				c.Users[id] = u
				return c, true
			}
			if len(u.Teams[i].Roles) > 0 && is() {
				u.Teams = slices.Clone(u.Teams)
				u.Teams[i].Roles = u.Teams[i].Roles[1:]
				c.Users[id] = u
				return c, true
			}
		}
		for i := range u.Grants {
			if is() {
				u.Grants = slices.Delete(slices.Clone(u.Grants), i, i+1)
				c.Users[id] = u
				return c, true
			}
			if !u.Grants[i].Until.IsZero() && is() {
				u.Grants = slices.Clone(u.Grants)
				u.Grants[i].Until = u.Grants[i].Until.AddDate(1, 0, 0)
				if u.Grants[i].Until.Year() > 2027 {
					continue
				}
				c.Users[id] = u
				return c, true
			}
		}
		if len(u.Seats) > 0 && is() {
			u.Seats = nil
			c.Users[id] = u
			return c, true
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Teams)) {
		if is() {
			delete(c.Teams, id)
			return c, true
		}
		if c.Teams[id] != "" && is() {
			c.Teams[id] = ""
			return c, true
		}
	}
	return c, false
}

// String writes the policy, the account and the proposals as text.
func (s scenario) String() string {
	var b strings.Builder
	b.Write(s.doc.Print())
	fmt.Fprintf(&b, "account: settings %v, teams %v\n", s.contents.Settings, s.contents.Teams)
	for _, id := range slices.Sorted(maps.Keys(s.contents.Users)) {
		u := s.contents.Users[id]
		fmt.Fprintf(&b, "  %s: %s %s", id, u.Status, u.Role)
		if len(u.Beside) > 0 {
			fmt.Fprintf(&b, " beside %v", u.Beside)
		}
		for _, m := range u.Teams {
			fmt.Fprintf(&b, ", in team %s %v", m.Team, m.Roles)
		}
		for _, m := range u.Outside {
			fmt.Fprintf(&b, ", outside team %s %v", m.Team, m.Roles)
		}
		for _, g := range u.Grants {
			fmt.Fprintf(&b, ", grant %s", g.Name)
			if !g.Until.IsZero() {
				fmt.Fprintf(&b, " until %s", g.Until.Format("15:04"))
			}
		}
		if len(u.Seats) > 0 {
			b.WriteString(", seated")
		}
		b.WriteByte('\n')
	}
	for _, r := range s.contents.Roles {
		fmt.Fprintf(&b, "  the role %s like %s gives %v\n", r.Name, r.Like, r.Gives)
	}
	for _, p := range s.proposals {
		fmt.Fprintln(&b, describe(p))
	}
	return b.String()
}

// start opens the account of a scenario; ok is false if the account is invalid.
func (s scenario) start(propose proposeFunc) (w *fixture, ok bool) {
	l, err := newPolicies(s.doc)
	if err != nil {
		return nil, false
	}
	state, err := open(l.policy, s.contents)
	if err != nil {
		return nil, false
	}
	w = &fixture{policies: l, defined: map[string]*policies{}, drawing: drawing{state: state, at: s.proposals[0].Time}, propose: propose}
	u := w.find(s.proposals[0].Actor.User())
	return w, u != nil && u.Status == usher.Active
}

// breaks describes the breach of a scenario with one proposal, "" if there is none. Propose is the
// function that allowed the proposal.
func (s scenario) breaks(propose proposeFunc) string {
	w, ok := s.start(propose)
	if !ok {
		return ""
	}
	p := s.proposals[0]
	out, err := w.propose(w, p)
	if err != nil || len(out.Changes) == 0 {
		return ""
	}
	if b := w.effectOf(p, out.Next).check(); b != nil {
		return b.String()
	}
	return ""
}

// refused describes the needless rejection of a scenario with one proposal, "" if there is none.
func (s scenario) refused() string {
	w, ok := s.start(proposeReal)
	if !ok {
		return ""
	}
	p := s.proposals[0]
	if _, err := proposeReal(w, p); errors.Is(err, account.CodeEscalation) {
		if out, again := w.proposeAsHost(p); again == nil && len(out.Changes) > 0 {
			if d := w.effectOf(p, out.Next); d.check() == nil && !d.intended() {
				return "this command breaks no promise: " + err.Error()
			}
		}
	}
	return ""
}
