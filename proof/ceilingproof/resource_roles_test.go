package ceilingproof_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// TestRolesOnResources compares decisions before and after commands of users that give roles on single
// resources, or change what such roles give, now or later. Whatever a user may do at a time afterwards by a role
// on a resource, and could not at that time without the command, the actor may do then as well: on that resource as it is, or in
// the user's place. An invited user may have accepted by then.
func TestRolesOnResources(t *testing.T) {
	done, refused, gained, denied := 0, 0, 0, 0
	for n := range *worldsFlag {
		w := newShareWorld(t, *seedFlag+uint64(n))
		for range 30 {
			c := []account.Command{w.command()}
			actor, by := w.actor, w.actor
			switch w.r.IntN(6) {
			case 0:
				c = append(c, w.command(), w.command())
			case 1:
				by = pickOne(w.r, shareUsers...)
			case 2:
				w.request(c[0])
				c[0] = account.Approve{Request: w.requests}
			}
			o, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser(actor).By(by), Time: w.now, Context: w.context, Commands: c, Resources: w.resources()})
			switch {
			case err != nil && strings.Contains(err.Error(), account.CodeEscalation.Error()):
				refused++
				continue
			case err != nil:
				denied++
				continue
			case len(o.Changes) == 0:
				continue
			}
			done++
			for _, w.actor = range []usher.UserID{actor, by} {
				for _, hole := range w.holes(o.Next) {
					gained++
					if hole != "" {
						t.Fatalf("%s: %s by %s for %s with %v\nto repeat: -run TestRolesOnResources -worlds 1 -seed %d\n%s", hole, account.Describe(account.Request{Commands: c}), by, actor, w.context, *seedFlag+uint64(n), w.source)
					}
				}
				if by == actor {
					break
				}
			}
			if w.r.IntN(2) == 0 {
				w.state = o.Next
			}
		}
	}
	t.Logf("%d commands done, %d above the ceiling, %d refused for another reason; %d decisions became allowed", done, refused, denied, gained)
	if *worldsFlag >= 100 {
		assert.Greater(t, done, *worldsFlag)
		assert.Greater(t, refused, *worldsFlag)
		assert.Greater(t, gained, *worldsFlag)
	}
}

// TestRolesOnPairs lets two users together send many commands, and compares the end with the beginning: no user may do more
// by roles on resources than one of the two could.
func TestRolesOnPairs(t *testing.T) {
	done, gained := 0, 0
	for n := range *worldsFlag {
		w := newShareWorld(t, *seedFlag+uint64(n))
		begin, pair := w.state, []usher.UserID{pickOne(w.r, shareUsers...), pickOne(w.r, shareUsers...)}
		var commands []account.Command
		for range 40 {
			c := w.command()
			actor, context := pickOne(w.r, pair...), w.context
			o, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser(actor), Time: w.now, Context: context, Commands: []account.Command{c}, Resources: w.resources()})
			if err == nil && len(o.Changes) > 0 {
				w.state, done = o.Next, done+1
				commands = append(commands, c)
			}
		}
		end := w.state
		w.state, w.actor, w.accomplice, w.context = begin, pair[0], pair[1], usher.Context{"mfa": true} // at least once
		for _, hole := range w.holes(end) {
			gained++
			if hole != "" {
				for _, c := range commands {
					t.Log(account.Describe(c))
				}
				t.Fatalf("%s: %s and %s\nto repeat: -run TestRolesOnPairs -worlds 1 -seed %d\n%s", hole, pair[0], pair[1], *seedFlag+uint64(n), w.source)
			}
		}
	}
	t.Logf("%d commands done; %d decisions became allowed", done, gained)
}

// TestRolesOnAttached lets a user who is in the account accept an invitation with roles on resources. The
// user may do no more then by roles on resources than before, or than the person with the invitation alone.
func TestRolesOnAttached(t *testing.T) {
	done, refused, gained := 0, 0, 0
	for n := range *worldsFlag {
		w := newShareWorld(t, *seedFlag+uint64(n))
		for range 6 {
			if c := w.command(); w.r.IntN(2) == 0 {
				w.host(c)
			}
		}
		alone, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser("kay"), Time: w.now, Commands: []account.Command{account.AcceptInvitation{}}})
		if err != nil {
			continue
		}
		for _, id := range append(shareUsers, "eve") {
			o, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsHost("test"), Time: w.now, Commands: []account.Command{account.AcceptInvitation{Key: "kay", User: id}}})
			if err != nil {
				refused++
				continue
			}
			done++
			with := *w
			with.state, with.actor, with.context = alone.Next, "kay", nil
			for _, hole := range with.holes(o.Next) {
				gained++
				if hole != "" {
					t.Fatalf("%s: %s accepts\nto repeat: -run TestRolesOnAttached -worlds 1 -seed %d\n%s", hole, id, *seedFlag+uint64(n), w.source)
				}
			}
		}
	}
	t.Logf("%d accepted, %d refused; %d decisions became allowed", done, refused, gained)
	if *worldsFlag >= 100 {
		assert.Greater(t, done, *worldsFlag)
		assert.Greater(t, refused, *worldsFlag/10)
		assert.Greater(t, gained, *worldsFlag)
	}
}

// shareWorld is a small account with a random policy in which users hold roles on calendars and
// folders.
type shareWorld struct {
	t       *testing.T
	r       *rand.Rand
	source  string
	policy  *policy.Policy
	state   *account.State
	now     time.Time
	actor   usher.UserID
	context usher.Context // of the command
	parties map[string]map[string][]string

	accomplice usher.UserID      // who acts together with the actor; "": none
	requests   account.RequestID // how many were made
}

var (
	shareUsers   = []usher.UserID{"ann", "bob", "cat", "dan"}
	shareHolders = map[string][]role.Name{"folder": {"keeper"}, "calendar": {"editor", "viewer"}}
)

func newShareWorld(t *testing.T, from uint64) *shareWorld {
	w := &shareWorld{t: t, r: rand.New(rand.NewPCG(from, 77)), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), parties: map[string]map[string][]string{}}
	for {
		w.source = w.drawPolicy()
		var err error
		if w.policy, err = policyfile.Load("shares.yaml", []byte(w.source)); err == nil {
			break
		}
		require.NotContains(t, err.Error(), "unknown", w.source)
	}
	seed := account.Seed{
		Teams: map[usher.TeamID]usher.TeamID{"red": "", "pink": "red"}, Seats: map[seat.PoolName]int{"desk": 2},
		Settings: map[string]bool{"open": w.r.IntN(2) == 0},
		Users:    map[usher.UserID]policy.User{"olga": {Role: "owner"}},
	}
	for i, id := range shareUsers {
		u := policy.User{Role: pickOne(w.r, role.Name("admin"), "staff", "guest")}
		if w.r.IntN(2) == 0 {
			m := policy.Membership{Team: pickOne(w.r, usher.TeamID("red"), "pink")}
			if w.r.IntN(2) == 0 {
				m.Roles = []role.Name{"lead"}
			}
			u.Teams = []policy.Membership{m}
		}
		if w.r.IntN(3) == 0 {
			g := policy.Grant{Name: pickOne(w.r, "chat", "calendar.edit", "event.view")}
			if w.r.IntN(2) == 0 {
				g.Until = w.now.Add(time.Hour)
			}
			u.Grants = []policy.Grant{g}
		}
		if i < 2 && w.r.IntN(2) == 0 {
			u.Seats = []seat.PoolName{"desk"}
		}
		seed.Users[id] = u
	}
	for range w.r.IntN(5) {
		on := w.resource()
		h := account.Holder{User: pickOne(w.r, shareUsers...)}
		if w.r.IntN(4) == 0 {
			h = account.Holder{Team: pickOne(w.r, usher.TeamID("red"), "pink")}
		}
		seed.RolesOn = append(seed.RolesOn, account.RolesOn{Holder: h, On: on, Roles: []role.Name{pickOne(w.r, shareHolders[on.Type]...)}})
	}
	for _, name := range []string{"top", "sub", "c1", "c2", "e1", "e2"} {
		p := map[string][]string{}
		for _, party := range []string{"host", "guest"} {
			for range w.r.IntN(3) {
				p[party] = append(p[party], string(pickOne(w.r, shareUsers...)))
			}
		}
		if w.r.IntN(3) == 0 {
			p["team"] = []string{string(pickOne(w.r, usher.TeamID("red"), "pink"))}
		}
		w.parties[name] = p
	}
	o, err := account.New("acme").Propose(w.policy, account.Proposal{Actor: account.AsHost("test"), Time: w.now, Commands: []account.Command{account.Import{Seed: seed}}})
	require.NoError(t, err, w.source)
	w.state = o.Next
	w.host(account.DefineRole{Role: "temp", Like: pickOne(w.r, role.Name("staff"), "guest")})
	if w.r.IntN(2) == 0 {
		w.host(account.SetRole{User: pickOne(w.r, shareUsers...), Role: "temp"})
	}
	w.host(account.RequestToJoin{User: "eve", Role: pickOne(w.r, role.Name("staff"), "guest")})
	w.host(account.Invite{Key: "kay", Role: pickOne(w.r, role.Name("staff"), "guest"), Until: w.hour(2)})
	for range w.r.IntN(5) {
		user := pickOne(w.r, append(shareUsers, "eve", "kay")...)
		if w.r.IntN(3) == 0 {
			w.host(account.GiveGrant{User: user, Grant: "chat", From: w.maybe(1, 3)})
			continue
		}
		c := w.give()
		c.User, c.Team = user, ""
		w.host(c)
	}
	return w
}

// host sends a command of the host, which may be rejected.
func (w *shareWorld) host(c account.Command) {
	o, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsHost("test"), Time: w.now, Commands: []account.Command{c}})
	if err == nil {
		w.state = o.Next
	}
}

// request lets the owner, who has no rules, ask for a command.
func (w *shareWorld) request(c account.Command) {
	made := account.Request{Commands: []account.Command{c}, Note: fmt.Sprint(w.requests)}
	if o, err := w.state.Propose(w.policy, account.Proposal{Actor: account.AsUser("olga"), Time: w.now, Commands: []account.Command{made}}); err == nil && len(o.Changes) > 0 {
		w.state = o.Next
		w.requests++
	}
}

func (w *shareWorld) hour(n int) time.Time { return w.now.Add(time.Duration(n) * time.Hour) }

// maybe returns one of some hours, or no time.
func (w *shareWorld) maybe(hours ...int) time.Time {
	if w.r.IntN(2) == 0 {
		return time.Time{}
	}
	return w.hour(pickOne(w.r, hours...))
}

// give draws a command that gives a role on a resource.
func (w *shareWorld) give() account.GiveRoleOn {
	on := w.resource()
	c := account.GiveRoleOn{Role: pickOne(w.r, shareHolders[on.Type]...), On: on, From: w.maybe(1, 2), Until: w.maybe(2, 3)}
	if w.r.IntN(3) == 0 {
		c.Team = pickOne(w.r, usher.TeamID("red"), "pink")
	} else {
		c.User = pickOne(w.r, shareUsers...)
	}
	return c
}

func pickOne[E any](r *rand.Rand, list ...E) E { return list[r.IntN(len(list))] }

func (w *shareWorld) drawPolicy() string {
	var b strings.Builder
	requires := func() string {
		if w.r.IntN(5) == 0 {
			return ", requires: [" + pickOne(w.r, "mfa", "chats") + "]"
		}
		return ""
	}
	includes := ""
	if w.r.IntN(2) == 0 {
		includes = ", includes: [viewer]"
	}
	fmt.Fprintf(&b, `usher: 1
seats: {desk: {}}
features: [chat]
custom-roles: {like: [staff, guest]}
settings: {open: false}
conditions: {chats: {feature: chat}, seated: {seat: desk}, opened: {setting: open}, mfa: {context: mfa}, new: {attribute: new}}
roles:
  owner: {unique: true, hands-over-to: staff}
  admin: {title: Admin%s}
  staff: {default: true%s}
  guest: {title: Guest}
  lead: {held-on: team, outside: true}
  keeper: {held-on: folder%s}
  editor: {held-on: calendar%s%s}
  viewer: {held-on: calendar%s}
resources:
`, requires(), requires(), requires(), requires(), includes, requires())
	never := ""
	for _, res := range []struct{ name, in string }{{"folder", "folder"}, {"calendar", "folder"}, {"event", "calendar"}} {
		fmt.Fprintf(&b, "  %s:\n    in: %s\n    parties: {host: users, guest: users, team: teams}\n    fields: {details: [title]}\n    permissions:\n", res.name, res.in)
		for _, action := range []string{"view", "edit", "drop"} {
			cells := []string{}
			for _, who := range []string{"admin", "staff", "everyone", "lead"} {
				if w.r.IntN(3) == 0 || who == "admin" {
					cells = append(cells, who+": "+w.cell(pickOne(w.r, "any", "own", "own as host", "team", "shared", "sole", "own or above", "team or above", "not own as guest", "own as host and not own as guest")))
				}
			}
			here := map[string][]string{"folder": {"keeper"}, "calendar": {"keeper", "editor", "viewer"}, "event": {"keeper", "editor", "viewer"}}[res.name]
			for _, who := range here {
				scope := "here"
				if who == "keeper" || res.name == "event" {
					scope = "here or above"
				}
				if who == "keeper" && res.name == "folder" && w.r.IntN(2) == 0 {
					scope = "here"
				}
				if w.r.IntN(2) == 0 {
					scope += pickOne(w.r, "", "", " and own as guest", " and not own as guest", " and team")
					cells = append(cells, who+": "+w.cell(scope))
				}
			}
			fmt.Fprintf(&b, "      %s: {%s}\n", action, strings.Join(cells, ", "))
			if w.r.IntN(9) == 0 {
				never += "  " + res.name + "." + action + ": " + strings.Split(w.cell(pickOne(w.r, "any", "own as guest", "own"))+" hiding", " hiding")[0] + "\n"
			}
		}
		fmt.Fprintf(&b, "      share: {everyone: any}\n")
	}
	b.WriteString("  user: {permissions: {set-role: {everyone: any}, admit: {everyone: any}, create: {everyone: any}, set-status: {everyone: any}}}\n  role: {permissions: {define: {everyone: any}}}\n  request: {permissions: {make: {everyone: own}}}\n  grant: {permissions: {give: {everyone: any}, revoke: {everyone: any}}}\n")
	if never != "" {
		b.WriteString("never:\n" + never)
	}
	return strings.ReplaceAll(b.String(), "not own as guest}", "any}")
}

// cell adds conditions and hidden fields to a scope.
func (w *shareWorld) cell(scope string) string {
	if strings.HasPrefix(scope, "not ") {
		scope = "own and " + scope
	}
	if w.r.IntN(3) == 0 {
		scope += " if " + pickOne(w.r, "chats", "not chats", "seated", "opened", "mfa", "new")
	}
	if w.r.IntN(6) == 0 {
		scope += " hiding details"
	}
	return scope
}

func (w *shareWorld) resource() usher.Ref {
	if w.r.IntN(3) == 0 {
		return usher.Ref{Type: "folder", ID: pickOne(w.r, "top", "sub")}
	}
	return usher.Ref{Type: "calendar", ID: pickOne(w.r, "c1", "c2")}
}

// object returns a resource as the host application knows it: c1 is in the folder sub, which is in the
// folder top, c2 is in no folder, and each has an event.
func (w *shareWorld) object(id string) *usher.Object {
	o := &usher.Object{ID: id, Parties: w.parties[id], Account: "acme"}
	in := map[string]string{"sub": "top", "c1": "sub", "e1": "c1", "e2": "c2"}[id]
	o.Type = map[byte]string{'t': "folder", 's': "folder", 'c': "calendar", 'e': "event"}[id[0]]
	if in != "" {
		o.In = w.object(in)
	}
	return o
}

func (w *shareWorld) resources() (list []usher.Resource) {
	for _, id := range []string{"top", "sub", "c1", "c2"} {
		list = append(list, w.object(id))
	}
	return list
}

func (w *shareWorld) command() account.Command {
	w.actor = pickOne(w.r, shareUsers...)
	w.context = pickOne(w.r, nil, usher.Context{"mfa": true}, usher.Context{"mfa": false})
	user := pickOne(w.r, append(shareUsers, "eve", "kay")...)
	switch w.r.IntN(16) {
	case 0, 1:
		return account.GiveGrant{User: user, Grant: "chat", From: w.maybe(1), Until: w.maybe(2, 3)}
	case 2, 3:
		return account.RevokeGrant{User: user, Grant: "chat"}
	case 4, 5:
		return account.SetRole{User: user, Role: pickOne(w.r, role.Name("admin"), "staff", "guest", "temp"), From: w.maybe(1, 2), Until: w.maybe(3)}
	case 6:
		return account.DeleteRole{Role: "temp", ReplaceBy: pickOne(w.r, role.Name("admin"), "staff", "guest")}
	case 7:
		return account.AdmitUser{User: "eve", Role: pickOne(w.r, role.Name("staff"), "guest", "")}
	case 8:
		return account.ResendInvitation{User: "kay", Until: w.maybe(3)}
	case 9:
		return account.SetStatus{User: "kay", Status: usher.Active}
	case 10:
		return account.Cancel{ID: 1 + w.r.IntN(6)}
	case 11:
		c := w.give()
		return account.TakeRoleOn{Role: c.Role, On: c.On, User: c.User, Team: c.Team}
	}
	return w.give()
}

// holes returns an element for each decision that became allowed by a role on a resource: "" if the
// actor has the same, and otherwise a description.
func (w *shareWorld) holes(next *account.State) (list []string) {
	for _, id := range append(shareUsers, "eve", "kay") {
		if id == w.actor && w.accomplice == "" {
			continue // what actors give to themselves follows from their own rules
		}
		for _, on := range []string{"top", "sub", "c1", "c2", "e1", "e2"} {
			o := w.object(on)
			for _, action := range []string{"view", "edit", "drop"} {
				for hours := range 4 {
					for _, mfa := range []usher.Context{nil, {"mfa": true}, {"mfa": false}} {
						q := usher.Request{Account: "acme", Subject: id, Permission: permission.MustParse(o.Type + "." + action), Resource: o, Context: mfa, Time: w.hour(hours)}
						was, is := w.at(w.state, hours), w.at(next, hours)
						after, byRole := w.decide(is, accepted{is.State}, q), false
						if !after.Allowed() {
							continue
						}
						byRole = !w.decide(is, withoutRolesOn{accepted{is.State}}, q).Allowed()
						if before := w.decide(was, accepted{was.State}, q); !byRole || before.Allowed() && subset(before.Hidden(), after.Hidden()) {
							continue
						}
						list = append(list, w.hole(was, is, q, after))
					}
				}
			}
		}
	}
	return list
}

// stateAt is the account at a time, with the policy that decides for it.
type stateAt struct {
	*account.State
	policy *policy.Policy
}

func (w *shareWorld) at(s *account.State, hours int) stateAt {
	s = s.At(w.policy, w.hour(hours))
	return stateAt{s, s.Policy(w.policy)}
}

// accepted are the facts after an invited user accepted.
type accepted struct{ *account.State }

func (f accepted) User(id usher.UserID) (*policy.User, error) {
	u, err := f.State.User(id)
	if u != nil && u.Status == usher.Invited {
		active := *u
		active.Status = usher.Active
		u = &active
	}
	return u, err
}

// hole returns "" if the actor, or the accomplice, can do what a decision allows.
func (w *shareWorld) hole(was, is stateAt, q usher.Request, after usher.Decision) string {
	if w.accomplice != "" {
		alone := *w
		alone.actor, alone.accomplice = w.accomplice, ""
		if alone.hole(was, is, q, after) == "" {
			return ""
		}
	}
	in := q
	in.Subject = w.actor
	contexts := []usher.Context{q.Context, w.context}
	for _, context := range contexts {
		in.Context = context
		if d := w.decide(was, was, in); d.Allowed() && subset(d.Hidden(), after.Hidden()) {
			return ""
		}
		place := q
		place.Context = context
		for _, s := range []stateAt{was, is} {
			for _, seats := range []usher.UserID{w.actor, q.Subject} {
				if d := w.decide(s, inPlaceOf{s.State, w.actor, q.Subject, seats}, place); d.Allowed() && subset(d.Hidden(), after.Hidden()) {
					return ""
				}
			}
		}
	}
	return fmt.Sprintf("%s may %s on %s with %v at %v (%s), and %s may not", q.Subject, q.Permission, q.Resource.Ref().ID, q.Context, q.Time.Format(time.TimeOnly), after, w.actor)
}

func subset(a, b []string) bool {
	for _, x := range a {
		if !strings.Contains(" "+strings.Join(b, " ")+" ", " "+x+" ") {
			return false
		}
	}
	return true
}

func (w *shareWorld) decide(s stateAt, f policy.Facts, q usher.Request) usher.Decision {
	d, err := s.policy.Decide(f, &q)
	require.NoError(w.t, err)
	return d
}

// withoutRolesOn are the facts without the roles on resources that a user holds.
type withoutRolesOn struct{ accepted }

func (f withoutRolesOn) UserRolesOn(usher.UserID, usher.Ref) ([]role.Name, error) { return nil, nil }

func (f withoutRolesOn) TeamRolesOn(usher.TeamID, usher.Ref) ([]role.Name, error) { return nil, nil }

// inPlaceOf are the facts in which a user has the rules of the actor, belongs to the user's teams, and
// has the seats of one of the two.
type inPlaceOf struct {
	*account.State
	actor, id, seats usher.UserID
}

func (f inPlaceOf) User(id usher.UserID) (*policy.User, error) {
	u, err := f.State.User(id)
	if id != f.id || u == nil {
		return u, err
	}
	actor, err := f.State.User(f.actor)
	if err != nil || actor == nil {
		return nil, err
	}
	placed := *actor
	placed.Status, placed.Teams = usher.Active, nil
	if f.seats == f.id {
		placed.Seats = u.Seats
	}
	for _, m := range u.Teams {
		placed.Teams = append(placed.Teams, policy.Membership{Team: m.Team})
	}
	for _, m := range actor.Teams {
		if len(m.Roles) > 0 {
			placed.Outside = append(placed.Outside, m)
		}
	}
	return &placed, nil
}

func (f inPlaceOf) UserRolesOn(id usher.UserID, on usher.Ref) ([]role.Name, error) {
	if id != f.id {
		return f.State.UserRolesOn(id, on)
	}
	roles, err := f.State.UserRolesOn(f.actor, on)
	actor, _ := f.State.User(f.actor)
	for _, m := range actor.Teams {
		for team := m.Team; team != ""; team, _ = f.State.Team(team) {
			more, _ := f.State.TeamRolesOn(team, on)
			roles = append(roles[:len(roles):len(roles)], more...)
		}
	}
	return roles, err
}

func (f inPlaceOf) TeamRolesOn(usher.TeamID, usher.Ref) ([]role.Name, error) { return nil, nil }
