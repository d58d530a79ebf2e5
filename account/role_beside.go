package account

import (
	"iter"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// SetRoleBeside gives a user a role beside the account role. The user keeps the account role, the
// seats and the other roles beside. Requires user.set-role on {user}.
type SetRoleBeside struct {
	User  usher.UserID
	Role  role.Name `usher:"role-beside"`
	From  time.Time `usher:"optional"` // default: now
	Until time.Time `usher:"optional"` // default: no end
}

func (c SetRoleBeside) asks(*proposing) requirement {
	return needs(userSetRole, of(c.User)).giving(c.Role)
}

func (c SetRoleBeside) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	if err := q.roleBeside(c.Role); err != nil {
		return err
	}
	t, err := q.termOf(c.From, c.Until)
	if err != nil {
		return err
	}
	sets, unsets := SetRoleBeside{User: c.User, Role: c.Role}, UnsetRoleBeside{User: c.User, Role: c.Role}
	at, held := slices.BinarySearch(u.Beside, c.Role)
	now := scheduling(unsets)
	if held {
		now = sets
	}
	o, _ := q.outlineOf(t, sets, now, unsets)
	changes := t.from.IsZero() && !held
	if !changes && o.isEmpty() {
		return nil
	}
	q.outline = o
	changed := *u
	if changes {
		changed.Beside = slices.Insert(slices.Clone(u.Beside), at, c.Role)
	}
	if err := q.checkGives(c.User, u, &changed, of(c.User)); err != nil {
		return err
	}
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	if changes {
		if err := q.emit(RoleBesideSet{User: c.User, Role: c.Role}); err != nil {
			return err
		}
	}
	return q.emitOutline(o)
}

func (c SetRoleBeside) slot() slot { return slot{kind: roleBesideOf, user: c.User, role: c.Role} }

func (c SetRoleBeside) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c SetRoleBeside) withPlanned(_ *proposing, u *policy.User) *policy.User {
	at, held := slices.BinarySearch(u.Beside, c.Role)
	if held {
		return u
	}
	changed := *u
	changed.Beside = slices.Insert(slices.Clone(u.Beside), at, c.Role)
	return &changed
}

func (c SetRoleBeside) describe() string {
	return word(c.User) + " " + word(c.Role) + during(c.From, c.Until)
}

// UnsetRoleBeside removes a role that a user has beside the account role, and what is scheduled for it.
// Requires user.set-role on {user}.
type UnsetRoleBeside struct {
	User usher.UserID
	Role role.Name `usher:"role-beside"`
}

func (c UnsetRoleBeside) asks(*proposing) requirement { return needs(userSetRole, of(c.User)) }

// propose also removes a role that the policy lacks.
func (c UnsetRoleBeside) propose(q *proposing) error {
	u, err := q.user(c.User)
	if err != nil {
		return err
	}
	at, held := slices.BinarySearch(u.Beside, c.Role)
	q.outline = q.withdrawal(c.slot())
	if !held && q.outline.isEmpty() {
		return q.roleBeside(c.Role)
	}
	changed := *u
	if held {
		changed.Beside = without(u.Beside, at)
	}
	if err := q.checkTakes(c.User, u, &changed); err != nil {
		return err
	}
	if held {
		if err := q.emit(RoleBesideUnset(c)); err != nil {
			return err
		}
	}
	return q.emitOutline(q.outline)
}

func (c UnsetRoleBeside) slot() slot { return slot{kind: roleBesideOf, user: c.User, role: c.Role} }

func (c UnsetRoleBeside) happen(q *proposing, _ bool, _ manner) error { return c.propose(q) }

func (c UnsetRoleBeside) withPlanned(_ *proposing, u *policy.User) *policy.User {
	at, held := slices.BinarySearch(u.Beside, c.Role)
	if !held {
		return u
	}
	changed := *u
	changed.Beside = without(u.Beside, at)
	return &changed
}

func (c UnsetRoleBeside) helps(q *proposing, u *policy.User) bool {
	return q.hasMismatch(u, unknownRoleBeside, string(c.Role))
}

func (c UnsetRoleBeside) describe() string { return word(c.User) + " " + word(c.Role) }

// RoleBesideSet gives a user a role beside the account role.
type RoleBesideSet struct {
	User usher.UserID `json:"user"`
	Role role.Name    `json:"role"`
}

func (c RoleBesideSet) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	at, held := slices.BinarySearch(u.Beside, c.Role)
	if held || c.Role == "" {
		return printable.Errorf("%s already has the role %q beside", c.User, c.Role)
	}
	d.setBeside(c.User, u, slices.Insert(slices.Clone(u.Beside), at, c.Role))
	return nil
}

func (c RoleBesideSet) describe() string {
	return word(c.User) + " gets the role " + word(c.Role) + " beside the account role"
}

// RoleBesideUnset removes a role that a user has beside the account role.
type RoleBesideUnset struct {
	User usher.UserID `json:"user"`
	Role role.Name    `json:"role"`
}

func (c RoleBesideUnset) apply(d *draft) error {
	u, err := d.lookUp(c.User)
	if err != nil {
		return err
	}
	at, held := slices.BinarySearch(u.Beside, c.Role)
	if !held {
		return printable.Errorf("%s does not have the role %q beside", c.User, c.Role)
	}
	d.setBeside(c.User, u, without(u.Beside, at))
	return nil
}

func (c RoleBesideUnset) describe() string {
	return word(c.User) + " loses the role " + word(c.Role) + " beside the account role"
}

func (d *draft) setBeside(id usher.UserID, u *policy.User, roles []role.Name) {
	changed := *u
	changed.Beside = roles
	d.countUser(u, -1)
	d.countUser(&changed, 1)
	d.put(id, changed)
}

// roleBeside rejects the command with CodeUnknownRole if the policy has no such role beside the
// account role.
func (q *proposing) roleBeside(name role.Name) error {
	r, ok := q.policy.Role(name)
	switch {
	case ok && r.Beside:
		return nil
	case ok && r.OnTeam:
		return q.refuse(CodeUnknownRole, "%s is not a role beside the account role; it is a team role: use set-team-role", name)
	case ok && r.OnResource != "":
		return q.refuse(CodeUnknownRole, "%s is not a role beside the account role; it is held on a single %s: use give-role-on", name, r.OnResource)
	case ok:
		return q.refuse(CodeUnknownRole, "%s is not a role beside the account role; it is an account role: use set-role", name)
	}
	var names []string
	for _, r := range q.policy.Roles() {
		if r.Beside {
			names = append(names, string(r.Name))
		}
	}
	return q.refuse(CodeUnknownRole, "%s has no role beside %q%s", q.policyName(), name, suggest.DidYouMean(string(name), names))
}

// besideCount is how many users have an account role together with exactly these roles beside it.
// A user can count for a bound by several roles, so the numbers of single roles are not enough.
type besideCount struct {
	role   role.Name
	beside []role.Name
	count
}

// countedAs returns the status as which a user counts. A service account never counts as active, because
// a role that needs active users needs persons.
func countedAs(u *policy.User) usher.Status {
	if u.Kind == usher.ServiceAccount && u.Status == usher.Active {
		return usher.Inactive
	}
	return u.Status
}

// countUser adds a user to the counts of roles, or with by = -1 removes one.
func (d *draft) countUser(u *policy.User, by int) {
	d.countRole(u.Role, countedAs(u), by)
	if len(u.Beside) > 0 {
		if d.beside == nil {
			d.beside = d.next.beside.Edit()
		}
		countBeside(d.beside, u, by)
	}
}

// besideEdit is a table of counts in the making.
type besideEdit interface {
	Find(string) (besideCount, bool)
	Set(string, besideCount)
	Delete(string)
}

// countBeside adds users with the same roles to the counts, or with a negative number removes them.
func countBeside(counts besideEdit, u *policy.User, by int) {
	key := appendText(nil, string(u.Role))
	for _, name := range u.Beside {
		key = appendText(key, string(name))
	}
	c, _ := counts.Find(string(key))
	c = besideCount{u.Role, u.Beside, c.add(countedAs(u), by)}
	if c.count == (count{}) {
		counts.Delete(string(key))
		return
	}
	counts.Set(string(key), c)
}

// holders counts the users who have roles, in a state or in a draft.
type holders struct {
	counts map[role.Name]count
	beside iter.Seq2[string, besideCount]
}

func (s *State) holders() holders { return holders{s.counts, s.beside.All()} }

func (d *draft) holders() holders {
	if d.beside == nil {
		return d.next.holders()
	}
	return holders{d.next.counts, d.beside.All()}
}

// all returns how many users have the role of a bound, whatever their status.
func (h holders) all(p *policy.Policy, b policy.Bound) (n int) {
	if r, _ := p.Role(b.Role); !r.Beside {
		return h.counts[b.Role].all
	}
	for _, c := range h.beside {
		if slices.Contains(c.beside, b.Role) {
			n += c.all
		}
	}
	return n
}

// active returns how many active users count for the at-least of a bound, each once.
func (h holders) active(p *policy.Policy, b policy.Bound) (n int) {
	var ofAccount, beside []role.Name
	for _, name := range b.Holders {
		if r, _ := p.Role(name); r.Beside {
			beside = append(beside, name)
		} else {
			ofAccount = append(ofAccount, name)
			n += h.counts[name].active
		}
	}
	if len(beside) == 0 {
		return n
	}
	for _, c := range h.beside {
		if !slices.Contains(ofAccount, c.role) && slices.ContainsFunc(c.beside, func(name role.Name) bool { return slices.Contains(beside, name) }) {
			n += c.active
		}
	}
	return n
}
