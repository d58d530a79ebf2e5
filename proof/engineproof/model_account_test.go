package engineproof_test

import (
	"fmt"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// modelAccount is the account in the model, written from the rules of the design. It is a plain
// value and comparable with ==.
type modelAccount struct {
	users [5]modelEntry
	total int // number of seats that were bought
}

type modelEntry struct {
	role   modelRole
	seated bool
}

// modelRole is a role. The zero value, absent, is for users who are not in the account.
type modelRole uint8

const (
	absent modelRole = iota
	member
	clerk // requires a seat
	admin
	owner
)

var roleNames = [...]string{absent: "absent", member: "member", clerk: "clerk", admin: "admin", owner: "owner"}

func (p modelRole) String() string { return roleNames[p] }

// modelUser is the index of a user, or host.
type modelUser int

const host modelUser = -1

var names = [...]usher.UserID{"olivia", "adam", "cleo", "max", "eve"}

func (w modelUser) String() string {
	if w == host {
		return "host"
	}
	return string(names[w])
}

func (w modelUser) actor() account.Actor {
	if w == host {
		return account.AsHost("host")
	}
	return account.AsUser(names[w])
}

// initialAccount is the account at the beginning: one seat of two is free.
var initialAccount = modelAccount{users: [5]modelEntry{{role: owner}, {role: admin}, {clerk, true}, {role: member}, {}}, total: 2}

// initialCommands creates the initial account.
func initialCommands() []account.Command {
	return []account.Command{
		account.CreateAccount{Owner: names[0]},
		account.SetSeats{Pool: desk, Total: initialAccount.total},
		account.AddUser{User: names[1], Role: "admin"},
		account.AddUser{User: names[2], Role: "clerk"},
		account.AddUser{User: names[3]},
	}
}

func (s modelAccount) held() (n int) {
	for _, p := range s.users {
		if p.seated {
			n++
		}
	}
	return n
}

func (s modelAccount) owner() modelUser {
	for i, p := range s.users {
		if p.role == owner {
			return modelUser(i)
		}
	}
	panic("an account without an owner")
}

// leads reports whether a user has the permissions of an administrator.
func (s modelAccount) leads(w modelUser) bool { return w == host || s.users[w].role >= admin }

// opens reports whether a user may open doors.
func (s modelAccount) opens(w modelUser) bool {
	p := s.users[w]
	return p.role >= admin || p.role != absent && p.seated
}

func (s modelAccount) String() string {
	var b strings.Builder
	for i, p := range s.users {
		if p.role == absent {
			continue
		}
		fmt.Fprintf(&b, "%s:%s", names[i], p.role)
		if p.seated {
			b.WriteString("+seat")
		}
		b.WriteString(" ")
	}
	fmt.Fprintf(&b, "%d/%d", s.held(), s.total)
	return b.String()
}

// plain returns a view of the engine as a modelAccount. Anything that the model lacks is an error.
func plain(v account.View) (s modelAccount, err error) {
	posts := map[string]modelRole{"member": member, "clerk": clerk, "admin": admin, "owner": owner}
	known := 0
	for i, name := range names {
		m, ok := v.User(name)
		if !ok {
			continue
		}
		known++
		p, ok := posts[string(m.Role)]
		if !ok || !m.Active() || (p == owner) != (v.Owner() == name) {
			return s, fmt.Errorf("%s is %s with the role %s, and %s is the owner", name, m.Status, m.Role, v.Owner())
		}
		s.users[i] = modelEntry{p, m.HasSeat(desk)}
	}
	seats := v.Seats()
	if v.Len() != known || len(seats) != 1 {
		return s, fmt.Errorf("%d users and %d pools, want %d and 1", v.Len(), len(seats), known)
	}
	s.total = seats[0].Total
	if seats[0].Held != s.held() {
		return s, fmt.Errorf("%d seats are held, and %d are counted", s.held(), seats[0].Held)
	}
	return s, nil
}
