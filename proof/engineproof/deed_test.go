package engineproof_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

const desk seat.PoolName = "desk"

// deed is a command as the model knows it.
type op struct {
	kind  kind
	whom  who
	post  post // of add and promote
	total int  // of resize
}

type kind uint8

const (
	seize   kind = iota // assign-seat
	free                // unassign-seat
	resize              // set-seats
	promote             // set-role
	hand                // transfer-ownership
	add                 // add-user
	dismiss             // remove-user
)

func (d op) command() account.Command {
	user, name := names[d.whom], role.Name(d.post.String())
	switch d.kind {
	case seize:
		return account.AssignSeat{User: user, Pool: desk}
	case free:
		return account.UnassignSeat{User: user, Pool: desk}
	case resize:
		return account.SetSeats{Pool: desk, Total: d.total}
	case promote:
		return account.SetRole{User: user, Role: name}
	case hand:
		return account.TransferOwnership{To: user}
	case add:
		return account.AddUser{User: user, Role: name}
	case dismiss:
		return account.RemoveUser{User: user}
	}
	panic("no such deed")
}

func (d op) String() string { return account.Describe(d.command()) }

func commands(deeds []op) []account.Command {
	list := make([]account.Command, len(deeds))
	for i, d := range deeds {
		list[i] = d.command()
	}
	return list
}

// refusal says which deed of a batch is refused, and why. The zero refusal is none.
type refusal struct {
	code  account.Code
	index int
}

func (r refusal) String() string { return fmt.Sprintf("%s of command %d", r.code, r.index+1) }

// after is the account after a batch, all of it or nothing, and whether the batch changed
// anything on its way. Seats are counted when all deeds are done; where there are too few,
// the last deed after which more were lacking is refused.
func (s small) after(actor who, deeds []op) (next small, changed bool, r refusal) {
	next = s
	for i, d := range deeds {
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

// do is the account after a deed, with as many seats held as that may be. One without effect is the same account again.
func (s small) do(actor who, d op) (small, account.Code) {
	p := s.people[d.whom]
	if !s.may(actor, d) {
		return s, account.CodeDenied
	}
	if p.post == absent && d.kind != resize && d.kind != add {
		return s, account.CodeUnknownUser
	}
	change := &s.people[d.whom] // of this copy
	switch d.kind {
	case seize:
		change.seated = true
	case free:
		if p.seated && p.post == clerk {
			return s, account.CodeSeatRequired
		}
		change.seated = false
	case resize:
		s.total = d.total
	case promote:
		if p.post == owner {
			return s, account.CodeUniqueRole
		}
		change.post = d.post
		change.seated = p.seated || d.post == clerk
	case hand:
		s.people[s.owner()].post = admin
		change.post = owner
	case add:
		if p.post != absent {
			return s, account.CodeExists
		}
		*change = person{d.post, d.post == clerk}
	case dismiss:
		if p.post == owner {
			return s, account.CodeUniqueRole
		}
		*change = person{}
	}
	return s, 0
}

// may says whether the policy allows it. Nobody dismisses the owner or gives them another
// role, and nobody but the owner hands the account over.
func (s small) may(actor who, d op) bool {
	switch {
	case actor == host:
		return true
	case d.kind == hand:
		return s.people[actor].post == owner
	case (d.kind == promote || d.kind == dismiss) && s.people[d.whom].post == owner:
		return false
	}
	return s.leads(actor)
}

// drawDeed draws mostly what is about seats, and so about the last one.
func drawDeed(r *rand.Rand) op {
	d := op{whom: who(r.IntN(len(names)))}
	switch n := r.IntN(20); {
	case n < 6:
		d.kind = seize
	case n < 11:
		d.kind = free
	case n < 12:
		d.kind, d.whom, d.total = resize, 0, 1+r.IntN(3)
	case n < 14:
		d.kind, d.post = promote, member+post(r.IntN(3))
	case n < 17:
		d.kind = hand
	case n < 19:
		d.kind, d.post = add, member+post(r.IntN(3))
	default:
		d.kind = dismiss
	}
	return d
}

// drawDeeds draws a batch: a deed, two at random, or a seat that goes from one to another.
func drawDeeds(r *rand.Rand) []op {
	switch r.IntN(10) {
	case 0, 1:
		return []op{drawDeed(r), drawDeed(r)}
	case 2, 3:
		return []op{{kind: free, whom: who(r.IntN(len(names)))}, {kind: seize, whom: who(r.IntN(len(names)))}}
	}
	return []op{drawDeed(r)}
}

// drawActor draws mostly who may: the host, and who leads at the beginning.
func drawActor(r *rand.Rand) who {
	switch n := r.IntN(20); {
	case n < 10:
		return host
	case n < 17:
		return who(r.IntN(2))
	}
	return who(r.IntN(len(names)))
}
