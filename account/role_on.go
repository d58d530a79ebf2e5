package account

import (
	"errors"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// GiveRoleOn gives a user or a team a role on a single resource. The users of a team are its members
// and those of the teams below it, also those who join later. Requires the permission share of the
// resource's type, such as calendar.share, on the resource as Resources of the engine's Batch describes
// it, which are [Proposal.Resources]. If the policy has no such permission, only the host application
// can run the command.
type GiveRoleOn struct {
	Role role.Name `usher:"role-on"`
	On   usher.Ref
	User usher.UserID `usher:"optional"` // default: the command names a team
	Team usher.TeamID `usher:"optional"` // default: the command names a user

	From  time.Time `usher:"optional"` // default: now
	Until time.Time `usher:"optional"` // default: no end
}

func (c GiveRoleOn) asks(q *proposing) requirement { return q.shares(c.On).giving(c.Role) }

func (c GiveRoleOn) propose(q *proposing) error {
	h := Holder{c.User, c.Team}
	if err := q.knownHolder(h); err != nil {
		return err
	}
	if err := q.roleOn(c.Role, c.On.Type); err != nil {
		return err
	}
	if err := checkID(c.On.Type, c.On.ID); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	t, err := q.termOf(c.From, c.Until)
	if err != nil {
		return err
	}
	held := q.rolesOf(h, c.On)
	_, has := slices.BinarySearch(held, c.Role)
	gives, takes := GiveRoleOn{Role: c.Role, On: c.On, User: c.User, Team: c.Team}, TakeRoleOn{Role: c.Role, On: c.On, User: c.User, Team: c.Team}
	now := scheduling(takes)
	if has {
		now = gives
	}
	o, _ := q.outlineOf(t, gives, now, takes)
	changes := t.from.IsZero() && !has
	if !changes && o.isEmpty() {
		return nil
	}
	// All of the term counts as given, also what was given before.
	if err := q.checkGivesOn(h, c.Role, c.On, t); err != nil {
		return err
	}
	if c.User != "" && !t.until.IsZero() && (has || len(o.drops) > 0) { // an end takes the role, now or as scheduled
		if err := q.checkRank(c.User, q.find(c.User)); err != nil {
			return err
		}
	}
	if changes {
		if err := q.checkRoomOn(h, c.On, len(held) == 0); err != nil {
			return err
		}
		if err := q.emit(RoleOnGiven{User: c.User, Team: c.Team, Role: c.Role, Type: c.On.Type, ID: c.On.ID}); err != nil {
			return err
		}
	}
	return q.emitOutline(o)
}

func (c GiveRoleOn) slot() slot {
	return slot{kind: roleOnOf, user: c.User, team: c.Team, role: c.Role, on: c.On}
}

func (c GiveRoleOn) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c GiveRoleOn) withPlanned(_ *proposing, u *policy.User) *policy.User { return u }

// checkCancelsOn checks the removal of an entry about a role on a resource, and of the end that goes with it:
// what is held before and does not end is given from the end on, and what does not begin is taken.
func (q *proposing) checkCancelsOn(e *ScheduleEntry) error {
	s := e.slot()
	if q.holdsOnBefore(e) {
		for _, dropped := range q.outline.drops {
			if _, takes := dropped.Command.(TakeRoleOn); takes {
				return q.checkGivesOn(Holder{s.user, s.team}, s.role, s.on, term{from: dropped.At})
			}
		}
	}
	if s.user == "" {
		return nil
	}
	u, err := q.user(s.user)
	if err != nil {
		return err
	}
	return q.checkRank(s.user, u)
}

func (c GiveRoleOn) describe() string {
	return Holder{c.User, c.Team}.word() + " " + word(c.Role) + " on " + ref(c.On) + during(c.From, c.Until)
}

// TakeRoleOn takes a role on a single resource from a user or a team, and removes what is scheduled for it.
// Requires what [GiveRoleOn] requires.
type TakeRoleOn struct {
	Role role.Name `usher:"role-on"`
	On   usher.Ref
	User usher.UserID `usher:"optional"` // default: the command names a team
	Team usher.TeamID `usher:"optional"` // default: the command names a user
}

func (c TakeRoleOn) asks(q *proposing) requirement { return q.shares(c.On) }

// propose also takes a role that the policy lacks. The role of a team belongs to no single user, so
// that taking it needs the permission alone, like removing a user from the team.
func (c TakeRoleOn) propose(q *proposing) error {
	h := Holder{c.User, c.Team}
	if err := q.knownHolder(h); err != nil {
		return err
	}
	_, has := slices.BinarySearch(q.rolesOf(h, c.On), c.Role)
	o := q.withdrawal(c.slot())
	if !has && o.isEmpty() {
		return q.roleOn(c.Role, c.On.Type)
	}
	if c.User != "" {
		if err := q.checkRank(c.User, q.find(c.User)); err != nil {
			return err
		}
	}
	if has {
		if err := q.emit(RoleOnTaken{User: c.User, Team: c.Team, Role: c.Role, Type: c.On.Type, ID: c.On.ID}); err != nil {
			return err
		}
	}
	return q.emitOutline(o)
}

func (c TakeRoleOn) slot() slot {
	return slot{kind: roleOnOf, user: c.User, team: c.Team, role: c.Role, on: c.On}
}

func (c TakeRoleOn) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c TakeRoleOn) withPlanned(_ *proposing, u *policy.User) *policy.User { return u }

func (c TakeRoleOn) describe() string {
	return Holder{c.User, c.Team}.word() + " " + word(c.Role) + " on " + ref(c.On)
}

// RoleOnGiven gives a user or a team a role on a resource. One of User and Team is "".
type RoleOnGiven struct {
	User usher.UserID `json:"user,omitempty"`
	Team usher.TeamID `json:"team,omitempty"`
	Role role.Name    `json:"role"`
	Type string       `json:"type"`
	ID   string       `json:"id"`
}

func (c RoleOnGiven) apply(d *draft) error {
	h, on := Holder{c.User, c.Team}, usher.Ref{Type: c.Type, ID: c.ID}
	switch {
	case c.Role == "" || on.Type == "" || on.ID == "":
		return errors.New("the role, the type and the id must be set")
	case (c.User == "") == (c.Team == ""):
		return errors.New("either a user or a team must be set")
	}
	if err := d.checkHolder(h); err != nil {
		return err
	}
	held := d.rolesOf(h, on)
	at, has := slices.BinarySearch(held, c.Role)
	if has {
		return printable.Errorf("%s already has the role %q on %s", h.word(), c.Role, ref(on))
	}
	d.rolesOn().set(h, on, slices.Insert(slices.Clone(held), at, c.Role))
	return nil
}

func (c RoleOnGiven) describe() string {
	return Holder{c.User, c.Team}.words() + " gets the role " + word(c.Role) + " on " + ref(usher.Ref{Type: c.Type, ID: c.ID})
}

// RoleOnTaken takes a role on a resource from a user or a team. One of User and Team is "".
type RoleOnTaken struct {
	User usher.UserID `json:"user,omitempty"`
	Team usher.TeamID `json:"team,omitempty"`
	Role role.Name    `json:"role"`
	Type string       `json:"type"`
	ID   string       `json:"id"`
}

func (c RoleOnTaken) apply(d *draft) error {
	h, on := Holder{c.User, c.Team}, usher.Ref{Type: c.Type, ID: c.ID}
	if (c.User == "") == (c.Team == "") {
		return errors.New("either a user or a team must be set")
	}
	held := d.rolesOf(h, on)
	at, has := slices.BinarySearch(held, c.Role)
	if !has {
		return printable.Errorf("%s does not have the role %q on %s", h.word(), c.Role, ref(on))
	}
	d.rolesOn().set(h, on, without(held, at))
	return nil
}

func (c RoleOnTaken) describe() string {
	return Holder{c.User, c.Team}.words() + " loses the role " + word(c.Role) + " on " + ref(usher.Ref{Type: c.Type, ID: c.ID})
}

// roleOn rejects the command with CodeUnknownRole if the policy has no such role on resources of a
// type, and with CodeInvalid if the type is empty.
func (q *proposing) roleOn(name role.Name, resourceType string) error {
	if code, text := q.noType(resourceType); text != "" {
		return q.refuse(code, "%s", text)
	}
	r, ok := q.policy.Role(name)
	switch {
	case ok && r.OnResource != "" && r.OnResource == resourceType:
		return nil
	case ok && r.OnResource != "":
		return q.refuse(CodeUnknownRole, "%s is held on %s, not on %s", name, r.OnResource, resourceType)
	case ok && r.OnTeam:
		return q.refuse(CodeUnknownRole, "%s is not held on %s; it is a team role: use set-team-role", name, resourceType)
	case ok && r.Beside:
		return q.refuse(CodeUnknownRole, "%s is not held on %s; it is a role beside the account role: use set-role-beside", name, resourceType)
	case ok:
		return q.refuse(CodeUnknownRole, "%s is not held on %s; it is an account role: use set-role", name, resourceType)
	}
	var names []string
	for _, r := range q.policy.Roles() {
		if r.OnResource != "" && r.OnResource == resourceType {
			names = append(names, string(r.Name))
		}
	}
	return q.refuse(CodeUnknownRole, "%s has no role %q that is held on %s%s", q.policyName(), name, resourceType, suggest.DidYouMean(string(name), names))
}

// checkRoomOn rejects the command if a holder would have roles on too many resources, or a resource
// too many holders. IsNew states that the holder has no role on the resource yet.
func (q *proposing) checkRoomOn(h Holder, on usher.Ref, isNew bool) error {
	if !isNew {
		return nil
	}
	limit := MaxResourcesOfUser
	if h.Team != "" {
		limit = MaxResourcesOfTeam
	}
	if n := q.countOn(h); n >= limit {
		return q.refuse(CodeTooManyRoles, "%s can have roles on at most %d resources, and has them on %d; take-role-on or forget makes room", h.words(), limit, n)
	}
	users, teams := q.holdersOfResource(on)
	if n := users.len() + teams.len(); n >= MaxHoldersOfResource {
		return q.refuse(CodeTooManyRoles, "at most %d users and teams can have roles on %s, and %d have; give the role to a team instead", MaxHoldersOfResource, ref(on), n)
	}
	return nil
}

// importRolesOn gives roles on resources, in the order of the Seed.
func (q *proposing) importRolesOn(c *Seed) error {
	for _, given := range c.RolesOn {
		if err := q.interrupted(); err != nil {
			return err
		}
		if len(given.Roles) == 0 {
			return q.refuse(CodeInvalid, "%s has no role on %s; leave the resource out", given.Holder.words(), ref(given.On))
		}
		for _, name := range given.Roles {
			give := GiveRoleOn{User: given.User, Team: given.Team, Role: name, On: given.On}
			if err := give.propose(q); err != nil {
				return err
			}
		}
	}
	return nil
}
