package engineproof_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

const (
	desk   seat.PoolName = "desk"
	crew   usher.TeamID  = "crew"
	keeper role.Name     = "keeper"
	chief  role.Name     = "chief"
	porter role.Name     = "porter"
)

// key is that of the only invitation.
const key usher.UserID = "key"

// wished is what users request of an approver.
var wished = []account.Command{account.SetSeats{Pool: desk, Total: 3}}

// frontDoor is the door of which users are porters.
var frontDoor = &usher.Object{Type: "door", ID: "front"}

// op is a command in the model.
type op struct {
	kind  kind
	user  modelUser
	role  modelRole // of add and promote
	total int       // of resize
	id    int       // of approve and decline
}

type kind uint8

const (
	assign      kind = iota // assign-seat
	unassign                // unassign-seat
	setTotal                // set-seats
	setRole                 // set-role
	transfer                // transfer-ownership
	add                     // add-user
	remove                  // remove-user
	giveBeside              // set-role-beside
	takeBeside              // unset-role-beside
	setChief                // set-team-role
	unsetChief              // unset-team-role
	setPorter               // give-role-on
	unsetPorter             // take-role-on
	forgetDoor              // forget
	admit                   // admit-user
	invite                  // invite
	revoke                  // revoke-invitation
	accept                  // accept-invitation, by the host for a user
	approve                 // approve
	decline                 // decline

	// The actor's own commands. Request names a user, who must be the actor unless the host sends it.
	request  // request-to-join
	withdraw // withdraw-request
	join     // join-team
	leave    // leave-team
	wish     // request
)

// ofActor reports whether the command concerns the actor.
func (d op) ofActor() bool { return d.kind >= request }

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
	case giveBeside:
		return account.SetRoleBeside{User: user, Role: keeper}
	case takeBeside:
		return account.UnsetRoleBeside{User: user, Role: keeper}
	case setChief:
		return account.SetTeamRole{Team: crew, User: user, Role: chief}
	case unsetChief:
		return account.UnsetTeamRole{Team: crew, User: user, Role: chief}
	case setPorter:
		return account.GiveRoleOn{User: user, Role: porter, On: frontDoor.Ref()}
	case unsetPorter:
		return account.TakeRoleOn{User: user, Role: porter, On: frontDoor.Ref()}
	case forgetDoor:
		return account.Forget{On: frontDoor.Ref()}
	case admit:
		return account.AdmitUser{User: user}
	case invite:
		return account.Invite{Key: key}
	case revoke:
		return account.RevokeInvitation{User: key}
	case accept:
		return account.AcceptInvitation{Key: key, User: user}
	case approve:
		return account.Approve{Request: account.RequestID(d.id)}
	case decline:
		return account.Decline{Request: account.RequestID(d.id)}
	case wish:
		return account.Request{Commands: wished}
	case request:
		return account.RequestToJoin{User: user}
	case withdraw:
		return account.WithdrawRequest{}
	case join:
		return account.JoinTeam{Team: crew}
	case leave:
		return account.LeaveTeam{Team: crew}
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
	if d.kind == approve {
		return s.approve(actor, d)
	}
	if !s.may(actor, d) {
		return s, account.CodeDenied
	}
	if d.ofActor() {
		return s.doOwn(actor, d)
	}
	switch d.kind {
	case invite, revoke, accept:
		return s.doInvitation(d)
	case decline:
		if _, ok := s.closed(d.id); !ok {
			return s, account.CodeUnknownRequest
		}
		s, _ = s.closed(d.id)
		return s, 0
	}
	p := s.users[d.user]
	if d.kind == forgetDoor {
		for i := range s.users {
			s.users[i].porter = false
		}
		return s, 0
	}
	if p.role == absent && d.kind != setTotal && d.kind != add {
		return s, account.CodeUnknownUser
	}
	change := &s.users[d.user] // of this copy
	switch d.kind {
	case assign:
		if p.requested {
			return s, account.CodeInactive
		}
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
		change.seated = p.seated || d.role == clerk && !p.requested
	case transfer:
		if p.requested {
			return s, account.CodeInactive
		}
		s.users[s.owner()].role = admin
		change.role = owner
	case add:
		if p.role != absent {
			return s, account.CodeExists
		}
		*change = modelEntry{role: d.role, seated: d.role == clerk}
	case remove:
		if p.role == owner {
			return s, account.CodeUniqueRole
		}
		*change = modelEntry{}
	case giveBeside, takeBeside:
		change.keeper = d.kind == giveBeside
	case setChief:
		change.chief = true
	case unsetChief:
		if p.chief && p.role == owner && actor != host && actor != d.user {
			return s, account.CodeEscalation // the owner outranks all others
		}
		change.chief = false
	case setPorter:
		change.porter = true
	case unsetPorter:
		if p.porter && p.role == owner && actor != host && actor != d.user {
			return s, account.CodeEscalation
		}
		change.porter = false
	case admit:
		if p.requested {
			change.requested, change.seated = false, p.role == clerk
		}
	}
	return s, 0
}

// closed returns the account without an open request, and whether there is one.
func (s modelAccount) closed(id int) (modelAccount, bool) {
	for i := range s.users {
		if id > 0 && s.users[i].wish == id {
			s.users[i].wish = 0
			return s, true
		}
	}
	return s, false
}

// approve runs what a user requested as the approver's own command, and closes the request.
func (s modelAccount) approve(actor modelUser, d op) (modelAccount, account.Code) {
	if actor != host && !s.users[actor].active() {
		return s, account.CodeDenied
	}
	then, open := s.closed(d.id)
	switch {
	case !open:
		return s, account.CodeUnknownRequest
	case actor != host && s.users[actor].wish == d.id:
		return s, account.CodeDenied
	}
	next, code := then.do(actor, op{kind: setTotal, total: 3})
	if code != 0 {
		return s, code
	}
	return next, 0
}

// doInvitation is do for commands on the invitation.
func (s modelAccount) doInvitation(d op) (modelAccount, account.Code) {
	if d.kind == invite {
		s.invited = true
		return s, 0
	}
	if !s.invited {
		return s, account.CodeUnknownUser
	}
	s.invited = false
	if p := &s.users[d.user]; d.kind == accept && !p.active() {
		*p = modelEntry{role: member} // a request to join is replaced; a user who is there keeps everything
	}
	return s, 0
}

// doOwn is do for the actor's own commands.
func (s modelAccount) doOwn(actor modelUser, d op) (modelAccount, account.Code) {
	who := actor
	if d.kind == request {
		if actor != host && actor != d.user {
			return s, account.CodeInvalid
		}
		who = d.user
	}
	p, change := s.users[who], &s.users[who]
	switch d.kind {
	case request:
		switch {
		case p.active():
			return s, account.CodeExists
		case !p.requested:
			*change = modelEntry{role: member, requested: true}
		}
	case withdraw:
		*change = modelEntry{}
	case wish:
		if p.wish == 0 {
			s.lastWish++
			change.wish = s.lastWish
		}
	case join:
		change.inCrew = true
	case leave:
		change.inCrew, change.chief = false, false
	}
	return s, 0
}

// may reports whether the policy allows a command. No user removes the owner or changes the owner's
// role, and only the owner transfers the ownership.
func (s modelAccount) may(actor modelUser, d op) bool {
	switch {
	case d.kind == request:
		return true
	case d.kind == withdraw:
		return actor != host && s.users[actor].requested
	case d.kind == join || d.kind == leave || d.kind == wish:
		return actor != host && s.users[actor].active()
	case actor == host:
		return true
	case d.kind == forgetDoor || d.kind == accept:
		return false
	case d.kind == admit && actor == d.user:
		return false
	case d.kind == transfer:
		return s.users[actor].role == owner
	case (d.kind == setRole || d.kind == remove || d.kind == giveBeside || d.kind == takeBeside) && s.users[d.user].role == owner:
		return false
	}
	return s.leads(actor)
}

// drawOp draws a command, mostly about seats, so that clients compete for the last seat.
func drawOp(r *rand.Rand) op {
	d := op{user: modelUser(r.IntN(len(names)))}
	if r.IntN(3) == 0 {
		d.kind = giveBeside + kind(r.IntN(int(wish-giveBeside)+1))
		if r.IntN(5) < 2 { // so that clients compete for an invitation and a request
			d.kind = []kind{invite, accept, accept, wish, wish, wish, approve, approve, approve, request, withdraw, withdraw}[r.IntN(12)]
		}
		if d.kind == approve || d.kind == decline {
			d.id = 1 + r.IntN(2)
		}
		return d
	}
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

// drawBatch draws an actor and commands. Of own commands, the user is mostly the actor, and requests
// are mostly those of the last user, who is not in the account at first.
func drawBatch(r *rand.Rand) (actor modelUser, ops []op) {
	actor, ops = drawActor(r), drawOps(r)
	if ops[0].ofActor() && r.IntN(4) > 0 {
		if ops[0].kind == request || ops[0].kind == withdraw {
			ops[0].user = modelUser(len(names) - 1)
		}
		actor = ops[0].user
	}
	return actor, ops
}
