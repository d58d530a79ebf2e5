package account

import (
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// DeleteRole deletes a role that the account defined. Users who hold it get the role ReplaceBy
// instead; without ReplaceBy, the command is rejected while users hold it. Seats, team roles and
// grants follow as with set-role. The command is rejected while the schedule gives the role later, also
// to a user whose present role ends. The commit has one change for all holders, and one for each seat,
// grant or team role that a holder gets or loses with the replacement. Requires role.define.
type DeleteRole struct {
	Role      role.Name `usher:"custom-role"`
	ReplaceBy role.Name `usher:"optional,any-role"` // default: no user may hold the role
}

func (c DeleteRole) asks(*proposing) requirement {
	return needs(roleDefine, parties{nothing: true}).giving(c.ReplaceBy)
}

func (c DeleteRole) propose(q *proposing) error {
	if _, err := q.customRole(c.Role); err != nil {
		return err
	}
	var by role.Role
	if c.ReplaceBy != "" {
		var ok bool
		switch by, ok = q.policy.Role(c.ReplaceBy); {
		case !ok:
			return q.unknownReplacement(c.ReplaceBy)
		case by.Name == c.Role:
			return q.refuse(CodeInvalid, "%s cannot replace itself; name another role", c.Role)
		case by.Unique:
			return q.refuseUniqueRole(by)
		}
	}
	holders := q.roleHolders(c.Role)
	if len(holders) > 0 && c.ReplaceBy == "" {
		return q.refuse(CodeRoleInUse, "%s the role %s; replace-by gives them another role", counted(len(holders), "user holds", "users hold"), c.Role)
	}
	slices.Sort(holders)
	if err := q.replace(holders, c.Role, by); err != nil {
		return err
	}
	if err := q.checkNotScheduled(c.Role); err != nil {
		return err
	}
	return q.emitRoles(RoleDeleted{Role: c.Role})
}

// checkNotScheduled rejects the command if the schedule gives a role later: the user would then have a
// role that does not exist, or another role that is defined under its name by then. Entries that
// the current command makes obsolete do not count.
func (q *proposing) checkNotScheduled(name role.Name) error {
	for e := range q.scheduled().all() {
		s := e.slot()
		was, changed := q.planned[s.user]
		if e.givesRole() != name || changed && s.differs(was, q.find(s.user)) {
			continue
		}
		return q.refuse(CodeRoleInUse, "from %s on, %s has the role %s, by the entry %d of the schedule; cancel it, or give %[2]s another role first", written(e.At), s.user, name, e.ID)
	}
	return nil
}

// givesRole returns the role of the account or of a team that an entry gives, or "".
func (e *ScheduleEntry) givesRole() role.Name {
	switch c := e.Command.(type) {
	case SetRole:
		return c.Role
	case SetRoleBeside:
		return c.Role
	case SetTeamRole:
		return c.Role
	}
	return ""
}

// helps reports that the command helps users whose role the policy lacks.
func (c DeleteRole) helps(_ *proposing, u *policy.User) bool { return holdsRole(u, c.Role) }

func (c DeleteRole) describe() string {
	if c.ReplaceBy == "" {
		return word(c.Role)
	}
	return word(c.Role) + " replaced by " + word(c.ReplaceBy)
}

func (q *proposing) unknownReplacement(name role.Name) error {
	_, err := q.role(name, false) // its text lists account roles; a suggestion among all would name roles of another kind
	return err
}

// replace gives the holders of a role another one. All of them are checked on the state before
// the first change, so that the order of the users has no effect.
func (q *proposing) replace(holders []usher.UserID, was role.Name, by role.Role) error {
	c, _, err := q.ceiling()
	if err != nil {
		return err
	}
	check := holderCheck{q: q, c: c, on: true}
	var moved []replacedUser
	for _, id := range holders {
		u := q.find(id)
		if err := q.checkUserFits(id, u); err != nil {
			return err
		}
		after, err := q.replaced(id, u, was, by)
		if err != nil {
			return err
		}
		given, taken := *after, *after
		given.Seats, taken.Seats = q.keptSeats(u, after), q.policy.SeatsAfter(u, after)
		if by.NoTeamRoles || by.NoGrants || !slices.Equal(u.Seats, taken.Seats) {
			moved = append(moved, replacedUser{id, u, after})
		}
		if err := check.compare(id, u, q.withKnownRole(&given), &taken); err != nil {
			return err
		}
		if q.actor.Host() != "" {
			continue
		}
		if err := q.later(id, u, after, func(at time.Time, before, after *policy.User) error {
			c := q.overUsersAt(c, at)
			if err := (&holderCheck{q: q, c: c, on: true}).compare(id, before, q.withKnownRole(after), after); err != nil {
				return err
			}
			if takes, err := q.takes(c.Of(id), before, after); err != nil {
				return err
			} else if takes {
				if err := q.checkOutranks(c, id, u); err != nil {
					return err
				}
			}
			then, err := q.ceilingAt(at)
			if err != nil {
				return err
			}
			return q.checkGivesUnder(then, id, before, after, of(id))
		}); err != nil {
			return err
		}
	}
	return q.emitReplaced(holders, moved, was, by)
}

// replaced returns a user with another role in all places of one role, or rejects the command
// if the user cannot hold it there.
func (q *proposing) replaced(id usher.UserID, u *policy.User, was role.Name, by role.Role) (*policy.User, error) {
	after := *u
	var kind string
	switch on := rolesOnTeams(u); {
	case u.Role == was && !by.OfAccount():
		kind = "an account role"
	case slices.Contains(u.Beside, was) && !by.Beside:
		kind = "a role beside the account role"
	case slices.Contains(on, was) && !by.OnTeam:
		kind = "a team role"
	}
	if kind != "" {
		return nil, q.refuse(CodeUnknownRole, "%s holds %s as %s, and %s is not %[3]s", id, was, kind, by.Name)
	}
	if u.Role == was {
		changed, _ := q.withRole(id, u, by)
		after = *changed
	}
	for _, m := range after.Outside {
		if slices.Contains(m.Roles, was) && !by.Outside {
			return nil, q.refuse(CodeNotMember, "%s is not in %s, and only members hold %s; use add-to-team first", id, m.Team, by.Name)
		}
	}
	return withRoleReplaced(&after, was, by.Name), nil
}

// rolesOnTeams returns the roles that a user holds on teams.
func rolesOnTeams(u *policy.User) (names []role.Name) {
	for _, m := range slices.Concat(u.Teams, u.Outside) {
		names = append(names, m.Roles...)
	}
	return names
}

// replacedUser is a holder with changes beside the replacement of the role. The seats of after are still
// those of before.
type replacedUser struct {
	id            usher.UserID
	before, after *policy.User
}

// emitReplaced makes the changes of all holders, after the checks of replace.
func (q *proposing) emitReplaced(holders []usher.UserID, moved []replacedUser, was role.Name, by role.Role) error {
	if len(holders) == 0 {
		return nil
	}
	for _, m := range moved {
		if err := q.interrupted(); err != nil {
			return err
		}
		if err := q.releaseSeats(m.id, m.before, m.after); err != nil {
			return err
		}
		if m.before.Role != was {
			continue
		}
		_, changes := q.withRole(m.id, m.before, by)
		if err := q.emit(changes...); err != nil {
			return err
		}
	}
	if err := q.emit(RoleReplaced{Role: was, By: by.Name, Users: len(holders)}); err != nil {
		return err
	}
	for _, m := range moved {
		if err := q.takeSeats(m.id, m.before, m.after); err != nil {
			return err
		}
	}
	return nil
}
