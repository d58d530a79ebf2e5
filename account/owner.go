package account

import (
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/role"
)

var accountTransfer = permission.MustParse("account.transfer")

// TransferOwnership gives the unique role to another active user. The user who had it gets
// the role that the policy names in hands-over-to. For both users, team roles, grants and seats
// that the new role cannot have are taken away, and then seats that it requires are given. Requires
// account.transfer.
type TransferOwnership struct {
	To usher.UserID
}

func (TransferOwnership) asks(*proposing) requirement { return needs(accountTransfer, parties{}) }

// propose changes both users at once.
func (c TransferOwnership) propose(q *proposing) error {
	to, err := q.user(c.To)
	if err != nil || c.To == q.next.owner {
		return err
	}
	if to.Status != usher.Active {
		return q.refuse(CodeInactive, "%s is %s, and only an active user can be the %s", c.To, to.Status, q.next.unique)
	}
	from := q.find(q.next.owner)
	unique := q.policy.UniqueRole()
	becomes, ok := q.policy.Role(unique.HandsOverTo)
	if !ok || from == nil || from.Role != unique.Name {
		return printable.Errorf("%s: %s does not hold the role %s: %w", Describe(c), q.next.owner, unique.Name, usher.ErrUndeclared)
	}
	owner := q.next.owner
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

// refuseUniqueRole rejects a command that would give the unique role without a transfer.
func (q *proposing) refuseUniqueRole(unique role.Role) error {
	return q.refuse(CodeUniqueRole, "%s has the role %s; only transfer-ownership gives it to another user", q.next.owner, unique.Name)
}

// refuseOwner rejects a command that would take the unique role from its holder.
func (q *proposing) refuseOwner(id usher.UserID) error {
	return q.refuse(CodeUniqueRole, "%s has the role %s; give it to another user with transfer-ownership first", id, q.next.unique)
}
