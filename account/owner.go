package account

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/role"
)

var accountTransfer = permission.MustParse("account.transfer")

// TransferOwnership hands the unique role over to an active user. The user who had it gets
// the role that it hands over to. Of both, seats that the new role may not hold are
// released, and then those that it requires are taken. account.transfer.
type TransferOwnership struct {
	To usher.UserID
}

func (TransferOwnership) asks(*proposing) requirement { return needs(accountTransfer, parties{}) }

// propose hands the unique role over. Both users change at once.
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
	if err := q.free(owner, from, becomes, from.Status); err != nil {
		return err
	}
	if err := q.free(c.To, to, unique, to.Status); err != nil {
		return err
	}
	if err := q.emit(OwnershipTransferred{From: owner, To: c.To, Was: to.Role, Becomes: becomes.Name}); err != nil {
		return err
	}
	if err := q.take(owner, from, becomes, from.Status); err != nil {
		return err
	}
	return q.take(c.To, to, unique, to.Status)
}

func (c TransferOwnership) describe() string { return "to " + word(c.To) }

// OwnershipTransferred hands the unique role from one user, who gets the role
// Becomes, to another, who had the role Was.
type OwnershipTransferred struct {
	From    usher.UserID `json:"from"`
	To      usher.UserID `json:"to"`
	Was     role.Name    `json:"was"`
	Becomes role.Name    `json:"becomes"`
}

func (c OwnershipTransferred) apply(d *draft) error {
	from, err := d.known(c.From)
	if err != nil {
		return err
	}
	to, err := d.known(c.To)
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

// ownerHolds refuses to give the unique role to a user in any other way.
func (q *proposing) ownerHolds(unique role.Role) error {
	return q.refuse(CodeUniqueRole, "%s is held by %s, and moves only by transfer-ownership", unique.Name, q.next.owner)
}

// keepsUnique refuses to take the unique role from its holder.
func (q *proposing) keepsUnique(id usher.UserID) error {
	return q.refuse(CodeUniqueRole, "%s is the %s; transfer-ownership makes somebody else that first", id, q.next.unique)
}
