package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// handing is somebody who hands something to somebody, at a time, in a world.
type handing struct {
	doc               *policy.Document
	w                 *world
	by, before, after *policy.User
	at                time.Time
	tree              *team.Tree
}

func (h *handing) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%v", h.doc.Print(), h.w)
	for _, side := range []struct {
		name string
		user *policy.User
	}{{"by", h.by}, {"before", h.before}, {"after", h.after}} {
		if side.user != nil {
			fmt.Fprintf(&b, "%s\n", describeUser(usher.UserID(side.name), side.user))
		}
	}
	fmt.Fprintf(&b, "at %v, with teams: %t\n", h.at, h.tree != nil)
	return b.String()
}

const (
	worldsOfAReachRound = 4
	handingsOfAWorld    = 25
)

// handAtRandom draws policies, worlds and handings until so many were looked at, and calls look
// with each. A failure tells the seed with which it comes again.
func handAtRandom(t *testing.T, handings int, look func(d dice, p *policy.Policy, h *handing) error) {
	const ofARound = worldsOfAReachRound * handingsOfAWorld
	for n := range uint64((handings + ofARound - 1) / ofARound) {
		d := newDice(*seedFlag+n, 100)
		doc := randomDocument(d)
		p, err := policy.Load("random.yaml", doc.Print())
		if err != nil {
			t.Fatalf("%s\n%v", doc.Print(), err)
		}
		for range worldsOfAReachRound {
			w := randomWorld(d, doc)
			account, err := w.Account()
			if err != nil {
				t.Fatal(err)
			}
			for range handingsOfAWorld {
				h := randomHanding(d, doc, w)
				h.tree = account.Teams
				if err := look(d, p, h); err != nil {
					t.Fatalf("%v\n\n%v\nto see it again: go test ./policy -run %s -seed %d -questions 1", err, h, t.Name(), *seedFlag+n)
				}
			}
		}
	}
}

// randomHanding draws what commands do: somebody's role, team roles or grants change. The actor
// is anybody, or has much the same.
func randomHanding(d dice, doc *policy.Document, w *world) *handing {
	h := &handing{doc: doc, w: w, at: randomTime(d)}
	var users []*policy.User
	for _, id := range sortedIDs(w.users) {
		users = append(users, w.users[id])
	}
	h.before = pick(d, users)
	h.by = pick(d, users)
	h.after = h.before
	for range d.upTo(1, 2) {
		h.after = altered(d, doc, h.after, h.by)
	}
	switch {
	case d.chance(15):
		h.before = nil
	case d.chance(10):
		h.before = pick(d, users)
	case d.chance(3):
		h.after = nil
	}
	switch {
	case h.after != nil && d.chance(30):
		h.by = altered(d, doc, h.after, pick(d, users))
	case d.chance(30):
		h.by = cloneUser(h.by)
		h.by.Role = uniqueRole(doc)
	case d.chance(3):
		h.by = nil
	}
	return h
}

// altered returns a user with one thing changed, perhaps to what another one has.
func altered(d dice, doc *policy.Document, from, other *policy.User) *policy.User {
	u := cloneUser(from)
	var roles []role.Name
	for _, r := range doc.Roles {
		if r.OnTeam {
			roles = append(roles, role.Name(r.Name.Text))
		}
	}
	switch n := d.IntN(7); {
	case n == 0:
		u.Role = other.Role
	case n == 1:
		for _, r := range doc.Roles {
			if !r.OnTeam && d.chance(30) {
				u.Role = role.Name(r.Name.Text)
			}
		}
	case n == 2:
		u.Grants = append(u.Grants, randomGrants(d, doc)...)
	case n == 3:
		u.Grants = append(u.Grants, other.Grants...)
	case n == 4 && len(u.Grants) > 0:
		u.Grants[d.IntN(len(u.Grants))].Until = randomTime(d)
	case n == 5 && len(u.Grants) > 0:
		u.Grants = slices.Delete(u.Grants, 0, 1)
	case len(u.Teams) > 0:
		m := &u.Teams[d.IntN(len(u.Teams))]
		m.Roles = append(m.Roles, some(d, 1, 2, roles)...)
	}
	return u
}

func cloneUser(u *policy.User) *policy.User {
	c := *u
	c.Grants, c.Teams = slices.Clone(u.Grants), slices.Clone(u.Teams)
	for i := range c.Teams {
		c.Teams[i].Roles = slices.Clone(c.Teams[i].Roles)
	}
	return &c
}

func sortedIDs(users map[usher.UserID]*policy.User) (ids []usher.UserID) {
	for id := range users {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// TestRandomReaches holds Missing against the slow model: whether anything is missing, and which
// rule is named.
func TestRandomReaches(t *testing.T) {
	var missing, settled, refused, teams, ends int
	handAtRandom(t, *questionsFlag/30, func(d dice, p *policy.Policy, h *handing) error {
		if d.chance(10) {
			h.tree = nil
		}
		whole := !d.chance(25)
		now, ever := reachModel{newModel(h.doc, h.w), h.at}, reachModel{newModel(h.doc, h.w), time.Time{}}
		atBy, atBefore, atAfter := now, now, now
		switch n := d.IntN(100); {
		case n < 40:
			atBefore, atAfter = ever, ever
		case n < 55:
			atBy, atBefore, atAfter = ever, ever, ever
		case n < 60:
			atBefore = ever
		case n < 65:
			atAfter = ever
		}
		of := func(u *policy.User, at reachModel, whole bool) (policy.Reach, error) {
			if !whole {
				return p.RoleReach(u, at.at)
			}
			return p.Reach(u, h.tree, at.at)
		}
		by, errBy := of(h.by, atBy, true)
		before, errBefore := of(h.before, atBefore, true)
		after, errAfter := of(h.after, atAfter, whole)
		for u, err := range map[*policy.User]error{h.by: errBy, h.before: errBefore, h.after: errAfter} {
			declared := u == nil || now.role(string(u.Role)).Name.Text != "" && !now.role(string(u.Role)).OnTeam
			if declared != (err == nil) {
				return fmt.Errorf("the reach of a user with the role %q is the error %v", u.Role, err)
			}
			if err != nil {
				refused++
				return nil
			}
		}
		if own, ok := by.Missing(by, policy.Reach{}); ok {
			return fmt.Errorf("what the actor has does not cover itself: %q", missingText(own, ok))
		}
		want := now.missing(atBy.reach(h.by, true), atAfter.reach(h.after, whole), atBefore.reach(h.before, true), h.tree != nil, whole)
		got, ok := by.Missing(after, before)
		if ok != (len(want) > 0) {
			return fmt.Errorf("Missing = %q, the model finds %+v (of the whole reach: %t)", missingText(got, ok), want, whole)
		}
		if !ok {
			settled++
			return nil
		}
		missing++
		perms := p.Permissions()
		for len(perms) > 0 && !slices.ContainsFunc(want, func(r owned) bool { return r.perm == perms[0].String() }) {
			perms = perms[1:]
		}
		want = slices.DeleteFunc(want, func(r owned) bool { return r.perm != perms[0].String() })
		first := firstNamed(want)
		same := func(r owned) bool {
			teamsOf := r.teams
			if r.source != usher.SourceTeamRole {
				teamsOf = nil
			}
			return r.perm == got.Permission.String() && r.source == got.Rule.Source && r.who == got.Rule.Name &&
				r.scope == got.Scope && slices.Equal(teamsOf, got.Teams) && r.until.Equal(got.Until) && subset(r.needs, got.If)
		}
		if !slices.ContainsFunc(want, same) || first.perm != got.Permission.String() || first.source != got.Rule.Source ||
			first.who != got.Rule.Name || first.text != got.Rule.Text {
			return fmt.Errorf("Missing = %q, the model names %+v\nof %+v", missingText(got, ok), first, want)
		}
		if len(got.Teams) > 0 {
			teams++
		}
		if !got.Until.IsZero() {
			ends++
		}
		return nil
	})
	all := missing + settled
	t.Logf("%d handings: %d miss a rule (%d one on teams, %d one that ends), %d none; %d users have no role",
		all, missing, teams, ends, settled, refused)
	if all >= 1000 && min(missing, settled, 10*teams, 10*ends) < all/10 {
		t.Error("too much of the same")
	}
}
