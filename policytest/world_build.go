package policytest

import (
	"cmp"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// world builds the account of the file. Building it requires no permissions, but the rules
// that no command can break also apply to it.
func (l *lookup) world(a *testfile.Account) *World {
	b := builder{
		lookup: l,
		seed: account.Seed{
			Settings: l.Flags(a.Settings, "setting", l.Settings),
			Seats:    make(map[seat.PoolName]int, len(a.Seats)),
			Users:    make(map[usher.UserID]policy.User, len(a.Users)),
			Values:   map[usher.UserID]map[string]account.Value{},
		},
		pools:    map[seat.PoolName]seat.Pool{},
		types:    map[string]account.FieldType{},
		holders:  map[role.Name][]syntax.Name{},
		oversold: map[seat.PoolName]overflow{},
	}
	b.addPools(a.Seats)
	b.addTeams(a.Teams)
	for _, d := range a.Fields {
		l.fields.Add(d.Field.Text)
		b.types[d.Field.Text] = d.Type
		archived := d.Archived != nil && *d.Archived
		b.seed.Fields = append(b.seed.Fields, account.Field{Name: d.Field.Text, Type: d.Type, Archived: archived})
	}
	b.addRoles(a.Roles)
	for i := range a.Users {
		l.users.Add(a.Users[i].ID.Text)
		b.addUser(&a.Users[i])
		b.addRolesOn(account.Holder{User: usher.UserID(a.Users[i].ID.Text)}, a.Users[i].RolesOn)
	}
	for _, t := range a.Teams {
		b.addRolesOn(account.Holder{Team: usher.TeamID(t.ID.Text)}, t.RolesOn)
	}
	b.checkHolders(a)
	b.checkTeams(a.Teams)
	b.checkPools()
	w := &World{seed: b.seed, order: b.order}
	if l.Problems.Len() == 0 {
		w.state = b.state(a)
	}
	return w
}

// state returns the account after its first commit. Most reasons for which the commit
// could be refused were reported before with their places, but ids that are too long
// are reported here.
func (b *builder) state(a *testfile.Account) *account.State {
	begun := account.New(worldAccount)
	o, err := begun.Propose(b.Policy, account.Proposal{
		Actor: worldActor, Time: b.At, Commands: []account.Command{account.Import{Seed: b.seed}},
	})
	if err != nil {
		b.Problems.Add(a.Pos, "invalid account: %v", err)
		return begun
	}
	return o.Next
}

// worldAccount is the id of the account of every test file. It is imported by worldActor.
const worldAccount usher.AccountID = "test"

var worldActor = account.AsHost("test file")

// builder builds a World.
type builder struct {
	*lookup
	seed        account.Seed
	order       []usher.UserID
	pools       map[seat.PoolName]seat.Pool
	types       map[string]account.FieldType // of custom fields
	holders     map[role.Name][]syntax.Name  // the id of each user with the role, and the place of the role
	unknownRole bool                         // whether a user has an unknown role

	oversold map[seat.PoolName]overflow
}

// overflow counts the seats held beyond the bought ones.
type overflow struct {
	first syntax.Pos
	seats int
}

func (b *builder) addTeams(list []testfile.Team) {
	for _, t := range list {
		b.teams.Add(t.ID.Text)
	}
	parents := make(map[usher.TeamID]usher.TeamID, len(list))
	for _, t := range list {
		parents[usher.TeamID(t.ID.Text)] = ""
		if t.Parent.Text != "" && b.Find(t.Parent, "team", b.teams) {
			parents[usher.TeamID(t.ID.Text)] = usher.TeamID(t.Parent.Text)
		}
	}
	if t, ok := findCycle(list, parents); ok {
		b.Problems.Add(t.Pos, "team %s is below itself", t.Text)
		return
	}
	b.seed.Teams = parents
}

// findCycle returns a team that is its own ancestor. It walks up from each team until it
// reaches a team that was visited before.
func findCycle(list []testfile.Team, parents map[usher.TeamID]usher.TeamID) (syntax.Name, bool) {
	walks := make(map[usher.TeamID]int, len(list))
	for i, t := range list {
		for id := usher.TeamID(t.ID.Text); id != ""; id = parents[id] {
			walk, met := walks[id]
			if met && walk == i {
				at := slices.IndexFunc(list, func(t testfile.Team) bool { return t.ID.Text == string(id) })
				return list[at].ID, true
			}
			if met {
				break
			}
			walks[id] = i
		}
	}
	return syntax.Name{}, false
}

// hasActive reports whether an active user counts for the at-least of a role.
func (b *builder) hasActive(name role.Name) bool {
	bounds := b.Policy.Bounds()
	i := slices.IndexFunc(bounds, func(bound policy.Bound) bool { return bound.Role == name })
	for _, u := range b.seed.Users {
		has := cmp.Or(u.Role, b.Policy.DefaultRole().Name)
		if cmp.Or(u.Status, usher.Active) == usher.Active && slices.Contains(bounds[i].Holders, has) {
			return true
		}
	}
	return false
}

// checkHolders reports a role that too many users have, and a role that an account must have a
// holder of, but that no user has.
func (b *builder) checkHolders(a *testfile.Account) {
	if first := b.Policy.FirstRole(); !first.Unique && first.AtLeast > 0 && !b.unknownRole && !b.hasActive(first.Name) {
		b.Problems.Add(a.Pos, "no user is active with the role %s, or with one that includes it (want at least one)", first.Name)
	}
	for _, r := range b.Policy.Roles() {
		holders := b.holders[r.Name]
		switch {
		case r.Unique && len(holders) == 0 && !b.unknownRole:
			b.Problems.Add(a.Pos, "no user has the role %s (want exactly one)", r.Name)
		case r.Unique && len(holders) > 1:
			b.Problems.Add(holders[1].Pos, "%s has the role %s, which only one user can have; %s already has it", holders[1].Text, r.Name, holders[0].Text)
		case r.AtMost > 0 && len(holders) > r.AtMost:
			b.Problems.Add(holders[r.AtMost].Pos, "with %s, too many users have the role %s (at-most: %d)", holders[r.AtMost].Text, r.Name, r.AtMost)
		}
	}
}
