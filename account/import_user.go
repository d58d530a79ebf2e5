package account

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// importUser adds a user of a Seed with everything that the user has.
func (q *proposing) importUser(id usher.UserID, u *policy.User, r role.Role) error {
	if err := q.importIntoAccount(id, u, r); err != nil {
		return err
	}
	if err := q.importRolesOf(id, u, r); err != nil {
		return err
	}
	if err := q.importSeatsOf(id, u); err != nil {
		return err
	}
	return q.importGrantsOf(id, u)
}

// importIntoAccount adds the user with the account role and the status. The owner is there already.
func (q *proposing) importIntoAccount(id usher.UserID, u *policy.User, r role.Role) error {
	if err := checkID("user", string(id)); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if u.Status > usher.Requested {
		return q.refuse(CodeInvalid, "the status of %s is unknown (want active, invited, inactive or requested)", id)
	}
	if u.Status == usher.Requested {
		if err := q.checkRequested(); err != nil {
			return err
		}
	}
	switch {
	case !u.Kind.Valid():
		return q.refuse(CodeInvalid, "the kind of %s must be service, or empty for a person, not %q", id, u.Kind)
	case u.Kind == usher.ServiceAccount && (r.Unique || u.Status != usher.Active && u.Status != usher.Inactive):
		return q.refuse(CodeInvalid, "%s is a service account, which is active or inactive, and does not have the role of the owner", id)
	case r.Unique && u.Status == usher.Requested:
		return q.refuse(CodeInvalid, "%s has the role %s, and so cannot be requested", id, r.Name)
	case !r.Unique:
		if err := q.emit(UserAdded{User: id, Role: r.Name, Status: u.Status, Kind: u.Kind}); err != nil {
			return err
		}
	case u.Status != usher.Active:
		if err := q.emit(StatusSet{User: id, From: usher.Active, To: u.Status}); err != nil {
			return err
		}
	}
	return nil
}

// importRolesOf adds the teams and all roles besides the account role.
func (q *proposing) importRolesOf(id usher.UserID, u *policy.User, r role.Role) error {
	for _, m := range u.Teams {
		if err := q.importMember(id, m); err != nil {
			return err
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(u.Beside))) {
		if err := q.roleBeside(name); err != nil {
			return err
		}
		if err := q.emit(RoleBesideSet{User: id, Role: name}); err != nil {
			return err
		}
	}
	for _, m := range u.Outside {
		if err := q.importOutside(id, m); err != nil {
			return err
		}
	}
	switch {
	case r.NoTeamRoles && hasTeamRole(u):
		return q.refuse(CodeInvalid, "%s has the role %s, which cannot hold team roles", id, r.Name)
	case r.NoGrants && len(u.Grants) > 0:
		return q.refuse(CodeInvalid, "%s has the role %s, which cannot have grants", id, r.Name)
	}
	return nil
}

// importSeatsOf assigns the seats of the user, and those that the roles require.
func (q *proposing) importSeatsOf(id usher.UserID, u *policy.User) error {
	for _, name := range u.Seats {
		if err := q.importSeat(id, name); err != nil {
			return err
		}
	}
	for _, kind := range q.policy.Pools() {
		rule, _ := q.policy.SeatRule(q.find(id), kind.Name)
		if rule == role.SeatRequired && kind.Holds.Has(u.Status) && !slices.Contains(u.Seats, kind.Name) {
			if err := q.importSeat(id, kind.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (q *proposing) importGrantsOf(id usher.UserID, u *policy.User) error {
	for _, g := range u.Grants {
		if err := q.grantable(g.Name); err != nil {
			return err
		}
		if _, held := grantIndex(q.find(id), g.Name); held {
			return q.refuse(CodeInvalid, "the grants of %s list %s twice", id, g.Name)
		}
		until := g.Until.UTC().Round(0)
		if !writable(until) {
			return q.refuse(CodeInvalid, "the end of a grant must be in the years 1 to 9999")
		}
		if err := q.emit(GrantGiven{User: id, Grant: g.Name, Until: until}); err != nil {
			return err
		}
	}
	return nil
}

func (q *proposing) importMember(id usher.UserID, m policy.Membership) error {
	if err := q.knownTeam(m.Team); err != nil {
		return err
	}
	if _, in := teamIndex(q.find(id), m.Team); in {
		return q.refuse(CodeInvalid, "the teams of %s list %s twice", id, m.Team)
	}
	if err := q.emit(MemberAdded{Team: m.Team, User: id}); err != nil {
		return err
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(m.Roles))) {
		if err := q.teamRole(name); err != nil {
			return err
		}
		if err := q.emit(TeamRoleSet{Team: m.Team, User: id, Role: name}); err != nil {
			return err
		}
	}
	return nil
}

// importOutside gives a user roles on a team that the user is not in.
func (q *proposing) importOutside(id usher.UserID, m policy.Membership) error {
	if err := q.knownTeam(m.Team); err != nil {
		return err
	}
	u := q.find(id)
	_, in := teamIndex(u, m.Team)
	switch {
	case in:
		return q.refuse(CodeInvalid, "%s is in %s, and so cannot have roles outside it", id, m.Team)
	case len(outsideRoles(u, m.Team)) > 0:
		return q.refuse(CodeInvalid, "the teams outside which %s has roles list %s twice", id, m.Team)
	case len(m.Roles) == 0:
		return q.refuse(CodeInvalid, "%s has no role outside %s; leave the team out", id, m.Team)
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(m.Roles))) {
		switch r, err := q.role(name, true); {
		case err != nil:
			return err
		case !r.Outside:
			return q.refuse(CodeInvalid, "%s is not in %s, and so cannot have the role %s on it", id, m.Team, name)
		}
		if err := q.emit(OutsideRoleSet{Team: m.Team, User: id, Role: name}); err != nil {
			return err
		}
	}
	return nil
}

func (q *proposing) importSeat(id usher.UserID, name seat.PoolName) error {
	kind, err := q.pool(name)
	if err != nil {
		return err
	}
	u, pool := q.find(id), q.next.pools[name]
	rule, by := q.policy.SeatRule(u, name)
	switch {
	case holds(u, name):
		return q.refuse(CodeInvalid, "the seats of %s list %s twice", id, name)
	case rule == role.SeatNone:
		return q.refuse(CodeInvalid, "%s has the role %s, which cannot hold a seat in %s", id, by, name)
	case !kind.Holds.Has(u.Status):
		return q.refuse(CodeInvalid, "%s is %s, and so cannot hold a seat in %s", id, u.Status, name)
	case pool.Left() == 0:
		return q.refuse(CodeInvalid, "more seats in %s are held than the %d bought", name, pool.Total)
	}
	return q.emit(SeatAssigned{User: id, Pool: name})
}

func (q *proposing) importValues(id usher.UserID, values map[string]Value) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		f, ok := q.next.Field(name)
		switch {
		case !ok:
			return q.unknownField(name)
		case !values[name].Fits(f.Type):
			return q.refuse(CodeInvalid, "the value of %s of %s is not a valid %s", name, id, f.Type)
		case values[name] == "":
			continue
		}
		q.outcome.Values = append(q.outcome.Values, FieldValue{User: id, Field: f.ID, Value: values[name]})
		if err := q.emit(FieldSet{User: id, Field: name}); err != nil {
			return err
		}
	}
	return nil
}
