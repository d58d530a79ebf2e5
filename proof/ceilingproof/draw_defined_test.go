package ceilingproof_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// drawPaths draws a fixture in which the account can define roles, users can make requests, and rules can depend on
// whether a user acts on behalf of another one. Some users are service accounts.
func drawPaths(t *testing.T, seed uint64) *fixture {
	t.Helper()
	d := newDice(seed)
	d.Uint64() // not the worlds of the other tests
	doc := drawPolicy(d, d.chance(15))
	offer(d, doc)
	l, err := newPolicies(doc)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, doc.Print())
	}
	contents := drawAccount(d, doc)
	for _, id := range userIDs[1:] {
		if u := contents.Users[id]; d.chance(15) && u.Role != "boss" && u.Status != usher.Invited && u.Status != usher.Requested && seatOf(doc, u) != role.SeatRequired {
			u.Kind, u.Seats = usher.ServiceAccount, nil
			contents.Users[id] = u
		}
	}
	state, err := open(l.policy, contents)
	if err != nil {
		t.Fatalf("seed %d: %v\n%s", seed, err, doc.Print())
	}
	w := &fixture{policies: l, seed: seed, propose: proposeReal, quick: true, defined: map[string]*policies{}}
	w.drawing = drawing{dice: d, state: state, at: noon, fresh: new(int), beside: besideIn(doc), outside: outsideIn(doc), like: l.policy.CustomLike(), offers: l.policy.Offers()}
	for _, kind := range []string{"define-role", "define-role", "define-role", "set-role", "set-role", "set-role", "set-role-beside", "set-role-beside", "set-team-role", "set-team-role", "invite"} {
		out, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsHost("draw"), Time: noon, Commands: []account.Command{w.pathCommand(kind)}})
		if err == nil {
			w.state = out.Next
		}
	}
	return w
}

// offer adds to a document what an account can define, and conditions on the fact acting.
func offer(d dice, doc *syntax.Document) {
	doc.Custom = &syntax.CustomRoles{AtMost: 8}
	for _, name := range []string{"clerk", "member", "lead", "manager"} {
		if name == "member" || d.chance(60) {
			doc.Custom.Like = append(doc.Custom.Like, syntax.Name{Text: name})
		}
	}
	if len(besideIn(doc)) > 0 && d.chance(60) {
		doc.Custom.Like = append(doc.Custom.Like, syntax.Name{Text: "biller"})
	}
	for i := range doc.Resources {
		r := &doc.Resources[i]
		on := about{facts: userFacts, nested: r.In.Text != ""}
		for _, p := range r.Parties {
			on.parties = append(on.parties, p.Name.Text)
		}
		if r.Name.Text == "item" {
			on.facts = itemFacts
		}
		for k := range r.Permissions {
			p := &r.Permissions[k]
			on.hiding = r.Name.Text == "item" && p.Action.Text == "view"
			switch r.Name.Text {
			case "item", "folder", "pay":
				if p.Action.Text != syntax.Wildcard && d.chance(80) {
					p.Cells = append(p.Cells, syntax.Cell{Who: syntax.Name{Text: "custom"}, Rules: drawOffers(d, on)})
				}
			default:
				if p.Action.Text != "transfer" && p.Action.Text != "delegate" && d.chance(15) {
					p.Cells = append(p.Cells, syntax.Cell{Who: syntax.Name{Text: "custom"}, Rules: []syntax.Rule{{Scope: syntax.ScopeAny}}})
				}
			}
		}
	}
	drawActing(d, doc)
	cell := func(who string) syntax.Cell {
		return syntax.Cell{Who: syntax.Name{Text: who}, Rules: []syntax.Rule{{Scope: syntax.ScopeAny}}}
	}
	define := []syntax.Cell{cell("boss"), cell("admin"), cell("clerk"), cell("manager"), cell("custom")}
	doc.Resources = append(doc.Resources,
		syntax.Resource{Name: syntax.Name{Text: "role"}, Permissions: []syntax.Permission{{Action: syntax.Name{Text: "define"}, Cells: define}}},
		syntax.Resource{Name: syntax.Name{Text: "request"}, Permissions: []syntax.Permission{{Action: syntax.Name{Text: "make"}, Cells: []syntax.Cell{cell("everyone")}}}})
}

// drawOffers draws different rules.
func drawOffers(d dice, on about) (rules []syntax.Rule) {
	var seen []string
	for range 1 + d.IntN(3) {
		r, err := syntax.ParseRule(drawRule(d, on))
		if err != nil {
			panic(err)
		}
		if text := r.Canonical(); !slices.Contains(seen, text) {
			seen, rules = append(seen, text), append(rules, r)
		}
	}
	return rules
}

// drawActing adds conditions on the fact acting to some rules.
func drawActing(d dice, doc *syntax.Document) {
	if !d.chance(60) {
		return
	}
	doc.Conditions = append(doc.Conditions, syntax.Condition{Name: syntax.Name{Text: onBehalf}, Kind: syntax.OnContext, Of: syntax.Name{Text: acting}})
	test := func(r *syntax.Rule, percent int) {
		if d.chance(percent) {
			r.If = append(slices.Clone(r.If), syntax.Test{Name: syntax.Name{Text: onBehalf}, Not: d.chance(50)})
		}
	}
	eachPermission(doc, func(p *syntax.Permission) {
		for _, c := range p.Cells {
			for i := range c.Rules {
				test(&c.Rules[i], 8)
			}
		}
	})
	for _, n := range doc.Never {
		for i := range n.Rules {
			test(&n.Rules[i], 25)
		}
	}
}

var pathKinds = []string{
	"define-role", "define-role", "change-role", "change-role", "change-role", "change-role", "change-role", "delete-role", "delete-role", "delete-role",
	"set-role", "set-role", "set-role-beside", "set-team-role", "set-team-role", "unset-team-role",
	"invite", "resend-invitation", "resend-invitation", "add-user", "admit-user", "give-grant", "give-grant", "revoke-grant", "set-status", "remove-user",
}

// pathCommand is command with the commands about roles of the account, and invitations with an end.
func (d drawing) pathCommand(kind string) account.Command {
	defined := d.state.CustomRoles()
	switch kind {
	case "define-role":
		return account.DefineRole{Role: role.Name(fmt.Sprintf("own%d", d.number())), Like: pick(d.dice, d.like...), Gives: d.gives(nil)}
	case "change-role":
		if len(defined) == 0 {
			return d.pathCommand("define-role")
		}
		r := pick(d.dice, defined...)
		had := account.Gives{}
		for _, c := range r.Gives {
			if d.chance(70) {
				had[c.Permission.String()] = append(had[c.Permission.String()], c.Rule)
			}
		}
		return account.ChangeRole{Role: r.Name, Gives: d.gives(had)}
	case "delete-role":
		if len(defined) == 0 {
			return d.pathCommand("define-role")
		}
		r := pick(d.dice, defined...)
		by := d.accountRole()
		switch {
		case slices.Contains([]role.Name{"manager", "lead"}, r.Like):
			by = d.teamRole()
		case slices.Contains(d.beside, r.Like):
			by = d.besideRole()
		}
		return account.DeleteRole{Role: r.Name, ReplaceBy: by}
	case "resend-invitation":
		var invited []usher.UserID // whose invitation ends
		for e := range d.state.View(nil).Scheduled(account.ScheduleEntry{}) {
			if c, ok := e.Command.(account.RevokeInvitation); ok {
				invited = append(invited, c.User)
			}
		}
		if len(invited) == 0 {
			return d.pathCommand("invite")
		}
		return account.ResendInvitation{User: pick(d.dice, invited...), Until: pick(d.dice, time.Time{}, d.at.Add(9*time.Hour), d.at.Add(24*time.Hour))}
	case "invite":
		c := d.command("invite").(account.Invite)
		c.Until = pick(d.dice, time.Time{}, d.at.Add(8*time.Hour), d.at.Add(8*time.Hour))
		return c
	case "add-user":
		c := d.command("add-user").(account.AddUser)
		if c.Status == usher.Active && d.chance(30) {
			c.Kind = usher.ServiceAccount
		}
		return c
	}
	return d.command(kind)
}

// gives draws what a role gives, beside what it has.
func (d drawing) gives(had account.Gives) account.Gives {
	g := account.Gives{}
	maps.Copy(g, had)
	for range d.IntN(4) {
		if len(d.offers) == 0 {
			break
		}
		o := pick(d.dice, d.offers...)
		if p := o.Permission.String(); !slices.Contains(g[p], o.Rule) {
			g[p] = append(slices.Clone(g[p]), o.Rule)
		}
	}
	return g
}

// nextPath draws a proposal of an active user: as the user, on behalf of another one, or the approval of a
// request that another user makes.
func (w *fixture) nextPath() (p account.Proposal, ok bool) {
	var actors []usher.UserID
	for _, id := range w.users() {
		if w.find(id).Status == usher.Active {
			actors = append(actors, id)
		}
	}
	if len(actors) < 2 {
		return p, false
	}
	w.at = w.at.Add(pick(w.dice, 0, time.Minute, 10*time.Minute, 40*time.Minute))
	p = account.Proposal{Time: w.at, Commands: []account.Command{w.pathCommand(pick(w.dice, pathKinds...))}}
	if w.chance(15) {
		p.Commands = append(p.Commands, w.pathCommand(pick(w.dice, pathKinds...)))
	}
	if !w.chance(40) {
		p.Context = usher.Context{"mfa": w.chance(75)}
	}
	path := pick(w.dice, "user", "user", "request", "behalf")
	author := pick(w.dice, actors...)
	if path == "request" {
		made := account.Request{Commands: p.Commands, Until: later(w.dice, w.at.Add(time.Minute))}
		out, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser(author), Time: w.at, Commands: []account.Command{made}, Context: p.Context})
		if err != nil || len(out.Changes) == 0 {
			path = "user"
		} else {
			w.state = out.Next
			for r := range w.state.View(nil).Requests(w.at, 0) {
				p.Commands = []account.Command{account.Approve{Request: r.ID}} // the last one
			}
		}
	}
	for range 6 {
		some := some(w.dice, 2, 2, actors...)
		p.Actor = account.AsUser(some[0])
		if path == "behalf" {
			p.Actor = p.Actor.By(some[1])
		}
		if _, err := proposeReal(w, p); !errors.Is(err, account.CodeDenied) {
			break
		}
	}
	return p, true
}
