package account

import (
	"errors"
	"maps"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

var accountDelete = permission.MustParse("account.delete")

// CreateAccount creates the account with its first user, the active holder of the unique
// role, or without one of the first role with at-least. If no role has at-least, the user gets
// the default role. Only the host application can run it, and only once for each account id.
// Owner is the first user, also if the policy has no unique role. Seats are the seats bought
// from the start. If the role requires a seat, the user takes one of them.
type CreateAccount struct {
	Owner usher.UserID
	Seats map[seat.PoolName]int `usher:"optional"` // default: none
}

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
			return q.refuse(CodeInvalid, "%v", err)
		}
	}
	if err := checkID("user", string(c.Owner)); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if q.existed() {
		return q.exists()
	}
	first := q.policy.FirstRole()
	created := []Change{AccountCreated{Owner: c.Owner, Unique: first.Name}}
	if !first.Unique {
		created = []Change{AccountCreated{}, UserAdded{User: c.Owner, Role: first.Name, Status: usher.Active}}
	}
	if err := q.emit(created...); err != nil {
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
	return q.takeSeats(c.Owner, &policy.User{}, &policy.User{Status: usher.Active, Role: first.Name})
}

func (c CreateAccount) describe() string { return "for " + word(c.Owner) }

// DeleteAccount deletes the account. Its id is never used again. Requires account.delete.
type DeleteAccount struct{}

func (DeleteAccount) asks(*proposing) requirement { return needs(accountDelete, parties{}) }

func (DeleteAccount) propose(q *proposing) error {
	for id := range q.all() {
		q.outcome.Removed = append(q.outcome.Removed, usher.UserID(id))
	}
	slices.Sort(q.outcome.Removed)
	q.outcome.Values = nil
	return q.emit(AccountDeleted{})
}

func (DeleteAccount) describe() string { return "" }

// AccountCreated creates the account. Unique is the role that exactly one user has, at first
// Owner. Both are "" for an account without a unique role; then it has no users at first.
type AccountCreated struct {
	Owner  usher.UserID `json:"owner,omitempty"`
	Unique role.Name    `json:"unique,omitempty"`
}

func (c AccountCreated) apply(d *draft) error {
	if d.existed() {
		return errors.New("the account already exists")
	}
	if (c.Owner == "") != (c.Unique == "") {
		return errors.New("the owner and the unique role must both be set, or neither")
	}
	d.next.created = true
	if c.Owner == "" {
		return nil
	}
	d.next.owner, d.next.unique = c.Owner, c.Unique
	d.put(c.Owner, policy.User{Status: usher.Active, Role: c.Unique})
	d.countRole(c.Unique, usher.Active, 1)
	return nil
}

func (c AccountCreated) describe() string {
	if c.Owner == "" {
		return "the account is created"
	}
	return "the account is created, with " + word(c.Owner) + " as " + word(c.Unique)
}

// AccountDeleted deletes the account.
type AccountDeleted struct{}

// apply keeps the version, the time and the keys, and deletes everything else.
func (AccountDeleted) apply(d *draft) error {
	was := d.next
	d.next = State{
		account: was.account, version: was.version, time: was.time, deleted: true, keys: was.keys,
		members: &memberIndexOnce{},
	}
	d.users, d.teams = new(table.Table[*policy.Record]).Edit(), draftTeams{}
	d.ownCounts, d.ownPools, d.ownConfig, d.ownFields = false, false, false, false
	d.members, d.movedUsers, d.beside, d.on, d.schedule = nil, nil, nil, nil, nil
	return nil
}

func (AccountDeleted) describe() string { return "the account is deleted" }

// existed reports whether the account was created, even if it is deleted now.
func (d *draft) existed() bool { return d.next.created || d.next.version > 0 || d.next.deleted }

func (q *proposing) exists() error {
	if q.next.deleted {
		return q.refuse(CodeExists, "%s was deleted, and the id of an account is never used again", q.next.account)
	}
	return q.refuse(CodeExists, "the account %s already exists", q.next.account)
}
