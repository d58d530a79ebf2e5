package accountproof_test

import (
	"maps"
	"slices"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// "rename-user {from, to}: host only. Everything that the user has moves to another id. If to is in
// the account, the two are merged: to keeps role and status; teams, roles and grants are united; seats are
// counted once. The owner as from is invalid."
func (s *step) renameUser(c account.RenameUser) account.Code {
	from, to := s.users[c.From], s.users[c.To]
	switch {
	case !s.byHost():
		return account.CodeDenied
	case !isID(c.To):
		return account.CodeInvalid
	case from == nil:
		return account.CodeUnknownUser
	case s.stuck(from, false):
		return 0
	case c.From == c.To:
		return nothing
	case to != nil && s.isOwner(from):
		return account.CodeInvalid
	case to != nil && s.stuck(to, false):
		return 0
	}
	for _, f := range s.fields {
		if value := s.values[c.From][f.ID]; value != "" && s.values[c.To][f.ID] == "" {
			s.values.set(c.To, f.ID, value)
		}
	}
	delete(s.values, c.From)
	delete(s.users, c.From)
	if to == nil {
		s.users[c.To] = from.clone()
		return s.settle()
	}
	s.users[c.To] = s.book.united(from, to)
	return s.settle()
}

// united returns the second of two users with what only the first has, as far as the second's role
// may have it.
func (b *rulebook) united(from, to *user) *user {
	u := to.clone()
	mayHold := !b.noTeamRoles(to)
	for id := range from.teams {
		held := slices.Concat(u.teams[id], u.outside[id])
		delete(u.outside, id)
		u.teams[id] = held
		if mayHold {
			u.teams[id] = both(held, from.teams[id])
		}
	}
	for id, roles := range from.outside {
		switch _, in := u.teams[id]; {
		case !mayHold:
		case in:
			u.teams[id] = both(u.teams[id], roles)
		default:
			u.outside[id] = both(u.outside[id], roles)
		}
	}
	for name := range from.beside {
		u.beside[name] = true
	}
	for name, until := range from.grants {
		if own, has := u.grants[name]; !b.noGrants(to) && (!has || sooner(own, until)) {
			u.grants[name] = until
		}
	}
	u.had = copied(to.had)
	maps.Copy(u.had, from.had)
	for pool := range from.seats {
		if b.seatFor(u, pool) != role.SeatNone && b.counts(pool, u.status) {
			u.seats[pool] = true
		}
	}
	return u
}

// both returns the names of two lists, each once.
func both(a, b []role.Name) []role.Name {
	list := slices.Clone(a)
	for _, name := range b {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}
