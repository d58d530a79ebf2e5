package account

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var userSetRole = permission.MustParse("user.set-role")

// SetRole gives a user another account role. Team roles and grants that users with the new role
// cannot have are taken away. Seats that the roles then do not allow are released, seats that they
// require are taken, and the user keeps the others. With an end, the user falls back to the role that
// the user would have without the command, or to the default role if that is the same. Requires
// user.set-role on {user}.
type SetRole struct {
	User  usher.UserID
	Role  role.Name
	From  time.Time `usher:"optional"` // default: now
	Until time.Time `usher:"optional"` // default: no end
}

func (c SetRole) asks(*proposing) requirement { return needs(userSetRole, of(c.User)).giving(c.Role) }

func (c SetRole) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	r, err := q.accountRole(c.Role)
	if err != nil {
		return err
	}
	t, err := q.termOf(c.From, c.Until)
	if err != nil {
		return err
	}
	changes := t.from.IsZero() && u.Role != r.Name
	o, ok := q.outlineOf(t, SetRole{User: c.User, Role: r.Name}, SetRole{User: c.User, Role: u.Role}, SetRole{User: c.User, Role: q.policy.DefaultRole().Name})
	switch {
	case !changes && o.isEmpty():
		return nil
	case c.User == q.next.owner:
		return q.refuseOwner(c.User)
	case r.Unique:
		return q.refuseUniqueRole(r)
	case !ok:
		return q.refuse(CodeInvalid, "%s has the role %s after that too, because it is the default role; leave out the end", c.User, r.Name)
	}
	q.outline = o
	changed := u
	if changes {
		changed, _ = q.withRole(c.User, u, r)
	}
	if err := q.checkChanges(c.User, u, changed); err != nil {
		return err
	}
	if changes {
		if err := q.replaceRole(c.User, r); err != nil {
			return err
		}
	}
	return q.emitOutline(o)
}

func (c SetRole) slot() slot { return slot{kind: accountRoleOf, user: c.User} }

// happen gives the role, at the time of an entry. The role after an end is given in any case.
func (c SetRole) happen(q *proposing, ends bool, how manner) error {
	u, err := q.user(c.User)
	if ends {
		c = c.atEnd(q)
	}
	if err != nil || u.Role == c.Role {
		return err
	}
	r, err := q.accountRole(c.Role)
	switch {
	case c.User == q.next.owner:
		return q.refuseOwner(c.User)
	case err == nil && r.Unique:
		return q.refuseUniqueRole(r)
	case err != nil && !ends:
		return err
	case err != nil:
		return q.emit(RoleSet{User: c.User, From: u.Role, To: c.Role})
	case how == withoutSeats, how == seatless:
		return q.replaceRoleInactive(c.User, r)
	}
	return q.replaceRole(c.User, r)
}

// atEnd returns what an end gives: instead of a role that became unique under another policy, the default role.
func (c SetRole) atEnd(q *proposing) SetRole {
	if r, ok := q.policy.Role(c.Role); ok && r.Unique {
		c.Role = q.policy.DefaultRole().Name
	}
	return c
}

// replaceRoleInactive is replaceRole for a user who becomes inactive at the same time.
func (q *proposing) replaceRoleInactive(id usher.UserID, r role.Role) error {
	u := q.find(id)
	changed, changes := q.withRole(id, u, r)
	changed.Status = usher.Inactive
	changes = append(changes, RoleSet{User: id, From: u.Role, To: r.Name})
	if u.Status != usher.Inactive {
		changes = append(changes, StatusSet{User: id, From: u.Status, To: usher.Inactive})
	}
	return q.emitWithSeats(id, u, changed, changes...)
}

// withPlanned returns a copy of a user with the role of an entry, as far as the policy has it.
func (c SetRole) withPlanned(q *proposing, u *policy.User) *policy.User {
	r, err := q.accountRole(c.Role)
	if err != nil || r.Unique {
		return u
	}
	changed, _ := q.withRole(c.User, u, r)
	return changed
}

// endsFor is withPlanned for an end, which gives the role although the policy lacks it.
func (c SetRole) endsFor(q *proposing, u *policy.User) *policy.User {
	if _, err := q.accountRole(c.Role); err == nil {
		return c.withPlanned(q, u)
	}
	changed := *u
	changed.Role = c.Role
	return &changed
}

// replaceRole changes a user's account role, takes away what users with it cannot have, and releases
// and takes the seats that follow.
func (q *proposing) replaceRole(id usher.UserID, r role.Role) error {
	u := q.find(id)
	changed, changes := q.withRole(id, u, r)
	return q.emitWithSeats(id, u, changed, append(changes, RoleSet{User: id, From: u.Role, To: r.Name})...)
}

func (SetRole) helps(*proposing, *policy.User) bool { return true }

func (c SetRole) describe() string {
	return word(c.User) + " " + word(c.Role) + during(c.From, c.Until)
}

// RoleSet changes a user's account role, from and to a role that is not the unique one.
type RoleSet struct {
	User usher.UserID `json:"user"`
	From role.Name    `json:"from"`
	To   role.Name    `json:"to"`
}

func (c RoleSet) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	switch {
	case err != nil:
		return err
	case u.Role != c.From:
		return printable.Errorf("%s has the role %s, not %s", c.User, u.Role, c.From)
	case c.To == "" || c.To == c.From || c.To == d.next.unique || c.From == d.next.unique:
		return printable.Errorf("the role cannot change from %s to %q", c.From, c.To)
	}
	d.setRole(c.User, u, c.To)
	return nil
}

func (c RoleSet) describe() string {
	return word(c.User) + ": " + word(c.From) + " becomes " + word(c.To)
}

func (d *draft) setRole(id usher.UserID, u *policy.User, to role.Name) {
	changed := *u
	changed.Role = to
	d.countUser(u, -1)
	d.countUser(&changed, 1)
	d.put(id, changed)
}

// countRole adds a user to the count of a role, or with by = -1 removes one.
func (d *draft) countRole(name role.Name, status usher.Status, by int) {
	if !d.ownCounts {
		d.next.counts = maps.Clone(d.next.counts)
		d.ownCounts = true
	}
	if d.next.counts == nil {
		d.next.counts = map[role.Name]count{}
	}
	c := d.next.counts[name].add(status, by)
	if c == (count{}) {
		delete(d.next.counts, name)
		return
	}
	d.next.counts[name] = c
}

// accountRole returns an account role of the policy, or rejects the command with
// CodeUnknownRole.
func (q *proposing) accountRole(name role.Name) (role.Role, error) {
	return q.role(name, false)
}

func (q *proposing) teamRole(name role.Name) error {
	_, err := q.role(name, true)
	return err
}

func (q *proposing) role(name role.Name, onTeam bool) (role.Role, error) {
	r, ok := q.policy.Role(name)
	if ok && r.OnTeam == onTeam && !r.Beside && r.OnResource == "" {
		return r, nil
	}
	article, kind, remedy := "an", "account role", "it is a team role: use set-team-role"
	if onTeam {
		article, kind, remedy = "a", "team role", "it is an account role: use set-role"
	}
	if r.Beside {
		remedy = "it is a role beside the account role: use set-role-beside"
	}
	if r.OnResource != "" {
		remedy = "it is held on a single " + r.OnResource + ": use give-role-on"
	}
	if ok {
		return role.Role{}, q.refuse(CodeUnknownRole, "%s is not %s %s; %s", name, article, kind, remedy)
	}
	var names []string
	for _, r := range q.policy.Roles() {
		if r.OnTeam == onTeam && !r.Beside && r.OnResource == "" {
			names = append(names, string(r.Name))
		}
	}
	return role.Role{}, q.refuse(CodeUnknownRole, "%s has no %s %q%s", q.policyName(), kind, name, suggest.DidYouMean(string(name), names))
}

// roleOf returns a user's account role. If the policy lacks the role, commands that help such
// a user get a role with only a name, which has no bounds and requires and forbids no seats;
// all other commands get an error.
func (q *proposing) roleOf(id usher.UserID, u *policy.User) (role.Role, error) {
	r, ok := q.policy.Role(u.Role)
	switch {
	case ok && r.OfAccount():
		return r, nil
	case q.helps(u):
		return role.Role{Name: u.Role}, nil
	default:
		return role.Role{}, printable.Errorf("%s: %s has the role %s: %w", Describe(q.command), id, u.Role, usher.ErrUndeclared)
	}
}

// neededHolder returns the bound of the role that an account under a policy without a unique
// role needs an active holder of; ok is false if there is none.
func neededHolder(p *policy.Policy) (b policy.Bound, ok bool) {
	first := p.FirstRole()
	if first.Unique || first.AtLeast == 0 {
		return policy.Bound{}, false
	}
	i := slices.IndexFunc(p.Bounds(), func(b policy.Bound) bool { return b.Role == first.Name })
	return p.Bounds()[i], true
}

func (q *proposing) checkAtMost(s *State, b policy.Bound) error {
	was, is := s.holders().all(q.policy, b), q.holders().all(q.policy, b)
	if b.AtMost == 0 || is <= b.AtMost || is <= was {
		return nil
	}
	q.blame(s.lastRise(q.outcome.Changes, q.ends, func(d *draft) int { return d.holders().all(q.policy, b) }))
	return q.refuse(CodeRoleFull, "at most %s may have the role %s; %s it, and %d would",
		users(b.AtMost), b.Role, counted(was, "has", "have"), is)
}

func (q *proposing) checkAtLeast(s *State, b policy.Bound) error {
	was, is := s.holders().active(q.policy, b), q.holders().active(q.policy, b)
	if is >= b.AtLeast || is >= was {
		return nil
	}
	q.blame(s.lastRise(q.outcome.Changes, q.ends, func(d *draft) int { return -d.holders().active(q.policy, b) }))
	return q.refuse(CodeLastHolder, "at least %s must be active with the role %s%s; %s, and %d would be",
		users(b.AtLeast), b.Role, including(b), counted(was, "is", "are"), is)
}

// including lists the roles that count as another one: ", or with admin or owner, which
// include it".
func including(b policy.Bound) string {
	var names []string
	for _, name := range b.Holders {
		if name != b.Role {
			names = append(names, string(name))
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return ", or with " + names[0] + ", which includes it"
	}
	return ", or with " + strings.Join(names, " or ") + ", which include it"
}
