package engineproof_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

const desk seat.PoolName = "desk"

// op is a command in the model.
type op struct {
	kind  kind
	user  modelUser
	role  modelRole // of add and promote
	total int       // of resize
}

type kind uint8

const (
	assign   kind = iota // assign-seat
	unassign             // unassign-seat
	setTotal             // set-seats
	setRole              // set-role
	transfer             // transfer-ownership
	add                  // add-user
	remove               // remove-user
)

func (d op) command() account.Command {
	user, name := names[d.user], role.Name(d.role.String())
	switch d.kind {
	case assign:
		return account.AssignSeat{User: user, Pool: desk}
	case unassign:
		return account.UnassignSeat{User: user, Pool: desk}
	case setTotal:
		return account.SetSeats{Pool: desk, Total: d.total}
	case setRole:
		return account.SetRole{User: user, Role: name}
	case transfer:
		return account.TransferOwnership{To: user}
	case add:
		return account.AddUser{User: user, Role: name}
	case remove:
		return account.RemoveUser{User: user}
	}
	panic("unknown op")
}

func (d op) String() string { return account.Describe(d.command()) }

func commands(ops []op) []account.Command {
	list := make([]account.Command, len(ops))
	for i, d := range ops {
		list[i] = d.command()
	}
	return list
}

// refusal is the rejected command of a batch with its code. The zero refusal is for a batch that is
// not rejected.
type refusal struct {
	code  account.Code
	index int
}

func (r refusal) String() string { return fmt.Sprintf("%s of command %d", r.code, r.index+1) }

// after returns the account after a batch, which is atomic, and whether the batch changed anything.
// Seats are counted after all commands. If there are too few, the last command that increased the
// lack is rejected.
func (s modelAccount) after(actor modelUser, ops []op) (next modelAccount, changed bool, r refusal) {
	next = s
	for i, d := range ops {
		then, code := next.do(actor, d)
		if code != 0 {
			return s, false, refusal{code, i}
		}
		switch {
		case then.held() > next.held():
			r = refusal{account.CodeNoSeatsLeft, i}
		case then.total < next.total:
			r = refusal{account.CodeSeatsInUse, i}
		}
		changed = changed || then != next
		next = then
	}
	if next.held() > next.total {
		return s, false, r
	}
	return next, changed, refusal{}
}

// do returns the account after a command, before seats are counted. A command without effect
// returns the same account.
func (s modelAccount) do(actor modelUser, d op) (modelAccount, account.Code) {
	p := s.users[d.user]
	if !s.may(actor, d) {
		return s, account.CodeDenied
	}
	if p.role == absent && d.kind != setTotal && d.kind != add {
		return s, account.CodeUnknownUser
	}
	change := &s.users[d.user] // of this copy
	switch d.kind {
	case assign:
		change.seated = true
	case unassign:
		if p.seated && p.role == clerk {
			return s, account.CodeSeatRequired
		}
		change.seated = false
	case setTotal:
		s.total = d.total
	case setRole:
		if p.role == owner {
			return s, account.CodeUniqueRole
		}
		change.role = d.role
		change.seated = p.seated || d.role == clerk
	case transfer:
		s.users[s.owner()].role = admin
		change.role = owner
	case add:
		if p.role != absent {
			return s, account.CodeExists
		}
		*change = modelEntry{d.role, d.role == clerk}
	case remove:
		if p.role == owner {
			return s, account.CodeUniqueRole
		}
		*change = modelEntry{}
	}
	return s, 0
}

// may reports whether the policy allows a command. No user removes the owner or changes the owner's
// role, and only the owner transfers the ownership.
func (s modelAccount) may(actor modelUser, d op) bool {
	switch {
	case actor == host:
		return true
	case d.kind == transfer:
		return s.users[actor].role == owner
	case (d.kind == setRole || d.kind == remove) && s.users[d.user].role == owner:
		return false
	}
	return s.leads(actor)
}

// drawOp draws a command, mostly about seats, so that clients compete for the last seat.
func drawOp(r *rand.Rand) op {
	d := op{user: modelUser(r.IntN(len(names)))}
	switch n := r.IntN(20); {
	case n < 6:
		d.kind = assign
	case n < 11:
		d.kind = unassign
	case n < 12:
		d.kind, d.user, d.total = setTotal, 0, 1+r.IntN(3)
	case n < 14:
		d.kind, d.role = setRole, member+modelRole(r.IntN(3))
	case n < 17:
		d.kind = transfer
	case n < 19:
		d.kind, d.role = add, member+modelRole(r.IntN(3))
	default:
		d.kind = remove
	}
	return d
}

// drawOps draws a batch: one command, two random ones, or the move of a seat to another user.
func drawOps(r *rand.Rand) []op {
	switch r.IntN(10) {
	case 0, 1:
		return []op{drawOp(r), drawOp(r)}
	case 2, 3:
		return []op{{kind: unassign, user: modelUser(r.IntN(len(names)))}, {kind: assign, user: modelUser(r.IntN(len(names)))}}
	}
	return []op{drawOp(r)}
}

// drawActor draws mostly actors with permission: the host, and the initial owner and administrator.
func drawActor(r *rand.Rand) modelUser {
	switch n := r.IntN(20); {
	case n < 10:
		return host
	case n < 17:
		return modelUser(r.IntN(2))
	}
	return modelUser(r.IntN(len(names)))
}
