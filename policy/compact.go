package policy

import "github.com/usher-go/usher/role"

// Compact returns a copy of the user that is faster to decide on: the copy stores the
// teams, which almost every decision reads, beside the other fields. It is for Facts that
// keep many users. The copy shares Seats, Grants, Outside and Beside with u. Compact of nil
// returns nil.
func (u *User) Compact() *User {
	if u == nil {
		return nil
	}
	roles := 0
	for i := range u.Teams {
		roles += len(u.Teams[i].Roles)
	}
	// The sizes are those of the memory allocator's classes, so that a record has little padding.
	switch n := len(u.Teams); {
	case n == 0 || n > 4 || roles > 4:
	case n == 1 && roles == 0:
		c := &struct {
			User
			teams [1]Membership
		}{User: *u}
		c.adopt(c.teams[:0], nil)
		return &c.User
	case n == 1 && roles == 1:
		c := &struct {
			User
			teams [1]Membership
			roles [1]role.Name
		}{User: *u}
		c.adopt(c.teams[:0], c.roles[:0])
		return &c.User
	case n == 1 && roles <= 3:
		c := &struct {
			User
			teams [1]Membership
			roles [3]role.Name
		}{User: *u}
		c.adopt(c.teams[:0], c.roles[:0])
		return &c.User
	case roles == 0:
		c := &struct {
			User
			teams [4]Membership
		}{User: *u}
		c.adopt(c.teams[:0], nil)
		return &c.User
	case roles <= 2:
		c := &struct {
			User
			teams [4]Membership
			roles [2]role.Name
		}{User: *u}
		c.adopt(c.teams[:0], c.roles[:0])
		return &c.User
	case n > 1:
		c := &struct {
			User
			teams [4]Membership
			roles [4]role.Name
		}{User: *u}
		c.adopt(c.teams[:0], c.roles[:0])
		return &c.User
	}
	c := *u
	return &c
}

// adopt copies the user's teams and roles into the given slices.
func (u *User) adopt(teams []Membership, roles []role.Name) {
	for _, m := range u.Teams {
		if n := len(roles); len(m.Roles) > 0 {
			roles = append(roles, m.Roles...)
			m.Roles = roles[n:len(roles):len(roles)]
		}
		teams = append(teams, m)
	}
	if u.Teams != nil {
		u.Teams = teams[:len(teams):len(teams)]
	}
}
