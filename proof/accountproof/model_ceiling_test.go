package accountproof_test

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/team"
)

// The ceiling of the model. How two records of a user compare is left to the compiled policy:
// package policy has a slow model of it, and ceilingproof checks the effect. Which records each
// command compares is defined here and in the other model files, from the prose.

// gives reports whether a command gives a user what the actor's rules do not cover. "user.delegate
// is checked only where gives would refuse the command, on a resource that names what the command
// names. It does not cover what actors give to themselves, now or later. Actors who have it for a time, by a role or by
// a grant with an end, give at most until then."
func (s *step) gives(id usher.UserID, before, after *user, on parties) bool {
	if s.byHost() {
		return false
	}
	if s.known(after) == nil {
		return false // the policy gives nothing to a user whose role it does not declare
	}
	return s.exceedsAt(id, on, func(at time.Time) (bool, error) {
		_, uncovered, err := s.ceilingAt(s.before.tree(), at).Gives(s.known(before), s.known(after))
		return uncovered, err
	})
}

// exceedsAt reports whether the actor gives a user more than the actor may, now or from the end of a grant of
// the actor on.
func (s *step) exceedsAt(id usher.UserID, on parties, uncovered func(at time.Time) (bool, error)) bool {
	times := []time.Time{s.time}
	for _, until := range s.before.users[s.actor.User()].grants {
		if until.After(s.time) {
			times = append(times, until)
		}
	}
	for _, at := range times {
		more, err := uncovered(at)
		s.failed(err)
		if more && (id == s.actor.User() || !s.mayAt("user.delegate", on, at)) {
			return true
		}
	}
	return false
}

// mayAt is may at a later time.
func (s *step) mayAt(name string, on parties, at time.Time) bool {
	now := s.time
	defer func() { s.time = now }()
	s.time = at
	return s.may(name, on)
}

// takes reports whether a command takes something from a user who outranks the actor.
func (s *step) takes(id usher.UserID, before, after *user) bool {
	return s.takesIn(s.before.tree(), id, before, after)
}

// takesIn compares in a given tree of teams.
func (s *step) takesIn(tree *team.Tree, id usher.UserID, before, after *user) bool {
	if s.byHost() {
		return false
	}
	if !s.book.isAccountRole(before.role) {
		return s.outranks(id)
	}
	takes, err := s.ceiling(tree).Takes(before.plain(), after.plain())
	s.failed(err)
	return (takes || s.losesUnknown(before, after)) && s.outranks(id)
}

// losesUnknown reports whether a user loses a role beside, a team role or a grant that the policy does
// not declare. Its effect under a policy that declares it is unknown.
func (s *step) losesUnknown(before, after *user) bool {
	for name := range before.beside {
		if !s.book.isRoleBeside(name) && !after.beside[name] {
			return true
		}
	}
	for _, held := range []map[usher.TeamID][]role.Name{before.teams, before.outside} {
		for id, roles := range held {
			for _, name := range roles {
				if !s.book.isTeamRole(name) && !slices.Contains(after.on(id), name) {
					return true
				}
			}
		}
	}
	for name, until := range before.grants {
		_, kept := after.grants[name]
		if !kept && !s.book.isGrantable(name) && (until.IsZero() || s.time.Before(until)) {
			return true
		}
	}
	return false
}

// givesUnknown reports whether a moved team gives a user roles with an unknown effect: the policy
// does not declare one of them, or the user's account role. The holder of the unique role may do
// so.
func (s *step) givesUnknown(u *user, gained []role.Name) bool {
	if s.byHost() || s.before.actsAsOwner(s.actor.User()) {
		return false
	}
	return !s.book.isAccountRole(u.role) ||
		slices.ContainsFunc(gained, func(name role.Name) bool { return !s.book.isTeamRole(name) })
}

// outranks reports whether a user outranks the actor. "Users never outrank themselves."
func (s *step) outranks(id usher.UserID) bool {
	if s.byHost() || id == s.actor.User() {
		return false
	}
	u := s.before.users[id]
	if s.outranksUnknown(u) {
		return true
	}
	if !s.book.isAccountRole(u.role) {
		return false
	}
	_, outranks, err := s.ceiling(s.before.tree()).Outranks(s.before.users[id].plain())
	s.failed(err)
	return outranks
}

// ceiling returns the ceiling of the actor: "each command of a batch is checked on the state that
// the commands before it left". A seat of the actor that is not bought yet allows nothing.
func (s *step) ceiling(tree *team.Tree) policy.Ceiling { return s.ceilingAt(tree, s.time) }

// ceilingAt returns the ceiling of the actor at a later time, when grants have ended.
func (s *step) ceilingAt(tree *team.Tree, at time.Time) policy.Ceiling {
	actor := s.withoutUnboughtSeats(s.before).users[s.actor.User()]
	facts := &policy.Account{Teams: tree, Settings: s.before.settings}
	c, err := s.book.compiled.Ceiling(actor.plain(), facts, s.context, at)
	s.failed(err)
	return c
}

// failed records that the policy could not decide.
func (s *step) failed(err error) {
	if err != nil {
		s.err = errUndecided
	}
}

func (w *modelAccount) tree() *team.Tree {
	tree, err := team.New(w.teams)
	if err != nil {
		panic(err) // the model allows no cycle of teams
	}
	return tree
}

// withTeamRoles returns the user with more roles on a team.
func (u *user) withTeamRoles(on usher.TeamID, roles ...role.Name) *user {
	changed := u.clone()
	for _, name := range roles {
		if !slices.Contains(changed.teams[on], name) {
			changed.teams[on] = append(changed.teams[on], name)
		}
	}
	return changed
}

// withOutsideRoles returns the user with more roles on a team of which the user is no member.
func (u *user) withOutsideRoles(on usher.TeamID, roles ...role.Name) *user {
	changed := u.clone()
	for _, name := range roles {
		if !slices.Contains(changed.outside[on], name) {
			changed.outside[on] = append(changed.outside[on], name)
		}
	}
	return changed
}

// leavesTooMuch reports whether a user who outranks the actor loses team roles on a team, or whether
// the user gains too much by the loss of a seat.
func (s *step) leavesTooMuch(id usher.UserID, from usher.TeamID) bool {
	u := s.before.users[id]
	return len(u.on(from)) > 0 && s.exceeds(id, u, u.setOn(from, nil))
}

// movesTooMuch compares each user with team roles. On teams that are above the moved team after the
// move, it is "as if the role were set on the moved team"; on teams that are no longer above it,
// "as if the role were unset on the moved team. The actor's teams are those before the move." Both
// can give and take: "a command that takes the role on one of several teams, also by leave-team or
// move-team, gives what the rule did not reach before, and one that gives it on one more team takes
// that".
func (s *step) movesTooMuch(moved, to usher.TeamID) bool {
	after := s.before.clone()
	after.teams[moved] = to
	above, aboveAfter := s.before.above(s.before.teams[moved]), after.above(to)
	for id, u := range s.before.users {
		gained, lost := rolesOn(u.teams, aboveAfter, above), rolesOn(u.teams, above, aboveAfter)
		gainedOutside, lostOutside := rolesOn(u.outside, aboveAfter, above), rolesOn(u.outside, above, aboveAfter)
		with := func(in, outside []role.Name) *user {
			changed := u.withOutsideRoles(moved, outside...)
			if len(in) > 0 {
				changed = changed.withTeamRoles(moved, in...)
			}
			return changed
		}
		known := func(roles []role.Name) bool {
			return s.book.isAccountRole(u.role) && !slices.ContainsFunc(roles, s.lacksTeamRole)
		}
		if all, more := slices.Concat(gained, gainedOutside), with(gained, gainedOutside); len(all) > 0 &&
			(s.givesUnknown(u, all) || s.gives(id, u, more, ofUser(id)) || known(all) && s.takes(id, u, more)) {
			return true
		}
		if all := slices.Concat(lost, lostOutside); len(all) > 0 &&
			(s.takesIn(after.tree(), id, with(lost, lostOutside), u) || known(all) && s.movesOpen(id, after)) {
			return true
		}
	}
	return false
}

// movesOpen reports whether a move gives a user something because the user has a team role on fewer
// teams. For the actor, the tree before the move counts. So all users are compared as if they had
// each role also on all teams below.
func (s *step) movesOpen(id usher.UserID, after *modelAccount) bool {
	if s.byHost() {
		return false
	}
	actor := s.withoutUnboughtSeats(s.before).users[s.actor.User()].spread(s.before)
	u := s.before.users[id]
	return s.exceedsAt(id, ofUser(id), func(at time.Time) (bool, error) {
		c, err := s.book.compiled.Ceiling(actor.plain(), &policy.Account{Settings: s.before.settings}, s.context, at)
		s.failed(err)
		_, uncovered, err := c.Gives(u.spread(s.before).plain(), u.spread(after).plain())
		return uncovered, err
	})
}

// spread returns a user who is also in all teams below, and has the same roles there.
func (u *user) spread(w *modelAccount) *user {
	all := u.clone()
	for id := range w.teams {
		for _, above := range w.above(id) {
			if u.isIn(above) {
				all = all.withTeamRoles(id, u.teams[above]...)
				all.teams[id] = append([]role.Name{}, all.teams[id]...)
			}
			all = all.withOutsideRoles(id, u.outside[above]...)
		}
	}
	return all
}

// rolesOn returns the roles that a user holds on some teams, without those that the user also holds
// on others.
func rolesOn(held map[usher.TeamID][]role.Name, teams, others []usher.TeamID) (roles []role.Name) {
	for _, id := range teams {
		if !slices.Contains(others, id) {
			roles = append(roles, held[id]...)
		}
	}
	return roles
}
