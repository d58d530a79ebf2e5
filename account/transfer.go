package account

import (
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

var (
	accountTransfer = permission.MustParse("account.transfer")
	accountDelete   = permission.MustParse("account.delete")
)

func (CreateAccount) asks(*proposing) requirement { return requirement{creates: true} }

func (c CreateAccount) propose(q *proposing) error {
	pools := slices.Sorted(maps.Keys(c.Seats))
	for _, name := range pools {
		if _, err := q.pool(name); err != nil {
			return err
		}
	}
	for _, name := range pools {
		if err := checkTotal(c.Seats[name]); err != nil {
			return q.refuse(Invalid, "%v", err)
		}
	}
	if err := checkID("user", string(c.Owner)); err != nil {
		return q.refuse(Invalid, "%v", err)
	}
	if q.existed() {
		return q.exists()
	}
	unique := q.policy.UniqueRole()
	if err := q.emit(AccountCreated{Owner: c.Owner, Unique: unique.Name}); err != nil {
		return err
	}
	for _, name := range pools {
		if c.Seats[name] == 0 {
			continue
		}
		if err := q.emit(SeatsSet{Pool: name, To: c.Seats[name]}); err != nil {
			return err
		}
	}
	return q.take(c.Owner, &policy.User{}, unique, usher.Active)
}

func (q *proposing) existed() bool { return q.next.owner != "" || q.next.version > 0 || q.next.deleted }

func (q *proposing) exists() error {
	if q.next.deleted {
		return q.refuse(Exists, "%s was deleted, and the id of an account is never used again", q.next.account)
	}
	return q.refuse(Exists, "there is an account %s already", q.next.account)
}

func (DeleteAccount) asks(*proposing) requirement { return needs(accountDelete, parties{}) }

func (DeleteAccount) propose(q *proposing) error {
	for id := range q.users.All() {
		q.outcome.Removed = append(q.outcome.Removed, usher.UserID(id))
	}
	slices.Sort(q.outcome.Removed)
	q.outcome.Values = nil
	return q.emit(AccountDeleted{})
}

func (TransferOwnership) asks(*proposing) requirement { return needs(accountTransfer, parties{}) }

// propose hands the unique role over. Both users change at once.
func (c TransferOwnership) propose(q *proposing) error {
	to, err := q.user(c.To)
	if err != nil || c.To == q.next.owner {
		return err
	}
	if to.Status != usher.Active {
		return q.refuse(Inactive, "%s is %s, and only an active user can be the %s", c.To, to.Status, q.next.unique)
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
