package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// handing is a user who gives something to another user, at a time, in a world.
type handing struct {
	doc               *syntax.Document
	w                 *world
	by, before, after *policy.User
	at                time.Time
	context           usher.Context // of the command
	account           *policy.Account
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
	fmt.Fprintf(&b, "at %v with %v\n", h.at, h.context)
	return b.String()
}

const (
	worldsOfACeilingRound = 4
	handingsOfAWorld      = 25
)

// handAtRandom draws policies, worlds and handings, and calls look with each, until it has drawn the
// given number. A failure prints the seed that repeats it.
func handAtRandom(t *testing.T, handings int, look func(d dice, p *policy.Policy, h *handing) error) {
	const ofARound = worldsOfACeilingRound * handingsOfAWorld
	for n := range uint64((handings + ofARound - 1) / ofARound) {
		d := newDice(*seedFlag+n, 100)
		doc := randomDocument(d)
		p, err := policyfile.Load("random.yaml", doc.Print())
		if err != nil {
			t.Fatalf("%s\n%v", doc.Print(), err)
		}
		for range worldsOfACeilingRound {
			w := randomWorld(d, doc)
			account, err := w.Account()
			if err != nil {
				t.Fatal(err)
			}
			for range handingsOfAWorld {
				h := randomHanding(d, doc, w)
				h.account = account
				h.context = newAsking(d, doc, w).context()
				if err := look(d, p, h); err != nil {
					t.Fatalf("%v\n\n%v\nto see it again: go test ./policy -run %s -seed %d -questions 1", err, h, t.Name(), *seedFlag+n)
				}
			}
		}
	}
}

// randomHanding draws what commands do: it changes the role, the team roles or the grants of a user.
// The actor is any user, or has almost the same as the user.
func randomHanding(d dice, doc *syntax.Document, w *world) *handing {
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
		h.by.Role = leadingRole(doc)
	case d.chance(3):
		h.by = nil
	}
	return h
}

// altered returns a user with one change, possibly to a value of the other user.
func altered(d dice, doc *syntax.Document, from, other *policy.User) *policy.User {
	u := cloneUser(from)
	var roles, beside []role.Name
	for _, r := range doc.Roles {
		switch {
		case r.OnTeam:
			roles = append(roles, role.Name(r.Name.Text))
		case r.Beside:
			beside = append(beside, role.Name(r.Name.Text))
		}
	}
	switch n := d.IntN(11); {
	case n == 8:
		u.Beside = append(u.Beside, some(d, 1, 2, beside)...)
	case n == 9:
		u.Beside = slices.Clone(other.Beside)
	case n == 10 && len(u.Beside) > 0:
		u.Beside = u.Beside[1:]
	case n == 7 && len(u.Seats) > 0:
		u.Seats = u.Seats[1:]
	case n == 0:
		u.Role = other.Role
	case n == 1:
		for _, r := range doc.Roles {
			if r.OfAccount() && d.chance(30) {
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
	case n == 6 && len(u.Outside) > 0:
		m := &u.Outside[d.IntN(len(u.Outside))]
		m.Roles = append(m.Roles, some(d, 1, 2, roles)...)
	case len(u.Teams) > 0:
		m := &u.Teams[d.IntN(len(u.Teams))]
		m.Roles = append(m.Roles, some(d, 1, 2, roles)...)
	}
	return u
}

func cloneUser(u *policy.User) *policy.User {
	c := *u
	c.Grants, c.Teams, c.Outside, c.Beside = slices.Clone(u.Grants), slices.Clone(u.Teams), slices.Clone(u.Outside), slices.Clone(u.Beside)
	for _, list := range [][]policy.Membership{c.Teams, c.Outside} {
		for i := range list {
			list[i].Roles = slices.Clone(list[i].Roles)
		}
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

// TestRandomCeilings compares the ceiling with the slow model: what is given without cover and
// from when, whether something is taken, and who outranks the actor.
func TestRandomCeilings(t *testing.T) {
	var counts struct{ given, beside, later, never, covered, taken, kept, outranks, equals int }
	handAtRandom(t, *questionsFlag/300, func(d dice, p *policy.Policy, h *handing) error {
		c, err := p.Ceiling(h.by, h.account, h.context, h.at)
		if err != nil || h.before == nil && h.after == nil {
			return nil
		}
		m := ceilingModel{model: newModel(h.doc, h.w), by: h.by, context: h.context, now: h.at}
		given, ok, errGives := c.Gives(h.before, h.after)
		takes, errTakes := c.Takes(h.before, h.after)
		for _, u := range []*policy.User{h.before, h.after} {
			if u != nil && (m.role(string(u.Role)).Name.Text == "" || !m.role(string(u.Role)).OfAccount()) {
				if errGives == nil || errTakes == nil {
					return fmt.Errorf("a user with the role %q is compared", u.Role)
				}
				return nil
			}
		}
		if errGives != nil || errTakes != nil {
			return fmt.Errorf("%v %v", errGives, errTakes)
		}
		if err := m.compareGiven(p, h, given, ok); err != nil {
			return err
		}
		wantTakes := false
		for _, m.moment = range m.moments(h.before, h.after) {
			wantTakes = wantTakes || m.takes(h.before, h.after)
		}
		if takes != wantTakes {
			return fmt.Errorf("Takes = %t, the model says %t", takes, wantTakes)
		}
		rule, outranks, err := c.Outranks(h.before)
		if err != nil {
			return err
		}
		m.moment = h.at
		if want := m.outranks(h.before); outranks != (len(want) > 0) {
			return fmt.Errorf("Outranks = %q, the model finds %+v", uncoveredText(rule, outranks), want)
		}
		count := func(is bool, yes, no *int) {
			if is {
				*yes++
			} else {
				*no++
			}
		}
		count(ok, &counts.given, &counts.covered)
		count(takes, &counts.taken, &counts.kept)
		count(outranks, &counts.outranks, &counts.equals)
		if !given.From.IsZero() {
			counts.later++
		}
		if given.Never.Source != 0 {
			counts.never++
		}
		if given.Rule.Source == usher.SourceBeside {
			counts.beside++
		}
		return nil
	})
	t.Logf("%+v", counts)
	all := counts.given + counts.covered
	if all >= 1000 && min(counts.given, counts.covered, counts.taken, counts.kept, counts.outranks, counts.equals, 20*counts.later, 20*counts.never, 10*counts.beside) < all/10 {
		t.Error("too much of the same")
	}
}

// compareGiven compares an uncovered rule with the rules that the model finds at its first moment
// with any.
func (m ceilingModel) compareGiven(p *policy.Policy, h *handing, given policy.Uncovered, ok bool) error {
	var want []owned
	for _, m.moment = range m.moments(h.before, h.after) {
		if want = m.gives(h.before, h.after); len(want) > 0 {
			break
		}
	}
	if ok != (len(want) > 0) {
		return fmt.Errorf("Gives = %q, the model finds %+v", uncoveredText(given, ok), want)
	}
	if !ok {
		return nil
	}
	from := m.moment
	if from.Equal(m.now) {
		from = time.Time{}
	}
	perms := p.Permissions()
	for !slices.ContainsFunc(want, func(r owned) bool { return r.perm == perms[0].String() }) {
		perms = perms[1:]
	}
	want = slices.DeleteFunc(want, func(r owned) bool { return r.perm != perms[0].String() })
	first := firstNamed(want)
	same := func(r owned) bool { // of the rules with this name, one that the user holds there
		return r.written == first.written && r.who == first.who && r.text == first.text &&
			(r.source != usher.SourceTeamRole || slices.Equal(r.teams, given.Teams))
	}
	if !from.Equal(given.From) || first.perm != given.Permission.String() || first.written != given.Rule.Source ||
		first.who != given.Rule.Name || first.text != given.Rule.Text || !slices.ContainsFunc(want, same) {
		return fmt.Errorf("Gives = %q, the model names %+v from %v on", uncoveredText(given, ok), first, from)
	}
	return nil
}
