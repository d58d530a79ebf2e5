package policytest

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
	"github.com/usher-go/usher/team"
)

// world loads the facts as they stand: nobody is asked whether they may be so,
// but what no command can break holds from the beginning.
func (l *lookup) world(a *Account) *World {
	b := builder{
		lookup: l,
		w: &World{
			account: policy.Account{Settings: l.flags(a.Settings, "setting", l.settings)},
			users:   make(map[usher.UserID]*policy.User, len(a.Users)),
			pools:   map[seat.PoolName]seat.Pool{},
			fields:  a.Fields,
			values:  map[usher.UserID][]FieldValue{},
		},
		types:    map[string]FieldType{},
		holders:  map[role.Name][]policy.Name{},
		oversold: map[seat.PoolName]overflow{},
	}
	b.addPools(a.Seats)
	b.addTeams(a.Teams)
	for _, d := range a.Fields {
		l.fields.add(d.Field.Text)
		b.types[d.Field.Text] = d.Type
	}
	for i := range a.Users {
		l.users.add(a.Users[i].ID.Text)
		b.addUser(&a.Users[i])
	}
	b.checkHolders(a)
	b.checkPools()
	return b.w
}

// builder makes a World.
type builder struct {
	*lookup
	w       *World
	types   map[string]FieldType        // of custom fields
	holders map[role.Name][]policy.Name // the place of the role, under the user's id
	unclear bool                        // the role of a user is not known

	oversold map[seat.PoolName]overflow
}

// overflow counts the seats for which there is no room.
type overflow struct {
	first policy.Pos
	seats int
}

func (b *builder) addTeams(list []Team) {
	for _, t := range list {
		b.teams.add(t.ID.Text)
	}
	parents := make(map[usher.TeamID]usher.TeamID, len(list))
	for _, t := range list {
		parents[usher.TeamID(t.ID.Text)] = ""
		if t.Parent.Text != "" && b.find(t.Parent, "team", b.teams) {
			parents[usher.TeamID(t.ID.Text)] = usher.TeamID(t.Parent.Text)
		}
	}
	if t, ok := inCircle(list, parents); ok {
		b.problems.Add(t.Pos, "team %s is below itself", t.Text)
		return
	}
	b.w.account.Teams, _ = team.New(parents) // which has nothing left to refuse
}

// inCircle returns a team that is below itself. It walks up from each team, as
// far as no walk was.
func inCircle(list []Team, parents map[usher.TeamID]usher.TeamID) (policy.Name, bool) {
	walks := make(map[usher.TeamID]int, len(list))
	for i, t := range list {
		for id := usher.TeamID(t.ID.Text); id != ""; id = parents[id] {
			walk, met := walks[id]
			if met && walk == i {
				at := slices.IndexFunc(list, func(t Team) bool { return t.ID.Text == string(id) })
				return list[at].ID, true
			}
			if met {
				break
			}
			walks[id] = i
		}
	}
	return policy.Name{}, false
}

// checkHolders finds a role that too many users have, or the unique one that
// nobody has.
func (b *builder) checkHolders(a *Account) {
	for _, r := range b.policy.Roles() {
		holders := b.holders[r.Name]
		switch {
		case r.Unique && len(holders) == 0 && !b.unclear:
			b.problems.Add(a.Pos, "nobody has the role %s, which exactly one user has", r.Name)
		case r.Unique && len(holders) > 1:
			b.problems.Add(holders[1].Pos, "%s has the role %s, which exactly one user has; %s has it already", holders[1].Text, r.Name, holders[0].Text)
		case r.AtMost > 0 && len(holders) > r.AtMost:
			b.problems.Add(holders[r.AtMost].Pos, "%s is one too many with the role %s (at-most: %d)", holders[r.AtMost].Text, r.Name, r.AtMost)
		}
	}
}
