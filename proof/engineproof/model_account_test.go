package engineproof_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// modelAccount is the account in the model, written from the rules of the design. It is a plain
// value and comparable with ==.
type modelAccount struct {
	users    [5]modelEntry
	total    int  // number of seats that were bought
	invited  bool // the person with the key has an invitation
	lastWish int  // the number of the last request to an approver
}

type modelEntry struct {
	role      modelRole
	seated    bool
	requested bool // the user has asked to join, and has no access yet
	keeper    bool // beside the role
	inCrew    bool
	chief     bool // of the crew, in it or outside it
	porter    bool // of the front door
	wish      int  // the number of the open request to an approver; 0 for none
}

// active reports whether the user is in the account and does not only ask to join.
func (p modelEntry) active() bool { return p.role != absent && !p.requested }

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
var initialAccount = modelAccount{users: [5]modelEntry{{role: owner}, {role: admin}, {role: clerk, seated: true}, {role: member}, {}}, total: 2}

// initialCommands creates the initial account.
func initialCommands() []account.Command {
	return []account.Command{
		account.CreateAccount{Owner: names[0]},
		account.SetSeats{Pool: desk, Total: initialAccount.total},
		account.AddUser{User: names[1], Role: "admin"},
		account.AddUser{User: names[2], Role: "clerk"},
		account.AddUser{User: names[3]},
		account.CreateTeam{Team: crew},
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
func (s modelAccount) leads(w modelUser) bool {
	return w == host || s.users[w].role >= admin && s.users[w].active()
}

// guards reports whether a user may guard doors.
func (s modelAccount) guards(w modelUser) bool {
	p := s.users[w]
	return s.leads(w) || p.active() && (p.keeper || p.chief || p.porter)
}

// opens reports whether a user may open doors.
func (s modelAccount) opens(w modelUser) bool {
	p := s.users[w]
	return p.active() && (p.role >= admin || p.seated)
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
		for text, is := range map[string]bool{"+requested": p.requested, "+keeper": p.keeper, "+crew": p.inCrew, "+chief": p.chief, "+porter": p.porter} {
			if is {
				b.WriteString(text)
			}
		}
		if p.wish > 0 {
			fmt.Fprintf(&b, "+wish %d", p.wish)
		}
		b.WriteString(" ")
	}
	if s.invited {
		b.WriteString("key:invited ")
	}
	fmt.Fprintf(&b, "%d/%d", s.held(), s.total)
	return b.String()
}

// plain returns a view of the engine as a modelAccount, without the number of the last request, which no view has.
// Anything that the model lacks is an error.
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
		requested := m.Status == usher.Requested
		if !ok || !m.Active() && !requested || (p == owner) != (v.Owner() == name) {
			return s, fmt.Errorf("%s is %s with the role %s, and %s is the owner", name, m.Status, m.Role, v.Owner())
		}
		roles, inCrew := m.InTeam(crew)
		if !inCrew {
			roles = m.RolesOutside(crew)
		}
		s.users[i] = modelEntry{p, m.HasSeat(desk), requested, slices.Equal(m.Beside, []role.Name{keeper}), inCrew, slices.Equal(roles, []role.Name{chief}), false, 0}
		for on := range v.ResourcesOfUser(name, usher.Ref{}) {
			if on.On != frontDoor.Ref() || !slices.Equal(on.Roles, []role.Name{porter}) {
				return s, fmt.Errorf("%s has the roles %s on %v", name, on.Roles, on.On)
			}
			s.users[i].porter = true
		}
		if len(m.Beside) > 1 || len(roles) > 1 || len(m.Teams)+len(m.Outside) > 1 || s.users[i].keeper != (len(m.Beside) > 0) || s.users[i].chief != (len(roles) > 0) {
			return s, fmt.Errorf("%s has more than the model: %+v", name, m.User)
		}
	}
	if m, ok := v.User(key); ok {
		if s.invited = m.Status == usher.Invited && m.Role == "member" && len(m.Teams)+len(m.Beside)+len(m.Seats) == 0; !s.invited {
			return s, fmt.Errorf("the invitation is %+v", m.User)
		}
		known++
	}
	for r := range v.Requests(v.Time(), 0) {
		i := slices.Index(names[:], r.User)
		if i < 0 || s.users[i].wish > 0 || !reflect.DeepEqual(r.Commands, wished) {
			return s, fmt.Errorf("the request %d of %s is for %v", r.ID, r.User, r.Commands)
		}
		s.users[i].wish = int(r.ID)
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
