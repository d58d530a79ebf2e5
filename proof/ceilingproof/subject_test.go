package ceilingproof_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// subject is what a user can be given or lose: a role, roles beside it, grants, seats, and team roles
// with all teams on which each counts, in the team or outside it. The zero subject is a user who is
// not in the account.
type subject struct {
	role   role.Name
	beside []role.Name // sorted
	grants []policy.Grant
	seats  []seat.PoolName
	held   map[role.Name][]usher.TeamID // sorted
}

// subjectOf returns what a user has. The tree determines the teams on which team roles count.
func subjectOf(u *policy.User, tree *team.Tree) subject {
	if u == nil {
		return subject{}
	}
	s := subject{role: u.Role, beside: u.Beside, grants: u.Grants, seats: u.Seats, held: map[role.Name][]usher.TeamID{}}
	for _, m := range slices.Concat(u.Teams, u.Outside) {
		for _, r := range m.Roles {
			for t := range tree.Below(m.Team) {
				s.hold(r, t)
			}
		}
	}
	return s
}

// hold adds a team to those on which a team role counts.
func (s *subject) hold(r role.Name, t usher.TeamID) {
	if k, found := slices.BinarySearch(s.held[r], t); !found {
		s.held[r] = slices.Insert(s.held[r], k, t)
	}
}

// addCreatedTeams adds the teams that commands create: a team role also counts on a new team below
// its own. This is an effect of creating the team, and is not given.
func (s subject) addCreatedTeams(commands []account.Command) {
	for _, c := range commands {
		if c, ok := c.(account.CreateTeam); ok {
			for r, teams := range s.held {
				if slices.Contains(teams, c.Parent) {
					s.hold(r, c.Team)
				}
			}
		}
	}
}

// addDeletedTeams adds the deleted teams below a team on which a team role still counts. Their
// members have left, and the role is unchanged.
func (s subject) addDeletedTeams(before, after surroundings) {
	for range before.tree.Len() {
		for t := range before.state.View(nil).Teams("") {
			if after.tree.Has(t.ID) {
				continue
			}
			for r, teams := range s.held {
				if slices.Contains(teams, t.Parent) {
					s.hold(r, t.ID)
				}
			}
		}
	}
}

// sameRights reports whether two subjects differ at most in seats.
func (s subject) sameRights(o subject) bool {
	return s.role == o.role && slices.Equal(s.beside, o.beside) && slices.Equal(s.grants, o.grants) && maps.EqualFunc(s.held, o.held, slices.Equal)
}

// surroundings is an account without what its users can be given: team memberships, the tree of
// teams, and the settings.
type surroundings struct {
	state    *account.State
	tree     *team.Tree
	settings map[string]bool
}

func surroundingsOf(s *account.State) surroundings {
	a, _ := s.Account()
	return surroundings{s, a.Teams, a.Settings}
}

// facts is an account in which one user differs from the state.
type facts struct {
	state   *account.State
	id      usher.UserID
	user    *policy.User
	account policy.Account
}

func (f *facts) User(id usher.UserID) (*policy.User, error) {
	if id == f.id {
		return f.user, nil
	}
	if t, is := strings.CutPrefix(string(id), peer); is {
		return &policy.User{Status: usher.Active, Role: blank, Teams: []policy.Membership{{Team: usher.TeamID(t)}}}, nil
	}
	return f.state.User(id)
}

// peer is the prefix of the id of a user who is in one team, followed by the team's id. Each team
// has such a user, so that rules that match a team differ from others even if the team is empty.
const peer = "peer of "

func (f *facts) Account() (*policy.Account, error) { return &f.account, nil }

// answer is the part of a decision that the promise is about.
type answer struct {
	allowed   bool
	forbidden bool  // by a never rule or a built-in prohibition
	hidden    uint8 // the hidden fields, a bit for each; all for a denial
}

var fieldBits = map[string]uint8{"title": 1, "phone": 2}

const allHidden = 3

func requestOf(id usher.UserID, q question) *usher.Request {
	r := usher.Request{Account: "acme", Subject: id, Permission: q.permission, Context: q.context, Time: q.at}
	if q.resource != nil {
		r.Resource = q.resource
	}
	return &r
}

func decide(p *policy.Policy, f policy.Facts, id usher.UserID, q question) answer {
	d, err := p.Decide(f, requestOf(id, q))
	if err != nil {
		panic(err) // a request that the oracle must not make
	}
	a := answer{allowed: d.Allowed(), forbidden: d.Reason() == usher.ReasonForbidden, hidden: allHidden}
	if a.allowed {
		a.hidden = 0
		for _, field := range d.Hidden() {
			a.hidden |= fieldBits[field]
		}
	}
	return a
}

// activeFacts returns facts in which the user is active, in the given circumstances.
func activeFacts(s *account.State, id usher.UserID, c circumstances) *facts {
	f := &facts{state: s, id: id, account: policy.Account{Teams: surroundingsOf(s).tree, Settings: c.settings()}}
	if u, _ := s.User(id); u != nil {
		changed := *u
		changed.Status, changed.Seats = usher.Active, c.seats()
		f.user = &changed
	}
	return f
}

// circumstancesOf returns the present circumstances of a user.
func circumstancesOf(in surroundings, u *policy.User) circumstances {
	return circumstances{seated: len(u.Seats) > 0, open: in.settings["open"]}
}

// elsewhere is a team that no resource names and that has no members.
const elsewhere = usher.TeamID("elsewhere")

// standIn is a subject in the place of a user: under the user's id, in the user's teams, with team
// roles that count on the subject's own teams.
type standIn struct {
	parts
	id               usher.UserID
	inTeams, byTeams *facts
	teamRule         bool // whether the subject has team roles
}

func (p parts) standIn(in surroundings, id usher.UserID, teams []policy.Membership, s subject) standIn {
	if s.role == "" {
		return p.outsider(in, id, teams, s)
	}
	if u, _ := in.state.User(id); s.role == p.main.UniqueRole().Name && (u == nil || u.Role != s.role) {
		s.role = placed
	}
	var roles []role.Name
	for _, r := range slices.Sorted(maps.Keys(s.held)) {
		if len(s.held[r]) > 0 {
			roles = append(roles, r)
		}
	}
	main := policy.User{Status: usher.Active, Role: s.role, Beside: s.beside, Seats: s.seats, Grants: s.grants}
	for _, m := range teams {
		main.Teams = append(main.Teams, policy.Membership{Team: m.Team})
	}
	main.Teams = append(main.Teams, policy.Membership{Team: elsewhere, Roles: roles})
	far := policy.User{Status: usher.Active, Role: s.role, Seats: s.seats, Grants: s.grants, Teams: withAbove(in, teams)}
	for _, r := range roles {
		for _, t := range s.held[r] {
			far.Outside = append(far.Outside, policy.Membership{Team: t, Roles: []role.Name{r}})
		}
	}
	return standIn{
		parts: p, id: id, teamRule: len(roles) > 0,
		inTeams: &facts{in.state, id, &main, policy.Account{Teams: in.tree, Settings: in.settings}},
		byTeams: &facts{in.state, id, &far, policy.Account{Settings: in.settings}},
	}
}

// withAbove returns the teams of a user and all teams above these, as the teams of a user in an account
// without a tree. The scope own looks at them.
func withAbove(in surroundings, teams []policy.Membership) (list []policy.Membership) {
	for _, m := range teams {
		for t := m.Team; t != ""; t = in.tree.Parent(t) {
			if !slices.ContainsFunc(list, func(has policy.Membership) bool { return has.Team == t }) {
				list = append(list, policy.Membership{Team: t})
			}
		}
	}
	return list
}

// outsider is a subject without an account in the place of a user. It has the rules of visitors
// alone, like a user who is not active. Its seats and teams are those of the place, because the
// promise does not cover them.
func (p parts) outsider(in surroundings, id usher.UserID, teams []policy.Membership, s subject) standIn {
	u := policy.User{Status: usher.Inactive, Role: blank, Seats: s.seats}
	for _, m := range teams {
		u.Teams = append(u.Teams, policy.Membership{Team: m.Team})
	}
	return standIn{parts: p, id: id, inTeams: &facts{in.state, id, &u, policy.Account{Teams: in.tree, Settings: in.settings}}}
}

func (s standIn) answer(q question) answer {
	a := decide(s.main, s.inTeams, s.id, q)
	if !s.teamRule || a.forbidden || a.allowed && a.hidden == 0 {
		return a
	}
	t := decide(s.teams, s.byTeams, s.id, q)
	return answer{allowed: a.allowed || t.allowed, hidden: a.hidden & t.hidden}
}

// ends returns the ends of grants after a time.
func ends(after time.Time, lists ...[]policy.Grant) (times []time.Time) {
	for _, list := range lists {
		for _, g := range list {
			if g.Until.After(after) {
				times = append(times, g.Until)
			}
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}
