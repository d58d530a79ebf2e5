package accountproof_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/role"
)

const shares = `
usher: 1
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  clerk:  {}
  member: {default: true}
  editor: {held-on: calendar, includes: [viewer]}
  viewer: {held-on: calendar}
resources:
  calendar:
    parties: {host: users}
    permissions:
      view:  {admin: any, member: own, viewer: here}
      edit:  {admin: any, member: own, editor: here}
      share: {admin: any, clerk: any, member: own, editor: here}
`

// shareModel is a slow model of the roles on calendars, as the pages define them.
type shareModel struct {
	roles map[string]role.Name          // the account role of each user
	in    map[string]string             // the team of each user, "" for none
	teams map[string]string             // the parent of each team
	gone  map[string]bool               // deleted teams
	on    map[string]map[role.Name]bool // by "user mia c1" or "team red c1"
}

func (m *shareModel) clone() *shareModel {
	c := &shareModel{maps.Clone(m.roles), maps.Clone(m.in), maps.Clone(m.teams), maps.Clone(m.gone), map[string]map[role.Name]bool{}}
	for k, v := range m.on {
		c.on[k] = maps.Clone(v)
	}
	return c
}

func (m *shareModel) holds(user, calendar string, name role.Name) bool {
	if m.on["user "+user+" "+calendar][name] {
		return true
	}
	for team := m.in[user]; team != ""; team = m.teams[team] {
		if m.on["team "+team+" "+calendar][name] {
			return true
		}
	}
	return false
}

// may is what the policy says in words.
func (m *shareModel) may(user, action, calendar string) bool {
	switch {
	case m.roles[user] == "":
		return false
	case m.roles[user] == "owner", m.roles[user] == "admin", hosts[calendar] == user && m.roles[user] == "member", m.holds(user, calendar, "editor"):
		return true
	case m.roles[user] == "clerk" && action == "share":
		return true
	}
	return action == "view" && m.holds(user, calendar, "viewer")
}

var hosts = map[string]string{"c1": "ann", "c2": "bob", "c3": "olga"}

// rank is how far the account roles reach beyond the user's own calendars.
var rank = map[role.Name]int{"member": 0, "clerk": 1, "admin": 2, "owner": 2}

func (m *shareModel) drop(end func(key []string) bool) {
	maps.DeleteFunc(m.on, func(k string, _ map[role.Name]bool) bool { return end(strings.Fields(k)) })
}

// do runs a command of an actor, "" for the host, and returns the expected code.
func (m *shareModel) do(actor string, c account.Command) account.Code {
	share := func(calendar string) bool { return actor == "" || m.may(actor, "share", calendar) }
	known := func(user usher.UserID, team usher.TeamID) account.Code {
		_, isTeam := m.teams[string(team)]
		switch {
		case team != "" && !isTeam:
			return account.CodeUnknownTeam
		case team == "" && m.roles[string(user)] == "":
			return account.CodeUnknownUser
		}
		return 0
	}
	key := func(user usher.UserID, team usher.TeamID, id string) string {
		if team != "" {
			return "team " + string(team) + " " + id
		}
		return "user " + string(user) + " " + id
	}
	switch c := c.(type) {
	case account.GiveRoleOn:
		if !share(c.On.ID) {
			return account.CodeDenied
		}
		if code := known(c.User, c.Team); code != 0 {
			return code
		}
		k := key(c.User, c.Team, c.On.ID)
		if m.on[k][c.Role] {
			return 0
		}
		gives := map[role.Name][]string{"viewer": {"view"}, "editor": {"view", "edit", "share"}}[c.Role]
		if actor != "" && slices.ContainsFunc(gives, func(action string) bool { return !m.may(actor, action, c.On.ID) }) {
			return account.CodeEscalation
		}
		if m.on[k] == nil {
			m.on[k] = map[role.Name]bool{}
		}
		m.on[k][c.Role] = true
	case account.TakeRoleOn:
		if !share(c.On.ID) {
			return account.CodeDenied
		}
		if code := known(c.User, c.Team); code != 0 {
			return code
		}
		k := key(c.User, c.Team, c.On.ID)
		switch {
		case !m.on[k][c.Role]:
			return 0
		case actor != "" && c.Team == "" && string(c.User) != actor && rank[m.roles[string(c.User)]] > rank[m.roles[actor]]:
			return account.CodeEscalation
		}
		delete(m.on[k], c.Role)
	case account.Forget:
		if actor != "" {
			return account.CodeDenied
		}
		m.drop(func(k []string) bool { return k[2] == c.On.ID })
	case account.RemoveUser:
		id := string(c.User)
		switch {
		case m.roles[id] == "":
			return account.CodeUnknownUser
		case m.roles[id] == "owner":
			return account.CodeUniqueRole
		}
		m.remove(id)
	case account.AddUser:
		if m.roles[string(c.User)] != "" {
			return account.CodeExists
		}
		m.roles[string(c.User)] = "member"
	case account.AddToTeam:
		if m.roles[string(c.User)] == "" {
			return account.CodeUnknownUser
		}
		if code := known("", c.Team); code != 0 {
			return code
		}
		if m.in[string(c.User)] != "" {
			return 255 // the model has one team for each user
		}
		m.in[string(c.User)] = string(c.Team)
	case account.DeleteTeam:
		if code := known("", c.Team); code != 0 {
			return code
		}
		for _, parent := range m.teams {
			if parent == string(c.Team) {
				return account.CodeTeamNotEmpty
			}
		}
		delete(m.teams, string(c.Team))
		maps.DeleteFunc(m.in, func(_, team string) bool { return team == string(c.Team) })
		m.drop(func(k []string) bool { return k[0] == "team" && k[1] == string(c.Team) })
	case account.RenameUser:
		from, to := string(c.From), string(c.To)
		switch {
		case m.roles[from] == "":
			return account.CodeUnknownUser
		case from == to:
			return 0
		case m.roles[from] == "owner", m.in[from] != "" && m.in[to] != "" && m.in[from] != m.in[to]:
			return 255
		}
		for _, calendar := range []string{"c1", "c2", "c3"} {
			for name := range m.on["user "+from+" "+calendar] {
				k := "user " + to + " " + calendar
				if m.on[k] == nil {
					m.on[k] = map[role.Name]bool{}
				}
				m.on[k][name] = true
			}
		}
		if m.roles[to] == "" {
			m.roles[to] = m.roles[from]
		}
		if m.in[from] != "" {
			m.in[to] = m.in[from]
		}
		m.remove(from)
	}
	return 0
}

func (m *shareModel) remove(id string) {
	delete(m.roles, id)
	delete(m.in, id)
	m.drop(func(k []string) bool { return k[0] == "user" && k[1] == id })
}

// observe returns all roles on calendars, a line for each.
func (m *shareModel) observe() []string {
	var list []string
	for k, roles := range m.on {
		for name := range roles {
			list = append(list, k+" "+string(name))
		}
	}
	slices.Sort(list)
	return list
}

func observeShares(s *account.State) []string {
	var list []string
	for h := range s.View(nil).AllRolesOn() {
		for _, name := range h.Roles {
			if h.Team != "" {
				list = append(list, fmt.Sprintf("team %s %s %s", h.Team, h.On.ID, name))
			} else {
				list = append(list, fmt.Sprintf("user %s %s %s", h.User, h.On.ID, name))
			}
		}
	}
	slices.Sort(list)
	return list
}

// TestRandomRolesOnResources compares random commands on small accounts with the model: codes, roles,
// decisions, the state that a replay gives, and snapshots.
func TestRandomRolesOnResources(t *testing.T) {
	p, err := policyfile.Load("shares.yaml", []byte(shares))
	require.NoError(t, err)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	codes := map[account.Code]int{}
	for seed := range uint64(80) {
		r := rand.New(rand.NewPCG(seed, 5))
		users := map[usher.UserID]policy.User{"olga": {Role: "owner"}, "adam": {Role: "admin"}, "ann": {}, "bob": {}, "cat": {Role: "clerk"}}
		teams := map[usher.TeamID]usher.TeamID{"red": "", "pink": "red"}
		m := &shareModel{map[string]role.Name{}, map[string]string{}, map[string]string{"red": "", "pink": "red"}, map[string]bool{}, map[string]map[role.Name]bool{}}
		for id, u := range users {
			m.roles[string(id)] = role.Name("member")
			if u.Role != "" {
				m.roles[string(id)] = u.Role
			}
		}
		o, err := account.New("acme").Propose(p, account.Proposal{Actor: account.AsHost("test"), Time: now, Commands: []account.Command{account.Import{Seed: account.Seed{Users: users, Teams: teams}}}})
		require.NoError(t, err)
		s, err := account.New("acme").Apply(&account.Commit{Account: "acme", Version: 1, Time: now, Actor: account.AsHost("test"), Changes: o.Changes})
		require.NoError(t, err)
		for range 60 {
			user := usher.UserID(pickFrom(r, "olga", "adam", "ann", "bob", "cat", "dan"))
			on := usher.Ref{Type: "calendar", ID: pickFrom(r, "c1", "c2", "c3")}
			team := usher.TeamID("")
			if r.IntN(3) == 0 {
				team, user = usher.TeamID(pickFrom(r, "red", "pink", "blue")), ""
			}
			name := role.Name(pickFrom(r, "editor", "viewer"))
			actor := pickFrom(r, "", "adam", "ann", "bob", "cat", "dan")
			var c account.Command
			switch r.IntN(14) {
			case 0:
				c = account.Forget{On: on}
			case 1:
				c, actor = account.RemoveUser{User: user}, ""
			case 2, 3:
				c, actor = account.AddUser{User: usher.UserID(pickFrom(r, "ann", "bob", "cat", "dan"))}, ""
			case 4:
				c, actor = account.AddToTeam{Team: usher.TeamID(pickFrom(r, "red", "pink")), User: usher.UserID(pickFrom(r, "ann", "bob", "cat"))}, ""
			case 5:
				if r.IntN(4) == 0 {
					c, actor = account.DeleteTeam{Team: usher.TeamID(pickFrom(r, "red", "pink"))}, ""
					break
				}
				c, actor = account.RenameUser{From: usher.UserID(pickFrom(r, "ann", "bob", "cat", "dan")), To: usher.UserID(pickFrom(r, "ann", "bob", "cat", "dan"))}, ""
			case 6, 7, 8:
				c = account.TakeRoleOn{User: user, Team: team, Role: name, On: on}
			default:
				c = account.GiveRoleOn{User: user, Team: team, Role: name, On: on}
			}
			if user == "" && team == "" {
				continue
			}
			if remove, ok := c.(account.RemoveUser); ok && remove.User == "" {
				continue
			}
			next := m.clone()
			want := next.do(actor, c)
			if want == 255 {
				continue
			}
			as := account.AsHost("test")
			if actor != "" {
				as = account.AsUser(usher.UserID(actor))
			}
			o, err := s.Propose(p, account.Proposal{Actor: as, Time: now, Commands: []account.Command{c}, Resources: []usher.Resource{&usher.Object{Type: "calendar", ID: on.ID, Account: "acme", Parties: map[string][]string{"host": {hosts[on.ID]}}}}})
			var refusal *account.Refusal
			got := account.Code(0)
			if errors.As(err, &refusal) {
				got = refusal.Code
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, want, got, "seed %d: %s by %q: %v\nfrom %v", seed, account.Describe(c), actor, err, m.observe())
			codes[got]++
			if got != 0 || len(o.Changes) == 0 {
				continue
			}
			m = next
			commit := &account.Commit{Account: "acme", Version: s.Version() + 1, ID: "c", Policy: "p", Time: now, Actor: as, Changes: o.Changes}
			data, err := commit.Encode()
			require.NoError(t, err)
			read, err := account.DecodeCommit(data)
			require.NoError(t, err)
			after, err := s.Apply(read)
			require.NoError(t, err)
			require.Equal(t, m.observe(), observeShares(after), "seed %d: %s", seed, account.Describe(c))
			require.Equal(t, m.observe(), observeShares(o.Next))
			loaded, err := account.DecodeState(after.Encode())
			require.NoError(t, err)
			require.Equal(t, string(after.Encode()), string(loaded.Encode()))
			s = loaded
			for _, id := range []string{"adam", "ann", "bob", "cat", "dan"} {
				for _, calendar := range []string{"c1", "c2", "c3"} {
					for _, action := range []string{"view", "edit", "share"} {
						d, err := p.Decide(s, &usher.Request{
							Account: "acme", Subject: usher.UserID(id), Permission: permission.MustParse("calendar." + action), Time: now,
							Resource: &usher.Object{Type: "calendar", ID: calendar, Parties: map[string][]string{"host": {hosts[calendar]}}},
						})
						require.NoError(t, err)
						require.Equal(t, m.may(id, action, calendar), d.Allowed(), "seed %d: %s %s %s after %s", seed, id, action, calendar, account.Describe(c))
					}
				}
			}
		}
	}
	for _, code := range []account.Code{0, account.CodeDenied, account.CodeEscalation, account.CodeUnknownTeam, account.CodeUnknownUser} {
		require.Greater(t, codes[code], 20, code)
	}
}

func pickFrom(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }
