package ceilingproof_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

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
