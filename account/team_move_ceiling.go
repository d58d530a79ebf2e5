package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/team"
)

// emitMove moves a team, within the actor's ceiling. A user with a team role on a team that
// is above the moved team only afterwards gets the role on it. A user with a team role on a
// team that was above it only before loses the role on it.
func (q *proposing) emitMove(c TeamMoved) error {
	before, ok, err := q.ceiling()
	if err != nil {
		return err
	}
	if !ok {
		return q.emit(c)
	}
	facts, err := q.Account()
	if err != nil {
		return err
	}
	from, to, tree := q.withAbove(c.From), q.withAbove(c.To), facts.Teams
	if err := q.eachHolder(to, from, func(h heldRoles, u *policy.User) error {
		return q.checkGetsTeam(before, h, u, withMoreRoles(u, c.Team, h), c.Team)
	}); err != nil {
		return err
	}
	if err := q.checkGetsLater(c, to, from); err != nil {
		return err
	}
	type loss struct {
		heldRoles
		had *policy.User
	}
	var losing []loss
	if err := q.eachHolder(from, to, func(h heldRoles, u *policy.User) error {
		losing = append(losing, loss{h, withMoreRoles(u, c.Team, h)})
		return nil
	}); err != nil {
		return err
	}
	if err := q.emit(c); err != nil {
		return err
	}
	if len(losing) > 0 {
		after, _, err := q.ceiling()
		if err != nil {
			return err
		}
		m := move{before: before, after: after, tree: tree, actor: q.find(q.authority), at: q.at}
		for _, l := range losing {
			if err := q.interrupted(); err != nil {
				return err
			}
			if err := q.checkLosesTeam(m, l.heldRoles, l.had, q.find(l.user)); err != nil {
				return err
			}
		}
	}
	return q.checkLosesLater(c, from, to, before, tree)
}

// move is the state around a move, at its time or later.
type move struct {
	before policy.Ceiling // of the actor before the move
	after  policy.Ceiling // of the actor at the time, in the tree after the move
	tree   *team.Tree     // before the move
	actor  *policy.User   // at the time
	at     time.Time
}

// checkLosesTeam checks a move by which a user loses roles on one team: had is the user with them. The user can
// also gain something: a rule with the scope not team reaches more with fewer teams.
func (q *proposing) checkLosesTeam(m move, h heldRoles, had, u *policy.User) error {
	if q.isUnknown(h, u) { // it is unknown what such a user loses
		return q.checkOutranks(m.before, h.user, u)
	}
	takes, err := m.after.Takes(had, u)
	if err == nil && takes {
		err = q.checkOutranks(m.before, h.user, u)
	}
	if err != nil {
		return err
	}
	opens, err := m.after.Takes(u, had)
	if err != nil || !opens {
		return err
	}
	return q.checkOpens(m, h.user, u)
}

// checkGetsTeam checks a move by which a user gets roles on one more team. The user can also lose
// something: a rule with the scope not team reaches less with more teams.
func (q *proposing) checkGetsTeam(c policy.Ceiling, h heldRoles, u, after *policy.User, moved usher.TeamID) error {
	unknown := q.isUnknown(h, u)
	if unknown {
		if err := q.checkGivesUnknown(h.user, moved); err != nil {
			return err
		}
	}
	if err := q.checkGivesUnder(c, h.user, u, after, of(h.user)); err != nil || unknown {
		return err
	}
	if takes, err := c.Takes(u, after); err != nil || !takes {
		return err
	}
	return q.checkOutranks(c, h.user, u)
}

// checkOpens checks a move by which a user loses roles on a team, and so gains something. The actor must
// have had it before the move, in the tree at that time.
func (q *proposing) checkOpens(m move, id usher.UserID, u *policy.User) error {
	facts, err := q.Account()
	if err != nil {
		return err
	}
	c, err := q.ceilingUnder(q.policy.Ceiling, spread(m.actor, m.tree), &policy.Account{Settings: facts.Settings}, m.at)
	if err != nil {
		return err
	}
	return q.checkGivesUnder(c, id, spread(u, m.tree), spread(u, facts.Teams), of(id))
}

// isUnknown reports whether the policy lacks the account role of a user, or one of the roles on the
// teams.
func (q *proposing) isUnknown(h heldRoles, u *policy.User) bool {
	return !q.knowsRole(u) || q.anyUnknown(h.roles) || q.anyUnknown(h.outside)
}

// spread returns a copy of a user who is also in each team below the user's teams, with the same
// roles. The rules of this user are the same in an account without nested teams.
func spread(u *policy.User, tree *team.Tree) *policy.User {
	below := func(list []policy.Membership) (all []policy.Membership) {
		for _, m := range list {
			for t := range tree.Below(m.Team) {
				at, has := indexOf(all, t)
				if !has {
					all = slices.Insert(all, at, policy.Membership{Team: t})
				}
				all[at].Roles = union(all[at].Roles, m.Roles)
			}
		}
		return all
	}
	changed := *u
	changed.Teams, changed.Outside = below(u.Teams), below(u.Outside)
	return &changed
}
