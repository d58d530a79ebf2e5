package account

import (
	"iter"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var accountTransfer = permission.MustParse("account.transfer")

// TransferOwnership gives the unique role to another active user. The user who had it gets
// the role that the policy names in hands-over-to. For both users, team roles, grants and seats
// that the new role cannot have are taken away, and then seats that it requires are given. Requires
// account.transfer. If the policy has no unique role, the command is rejected with
// CodeUnknownRole.
//
// If not exactly one user has the unique role, because an earlier policy had none, only the
// host can run the command. All other holders then get the role of hands-over-to.
type TransferOwnership struct {
	To usher.UserID
}

func (TransferOwnership) asks(*proposing) requirement { return needs(accountTransfer, parties{}) }

// propose changes both users at once.
func (c TransferOwnership) propose(q *proposing) error {
	unique := q.policy.UniqueRole()
	if unique.Name == "" {
		return q.refuse(CodeUnknownRole, "%s has no unique role, so ownership cannot be transferred; set-role gives any role", q.policyName())
	}
	to, err := q.user(c.To)
	if err != nil || c.To == q.next.owner {
		return err
	}
	if to.Kind == usher.ServiceAccount {
		return q.refuse(CodeInvalid, "%s is a service account, and only a person can be the %s", c.To, unique.Name)
	}
	if to.Status != usher.Active {
		return q.refuse(CodeInactive, "%s is %s, and only an active user can be the %s", c.To, to.Status, unique.Name)
	}
	becomes, _ := q.policy.Role(unique.HandsOverTo)
	if q.next.owner == "" && q.next.defines(unique.Name) {
		return q.refuse(CodeRoleInUse, "%s defines a role %s of its own, whose holders do not own the account; delete-role removes it first", q.next.account, unique.Name)
	}
	if q.next.owner == "" {
		return q.appointOwner(c.To, unique, becomes)
	}
	owner := q.next.owner
	from := q.find(owner)
	if from == nil || from.Role != unique.Name {
		return printable.Errorf("%s: %s does not hold the role %s: %w", Describe(c), owner, unique.Name, usher.ErrUndeclared)
	}
	before, taken := q.withRole(owner, from, becomes)
	after, takenToo := q.withRole(c.To, to, unique)
	if err := q.releaseSeats(owner, from, before); err != nil {
		return err
	}
	if err := q.releaseSeats(c.To, to, after); err != nil {
		return err
	}
	changes := append(slices.Concat(taken, takenToo), OwnershipTransferred{From: owner, To: c.To, Was: to.Role, Becomes: becomes.Name})
	if err := q.emit(changes...); err != nil {
		return err
	}
	if err := q.takeSeats(owner, from, before); err != nil {
		return err
	}
	return q.takeSeats(c.To, to, after)
}

// helps reports whether a user's only mismatch is that several users have the unique role.
func (TransferOwnership) helps(q *proposing, u *policy.User) bool {
	f := q.fitter()
	shared := false
	others := false
	f.each(u, func(m mismatch) {
		shared, others = shared || m.kind == sharedUnique, others || m.kind != sharedUnique
	})
	return shared && !others
}

func (c TransferOwnership) describe() string { return "to " + word(c.To) }

// OwnershipTransferred gives the unique role to To, who had the role Was. From, who had the
// unique role, gets the role Becomes.
type OwnershipTransferred struct {
	From    usher.UserID `json:"from"`
	To      usher.UserID `json:"to"`
	Was     role.Name    `json:"was"`
	Becomes role.Name    `json:"becomes"`
}

func (c OwnershipTransferred) apply(d *draft) error {
	from, err := d.lookUp(c.From)
	if err != nil {
		return err
	}
	to, err := d.lookUp(c.To)
	switch {
	case err != nil:
		return err
	case c.From != d.next.owner || c.To == c.From:
		return printable.Errorf("%s has the unique role %s", d.next.owner, d.next.unique)
	case to.Role != c.Was:
		return printable.Errorf("%s has the role %s, not %s", c.To, to.Role, c.Was)
	case c.Becomes == "" || c.Becomes == d.next.unique:
		return printable.Errorf("%s cannot become %q", c.From, c.Becomes)
	}
	d.setRole(c.From, from, c.Becomes)
	d.setRole(c.To, to, d.next.unique)
	d.next.owner = c.To
	return nil
}

func (c OwnershipTransferred) describe() string {
	return word(c.From) + " hands the account over to " + word(c.To) + ", who was " + word(c.Was) + ", and becomes " + word(c.Becomes)
}

// appointOwner gives the unique role to a user of an account without an owner. All other holders
// get another role.
func (q *proposing) appointOwner(to usher.UserID, unique, becomes role.Role) error {
	var others []usher.UserID
	for id, u := range q.all() {
		if u.Role == unique.Name && usher.UserID(id) != to {
			others = append(others, usher.UserID(id))
		}
	}
	slices.Sort(others)
	for _, id := range others {
		if err := q.replaceRole(id, becomes); err != nil {
			return err
		}
	}
	if q.find(to).Role != unique.Name {
		if err := q.replaceRole(to, unique); err != nil {
			return err
		}
	}
	return q.emit(OwnershipBegun{Owner: to, Unique: unique.Name})
}

// adoptOwnership brings the state into line with the policy, before the first command: if the
// policy has no unique role, the account has no owner any more; if the policy has one and the
// account has no owner, the only holder becomes it.
func (q *proposing) adoptOwnership() error {
	unique := q.policy.UniqueRole().Name
	if !q.next.created || unique == q.next.unique {
		return nil
	}
	if unique == "" {
		return q.emit(OwnershipEnded{Owner: q.next.owner, Unique: q.next.unique})
	}
	if owner := q.next.ownerIn(q.all(), unique); q.next.unique == "" && owner != "" {
		return q.emit(OwnershipBegun{Owner: owner, Unique: unique})
	}
	return nil
}

// ownerUnder returns the only user with a role that is unique under a policy, or "".
func (s *State) ownerUnder(unique role.Name) usher.UserID {
	return s.ownerIn(s.all(), unique)
}

func (s *State) ownerIn(users iter.Seq2[string, *policy.User], unique role.Name) usher.UserID {
	switch {
	case unique == "" || s.unique != "" && s.unique != unique:
		return ""
	case s.unique == unique:
		return s.owner
	case s.counts[unique].all != 1 || s.defines(unique):
		return ""
	}
	for id, u := range users {
		if u.Role == unique {
			return usher.UserID(id)
		}
	}
	return ""
}

// OwnershipBegun states that a role is unique from now on, and Owner its only holder. It
// follows when the policy gets a unique role.
type OwnershipBegun struct {
	Owner  usher.UserID `json:"owner"`
	Unique role.Name    `json:"unique"`
}

func (c OwnershipBegun) apply(d *draft) error {
	u, err := d.lookUp(c.Owner)
	switch {
	case err != nil:
		return err
	case d.next.unique != "":
		return printable.Errorf("%s has the unique role %s", d.next.owner, d.next.unique)
	case c.Unique == "" || u.Role != c.Unique || d.next.counts[c.Unique].all != 1:
		return printable.Errorf("%s is not the only user with the role %q", c.Owner, c.Unique)
	}
	d.next.owner, d.next.unique = c.Owner, c.Unique
	return nil
}

func (c OwnershipBegun) describe() string {
	return "the role " + word(c.Unique) + " is unique from now on, and " + word(c.Owner) + " has it"
}

// OwnershipEnded states that the role of Owner is not unique any more. It follows when the
// policy loses its unique role.
type OwnershipEnded struct {
	Owner  usher.UserID `json:"owner"`
	Unique role.Name    `json:"unique"`
}

func (c OwnershipEnded) apply(d *draft) error {
	if c.Owner == "" || c.Owner != d.next.owner || c.Unique != d.next.unique {
		return printable.Errorf("%q has the unique role %q", d.next.owner, d.next.unique)
	}
	d.next.owner, d.next.unique = "", ""
	return nil
}

func (c OwnershipEnded) describe() string {
	return "the role " + word(c.Unique) + " of " + word(c.Owner) + " is not unique any more"
}

// refuseUniqueRole rejects a command that would give the unique role without a transfer.
func (q *proposing) refuseUniqueRole(unique role.Role) error {
	if q.next.owner == "" {
		return q.refuse(CodeUniqueRole, "%s is the unique role, and %d users have it; only transfer-ownership by the host gives it", unique.Name, q.next.counts[unique.Name].all)
	}
	return q.refuse(CodeUniqueRole, "%s has the role %s; only transfer-ownership gives it to another user", q.next.owner, unique.Name)
}

// refuseOwner rejects a command that would take the unique role from its holder.
func (q *proposing) refuseOwner(id usher.UserID) error {
	return q.refuse(CodeUniqueRole, "%s has the role %s; give it to another user with transfer-ownership first", id, q.next.unique)
}
