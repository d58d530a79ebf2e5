package policy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

var midnight = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// randomTime returns one of a few times, so that grants often end at the time of a request;
// sometimes it returns a time in the distant past or future.
func randomTime(d dice) time.Time {
	t := midnight.Add(time.Duration(d.IntN(4)) * time.Hour)
	if d.chance(10) {
		t = t.In(time.FixedZone("far", 7*60*60))
	}
	return t
}

// questionWorld draws a world for questions: fewer users have grants than in a randomWorld.
func questionWorld(d dice, doc *syntax.Document) *world {
	w := randomWorld(d, doc)
	for _, id := range slices.Sorted(maps.Keys(w.users)) {
		if d.chance(45) {
			w.users[id].Grants = nil
		}
	}
	return w
}

// randomWorld draws an account for a document: nested teams, and users of all kinds. Some
// of it has no effect or is wrong: names that the policy lacks, teams that are not in the tree,
// no holder of the unique role or two.
func randomWorld(d dice, doc *syntax.Document) *world {
	w := &world{users: map[usher.UserID]*policy.User{}, teams: map[usher.TeamID]usher.TeamID{}, settings: map[string]bool{}}
	ids := some(d, 0, 8, []usher.TeamID{"sales", "east", "west", "north", "ops", "lab", "shop", "mia"})
	for i, id := range ids {
		w.teams[id] = ""
		if i > 0 && d.chance(65) {
			w.teams[id] = ids[d.IntN(i)]
		}
	}
	ids = append(ids, "stray")
	roles := map[bool][]role.Name{}
	beside := []role.Name{"gone"}
	for _, r := range doc.Roles {
		switch {
		case r.OnResource.Text != "":
		case r.Beside:
			beside = append(beside, role.Name(r.Name.Text))
		case !r.Unique:
			roles[r.OnTeam] = append(roles[r.OnTeam], role.Name(r.Name.Text))
		}
	}
	for i, id := range some(d, 3, 9, []usher.UserID{"mia", "max", "bea", "tom", "ann", "kim", "leo", "eva", "sales"}) {
		u := &policy.User{Status: usher.Active, Role: pick(d, roles[false])}
		if d.chance(15) {
			u.Status = usher.Status(d.upTo(0, 4))
		}
		if i == 0 && d.chance(90) || d.chance(2) {
			u.Role = leadingRole(doc)
		}
		if d.chance(0.3) {
			u.Role = pick(d, slices.Concat([]role.Name{"", "pilot"}, roles[true], beside))
		}
		if d.chance(60) {
			u.Beside = some(d, 0, 2, beside)
		}
		if d.chance(2) { // roles that are not held beside, and one twice
			u.Beside = append(u.Beside, some(d, 0, 3, slices.Concat(roles[true], roles[false], u.Beside))...)
		}
		in := some(d, 0, 3, ids)
		if len(in) > 0 && d.chance(5) {
			in = append(in, in[0]) // twice, possibly with other roles
		}
		for _, t := range in {
			u.Teams = append(u.Teams, policy.Membership{Team: t, Roles: some(d, 0, 2, roles[true])})
		}
		if d.chance(30) {
			for _, t := range some(d, 1, 2, ids) { // possibly also a team that the user is in
				u.Outside = append(u.Outside, policy.Membership{Team: t, Roles: some(d, 0, 2, roles[true])})
			}
		}
		for _, pool := range doc.Seats {
			if d.chance(50) {
				u.Seats = append(u.Seats, seat.PoolName(pool.Name.Text))
			}
		}
		if d.chance(5) {
			u.Seats = append(u.Seats, "gone")
		}
		u.Grants = randomGrants(d, doc)
		w.users[id] = u
	}
	if d.chance(30) { // facts with an entry for the empty id, which refers to no user
		u := &policy.User{Status: usher.Active, Role: leadingRole(doc)}
		for _, t := range ids {
			u.Teams = append(u.Teams, policy.Membership{Team: t, Roles: roles[true]})
		}
		w.users[""] = u
	}
	if d.chance(10) {
		u := w.users[pick(d, slices.Sorted(maps.Keys(w.users)))]
		u.Teams = append(u.Teams, policy.Membership{Team: "", Roles: roles[true]})
		u.Outside = append(u.Outside, policy.Membership{Team: "", Roles: roles[true]})
	}
	for _, s := range slices.Concat(doc.Settings, []syntax.Setting{{Name: ruleOutcome("gone")}}) {
		if d.chance(40) {
			w.settings[s.Name.Text] = d.chance(50)
		}
	}
	w.held = randomHeld(d, doc, w)
	if d.chance(20) {
		w.now = randomTime(d)
	}
	return w
}

// leadingRole returns the unique role, or the first account role of a policy without one.
func leadingRole(doc *syntax.Document) role.Name {
	i := slices.IndexFunc(doc.Roles, func(r syntax.Role) bool { return r.Unique })
	if i < 0 {
		i = slices.IndexFunc(doc.Roles, func(r syntax.Role) bool { return r.OfAccount() })
	}
	return role.Name(doc.Roles[i].Name.Text)
}

func randomGrants(d dice, doc *syntax.Document) (grants []policy.Grant) {
	var names []string
	for _, f := range doc.Features {
		names = append(names, f.Text)
	}
	for _, b := range doc.Bundles {
		names = append(names, b.Name.Text)
	}
	names = append(names, some(d, 3, 3, everyPermission(doc))...)
	names = append(names, "gone", "calendar.gone", "also.much.gone", "")
	for range d.upTo(0, 3) {
		g := policy.Grant{Name: pick(d, names)}
		if d.chance(50) {
			g.Until = randomTime(d)
		}
		grants = append(grants, g)
	}
	return grants
}

// asking draws requests about a world.
type asking struct {
	dice
	model
	perms    []string // with a resource in the document
	standard []string // all
	bundles  []string
	users    []string
	teams    []string
	me       string // the subject of the current request
}

func newAsking(d dice, doc *syntax.Document, w *world) *asking {
	a := &asking{dice: d, model: newModel(doc, w), standard: everyPermission(doc)}
	for _, r := range doc.Resources {
		for _, p := range r.Permissions {
			name := r.Name.Text + "." + p.Action.Text
			if p.Action.Text == syntax.Wildcard { // any action of the type
				name = pick(d, slices.DeleteFunc(slices.Clone(a.standard), func(s string) bool { return !strings.HasPrefix(s, r.Name.Text+".") }))
			}
			a.perms = append(a.perms, name)
		}
	}
	for _, b := range doc.Bundles {
		a.bundles = append(a.bundles, b.Name.Text)
	}
	for _, id := range slices.Sorted(maps.Keys(w.users)) {
		if id != "" {
			a.users = append(a.users, string(id))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(w.teams)) {
		a.teams = append(a.teams, string(id))
	}
	return a
}

// granted returns what a grant of the user gives, or the given name if there is no such grant.
func (a *asking) granted(user usher.UserID, name string) string {
	if u := a.w.users[user]; u != nil {
		for _, g := range u.Grants {
			if perms := a.permissions(g.Name); len(perms) > 0 {
				return pick(a.dice, perms)
			}
		}
	}
	return name
}

func (a *asking) evaluation() usher.Request {
	r := usher.Request{Account: "acme", Subject: usher.UserID(pick(a.dice, a.users)), Time: randomTime(a.dice), Gives: a.gives()}
	switch {
	case a.chance(3):
		r.Subject = pick(a.dice, []usher.UserID{"nobody", "stranger", ""})
	case a.chance(3):
		r.Subject, r.Visitor = "", true
	case a.chance(0.2):
		r.Visitor = true // an error, because the request has a subject
	}
	if a.chance(3) {
		r.Account = ""
	}
	if u := a.w.users[r.Subject]; u != nil && u.Status != usher.Active && a.chance(70) {
		r.Subject = usher.UserID(pick(a.dice, a.users))
	}
	if a.chance(0.5) {
		r.Time = pick(a.dice, []time.Time{{}, midnight.AddDate(-349, 0, 0), midnight.AddDate(236, 0, 0), midnight.AddDate(-348, 0, 0)})
	}
	a.me = string(r.Subject)
	name := pick(a.dice, a.perms)
	switch {
	case a.chance(8):
		name = pick(a.dice, a.standard)
	case len(a.bundles) > 0 && a.chance(12):
		name = pick(a.dice, a.bundles)
	case a.chance(0.3):
		name = pick(a.dice, []string{"calendar.gone", "gone", ""})
	case a.chance(14):
		name = a.granted(r.Subject, name)
	}
	if err := r.Permission.UnmarshalText([]byte(name)); err != nil {
		panic(err)
	}
	typ := name
	if perms := a.permissions(name); len(perms) > 0 {
		typ = pick(a.dice, perms)
	}
	if !a.chance(10) {
		r.Resource = a.thing(a.resource(typ))
	}
	r.Context = a.context()
	return r
}

func (a *asking) context() usher.Context {
	if a.chance(20) {
		return nil
	}
	c := usher.Context{}
	for _, cond := range a.doc.Conditions {
		if cond.Kind == syntax.OnContext && a.chance(70) {
			c[cond.Of.Text] = a.chance(50)
		}
	}
	if a.chance(0.2) {
		c["gone"] = true
	}
	return c
}

// thing draws a resource of a type, half of them as an Object and half as a type of the host.
func (a *asking) thing(on syntax.Resource) usher.Resource {
	t := &thing{ref: usher.Ref{Type: on.Name.Text, ID: pick(a.dice, resourceIDs)}, parties: map[string][]string{}, teams: map[string][]string{}, attributes: map[string]bool{}}
	if a.chance(10) {
		t.account = "acme"
	}
	few := a.chance(60) // most parties are empty, so that sole parties are not rare
	for _, p := range on.Parties {
		if few && a.chance(60) {
			continue
		}
		if p.Kind == syntax.OfBoth && a.chance(70) {
			t.teams[p.Name.Text] = a.ids(true)
			if a.chance(10) {
				t.silent = append(t.silent, "teams of "+p.Name.Text)
			}
		}
		if p.Kind != syntax.OfBoth || a.chance(70) {
			t.parties[p.Name.Text] = a.ids(p.Kind == syntax.OfTeams)
		}
		if a.chance(10) {
			t.silent = append(t.silent, p.Name.Text)
		}
	}
	for _, cond := range a.doc.Conditions {
		if cond.Kind == syntax.OnAttribute && a.chance(70) {
			t.attributes[cond.Of.Text] = a.chance(50)
		}
	}
	if on.In.Text != "" {
		a.contain(t, on)
	}
	if a.chance(0.3) {
		t.account = "other"
	}
	if a.chance(0.3) {
		t.ref.Type = pick(a.dice, []string{"", "gone", "audit"})
	}
	if a.chance(50) {
		return t
	}
	o := &usher.Object{Type: t.ref.Type, ID: t.ref.ID, Account: t.account, Parties: t.parties, Teams: t.teams, Attributes: t.attributes, In: t.in}
	switch {
	case a.chance(0.2):
		o.Parties["gone"] = nil
	case a.chance(0.2):
		o.Teams["gone"] = nil
	case a.chance(0.2):
		o.Attributes["gone"] = false
	case a.chance(1):
		o.Parties, o.Attributes = nil, nil
	case a.chance(0.1):
		o = nil
	}
	return o
}

// contain draws what contains a resource: usually one or two more resources, and sometimes as many as
// a scope looks at, or more.
func (a *asking) contain(t *thing, on syntax.Resource) {
	in := a.types[on.In.Text]
	isTree := in.Name.Text == in.In.Text
	switch {
	case a.chance(15):
	case a.chance(8):
		t.noIn = true
	case on.Name.Text == in.Name.Text && a.chance(2):
		t.in = t // a cycle
	case isTree && a.chance(8):
		t.in = a.deep(in, a.upTo(14, 17))
	case isTree && !a.chance(60):
		t.in = a.deep(in, 1)
	default:
		t.in = a.thing(in)
	}
}

// deep returns a resource of a type that contains others of the type, below more of them.
func (a *asking) deep(in syntax.Resource, levels int) usher.Resource {
	flat := in
	flat.In.Text = ""
	top := a.thing(flat)
	for range levels - 1 {
		next := a.thing(flat)
		switch is := next.(type) {
		case *thing:
			is.in = top
		case *usher.Object:
			if is != nil {
				is.In = top
			}
		}
		top = next
	}
	return top
}

// ids draws ids of a party; the subject and the subject's teams are more frequent than others.
func (a *asking) ids(teams bool) (ids []string) {
	all, mine := slices.Concat(a.users, []string{"stranger", ""}), []string{a.me}
	if teams {
		all, mine = slices.Concat(a.teams, []string{"stray", "gone", ""}), nil
		for _, t := range (&evaluation{model: a.model}).belongs(a.me) {
			mine = append(mine, string(t))
		}
		if u := a.w.users[usher.UserID(a.me)]; u != nil {
			for _, m := range u.Outside {
				mine = append(mine, string(m.Team))
			}
		}
	}
	for range pick(a.dice, []int{0, 1, 1, 1, 2, 2, 3}) {
		if len(mine) > 0 && a.chance(45) {
			ids = append(ids, pick(a.dice, mine))
		} else {
			ids = append(ids, pick(a.dice, all))
		}
	}
	if len(ids) > 0 && a.chance(10) {
		ids = append(ids, ids[0])
	}
	return ids
}

// describe returns a request for a failure message.
func describe(r usher.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "may %q (visitor: %t) %s, account %q, at %s\n", r.Subject, r.Visitor, r.Permission, r.Account, r.Time.Format(time.RFC3339))
	if r.Gives != "" {
		fmt.Fprintf(&b, "the command gives %s\n", r.Gives)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Context)) {
		fmt.Fprintf(&b, "context %s: %t\n", name, r.Context[name])
	}
	switch o := r.Resource.(type) {
	case nil:
		b.WriteString("no resource\n")
	case *thing:
		fmt.Fprintf(&b, "host's resource %+v: parties %v, teams %v, not known %v, attributes %v\n", o.ref, o.parties, o.teams, o.silent, o.attributes)
	case *usher.Object:
		fmt.Fprintf(&b, "object %+v\n", o)
	}
	return b.String()
}
