package engineproof_test

import (
	"fmt"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// small is the account as the model knows it, straight from the rules of the design. It is a
// plain value: two that are alike are equal.
type small struct {
	people [5]person
	total  int // seats that were bought
}

type person struct {
	post   post
	seated bool
}

// post is a role. Whoever is absent is no user of the account.
type post uint8

const (
	absent post = iota
	member
	clerk // needs a seat
	admin
	owner
)

var postNames = [...]string{absent: "absent", member: "member", clerk: "clerk", admin: "admin", owner: "owner"}

func (p post) String() string { return postNames[p] }

// who is somebody: the index of a person, or the host.
type who int

const host who = -1

var names = [...]usher.UserID{"olivia", "adam", "cleo", "max", "eve"}

func (w who) String() string {
	if w == host {
		return "host"
	}
	return string(names[w])
}

func (w who) actor() account.Actor {
	if w == host {
		return account.AsHost("host")
	}
	return account.AsUser(names[w])
}

// founded is the account before anybody asks for anything: one seat of two is left.
var founded = small{people: [5]person{{post: owner}, {post: admin}, {clerk, true}, {post: member}, {}}, total: 2}

// founding makes it.
func founding() []account.Command {
	return []account.Command{
		account.CreateAccount{Owner: names[0]},
		account.SetSeats{Pool: desk, Total: founded.total},
		account.AddUser{User: names[1], Role: "admin"},
		account.AddUser{User: names[2], Role: "clerk"},
		account.AddUser{User: names[3]},
	}
}

func (s small) held() (n int) {
	for _, p := range s.people {
		if p.seated {
			n++
		}
	}
	return n
}

func (s small) owner() who {
	for i, p := range s.people {
		if p.post == owner {
			return who(i)
		}
	}
	panic("an account without an owner")
}

// leads reports whether somebody has what an administrator has.
func (s small) leads(w who) bool { return w == host || s.people[w].post >= admin }

// opens reports whether a person may open doors.
func (s small) opens(w who) bool {
	p := s.people[w]
	return p.post >= admin || p.post != absent && p.seated
}

func (s small) String() string {
	var b strings.Builder
	for i, p := range s.people {
		if p.post == absent {
			continue
		}
		fmt.Fprintf(&b, "%s:%s", names[i], p.post)
		if p.seated {
			b.WriteString("+seat")
		}
		b.WriteString(" ")
	}
	fmt.Fprintf(&b, "%d/%d", s.held(), s.total)
	return b.String()
}

// plain is a view of the engine's as the model would have it. What the model has no word for
// is an error.
func plain(v account.View) (s small, err error) {
	posts := map[string]post{"member": member, "clerk": clerk, "admin": admin, "owner": owner}
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
		s.people[i] = person{p, m.HasSeat(desk)}
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
