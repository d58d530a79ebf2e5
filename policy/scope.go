package policy

import (
	"math/bits"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// reaches reports whether the scope of a rule matches, and whether it may match given
// unknown facts. Team is the team role whose teams count; "" stands for the teams that the
// user is a direct member of.
func (q *evaluation) reaches(r *rule, team role.Name) (yes, maybe bool) {
	if r.scope == syntax.ScopeAny {
		return true, true
	}
	if q.resource == nil || r.parties == 0 {
		if r.scope == scopeJoined {
			return q.joined(r, team)
		}
		return false, false
	}
	if q.scopeKnown&r.atom != 0 {
		yes = q.scopeHolds&r.atom != 0
		return yes, yes || q.scopeUnknown&r.atom != 0
	}
	yes, known := q.scope(r.scope, r.parties, team)
	q.cacheScope(r.atom, yes, known)
	return yes, yes || !known
}

// scope matches some parties of a resource that is not nil.
func (s *evalContext) scope(scope syntax.Scope, parties uint16, team role.Name) (yes, known bool) {
	switch scope {
	case syntax.ScopeOwn:
		return s.own(parties)
	case syntax.ScopeSole:
		return s.sole(parties)
	case syntax.ScopeTeam, syntax.ScopeShared:
		return s.usersTeams(parties, team, scope == syntax.ScopeTeam)
	}
	return scope == syntax.ScopeAny, true
}

// own matches if the user, or a team that the user belongs to, is among the parties.
func (s *evalContext) own(parties uint16) (yes, known bool) {
	for ; parties != 0; parties &= parties - 1 {
		party := &s.res.parties[bits.TrailingZeros16(parties)]
		ids, known := party.of(s.resource)
		switch {
		case !known:
			return false, false // the result depends on unknown parties
		case yes:
		case party.teams:
			for _, id := range ids {
				yes = yes || s.belongs(s.user, usher.TeamID(id))
			}
		default:
			yes = slices.Contains(ids, string(s.subject)) && s.subject != "" // a visitor is no empty id
		}
	}
	return yes, true
}

// sole matches if the user is the only party, without another user or team.
func (s *evalContext) sole(parties uint16) (yes, known bool) {
	others := false
	for ; parties != 0; parties &= parties - 1 {
		party := &s.res.parties[bits.TrailingZeros16(parties)]
		ids, known := party.of(s.resource)
		switch {
		case !known:
			return false, false
		case len(ids) == 0:
		case party.teams:
			others = true
		default:
			for _, id := range ids {
				if id != string(s.subject) || id == "" {
					others = true
					break
				}
				yes = true
			}
		}
	}
	return yes && !others, true
}

// usersTeams matches if every party, or at least one, is the user, belongs to a team of
// the user, or is such a team.
func (s *evalContext) usersTeams(parties uint16, team role.Name, every bool) (yes, known bool) {
	some, all := false, true
	for rest := parties; rest != 0; rest &= rest - 1 {
		party := &s.res.parties[bits.TrailingZeros16(rest)]
		ids, known := party.of(s.resource)
		if !known {
			return false, false
		}
		for _, id := range ids {
			if every && !all || !every && some {
				break // only whether the other parties are known still matters
			}
			in := false
			if party.teams {
				in = s.isUsersTeam(usher.TeamID(id), team)
			} else {
				in = id == string(s.subject) && id != "" || s.inUsersTeams(usher.UserID(id), team)
			}
			some, all = some || in, all && in
		}
	}
	return some && (all || !every), true
}

// party returns the ids of a party.
func (s *evalContext) party(at int) (ids []string, known bool) {
	if s.resource == nil {
		return nil, true
	}
	return s.res.parties[at].of(s.resource)
}

// of returns the ids of the party in a resource that is not nil.
func (p *party) of(r usher.Resource) (ids []string, known bool) {
	if p.both && p.teams {
		return usher.TeamParty(r, p.name)
	}
	return r.Party(p.name)
}

// belongs reports whether a user belongs to the team, directly or through a team below it.
func (s *evalContext) belongs(user *User, id usher.TeamID) bool {
	for i := range user.Teams {
		if s.within(user.Teams[i].Team, id) {
			return true
		}
	}
	return false
}

// isUsersTeam reports whether the team is a team of the subject, or below one.
func (s *evalContext) isUsersTeam(id usher.TeamID, held role.Name) bool {
	if len(s.user.Teams) > linearLimit && id != "" {
		// In a long list, an equality check is faster than a tree look-up.
		for i := range s.user.Teams {
			if m := &s.user.Teams[i]; m.Team == id && (held == "" || slices.Contains(m.Roles, held)) {
				return true
			}
		}
	}
	for i := range s.user.Teams {
		m := &s.user.Teams[i]
		if (held == "" || slices.Contains(m.Roles, held)) && s.within(id, m.Team) {
			return true
		}
	}
	return held != "" && len(s.user.Outside) > 0 && s.isOutsideTeam(id, held)
}

// inUsersTeams reports whether a user belongs to a team of the subject. A user who is not
// in the account belongs to none, and an empty id refers to no user.
func (s *evalContext) inUsersTeams(id usher.UserID, held role.Name) bool {
	if id == "" || len(s.user.Teams)+len(s.user.Outside) == 0 {
		return false
	}
	other, err := s.facts.User(id)
	if err != nil {
		s.fail(err)
	}
	if err != nil || other == nil {
		return false
	}
	for i := range other.Teams {
		if s.isUsersTeam(other.Teams[i].Team, held) {
			return true
		}
	}
	return false
}

func (s *evalContext) within(team, above usher.TeamID) bool {
	if team == above {
		return team != ""
	}
	account := s.lookAtAccount()
	return account != nil && account.Teams.Within(team, above)
}

// party returns the index of a party, of users and teams that of the users, or -1.
func (r *resource) party(name string) int {
	for i := range r.parties {
		if r.parties[i].name == name {
			return i
		}
	}
	return -1
}

// partyMask returns the entries of a party: two for one of users and teams, none for an
// unknown name.
func (r *resource) partyMask(name string) (mask uint16) {
	for i := range r.parties {
		if r.parties[i].name == name {
			mask |= 1 << i
		}
	}
	return mask
}
