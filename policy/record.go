package policy

import (
	"sync/atomic"

	"github.com/usher-go/usher/role"
)

// Record is a user as facts in memory keep it. It stores the teams, which almost every decision
// reads, beside the other fields, and the number of the user's class, which a [Binding] of
// [Policy.BindRecords] finds by the contents at its first check and then reads. It is
// safe for concurrent use.
//
// The contents of a Record never change: for a changed user, make a new Record, which has no
// number yet. A copy of the User has no number either. The number is valid only for the policy
// that stored it, and every other policy ignores it. So a check with the number decides as one by
// the contents does.
type Record struct {
	class atomic.Uint64 // the number of a classTable and of a class in it; 0: unknown
	user  User
}

// User returns the user of the record; nil for a nil Record. The caller must not change the result.
func (r *Record) User() *User {
	if r == nil {
		return nil
	}
	return &r.user
}

// Compact returns a copy of the user that is faster to decide on, as a Record stores it. It is for
// Facts that keep many users. The copy shares Seats, Grants, Outside and Beside with u. Compact of
// nil returns nil.
func (u *User) Compact() *User {
	if u == nil {
		return nil
	}
	return NewRecord(*u).User()
}

// NewRecord returns a record of a user. It shares Seats, Grants, Outside and Beside with u, which the
// caller must not change afterwards.
func NewRecord(u User) *Record {
	roles := 0
	for i := range u.Teams {
		roles += len(u.Teams[i].Roles)
	}
	// The sizes are those of the memory allocator's classes, so that a record has little padding.
	switch n := len(u.Teams); {
	case n == 0 || n > 4 || roles > 4:
	case n == 1 && roles == 0:
		c := &struct {
			Record
			teams [1]Membership
		}{Record: Record{user: u}}
		c.user.adopt(c.teams[:0], nil)
		return &c.Record
	case n == 1 && roles == 1:
		c := &struct {
			Record
			teams [1]Membership
			roles [1]role.Name
		}{Record: Record{user: u}}
		c.user.adopt(c.teams[:0], c.roles[:0])
		return &c.Record
	case n == 1 && roles <= 3:
		c := &struct {
			Record
			teams [1]Membership
			roles [3]role.Name
		}{Record: Record{user: u}}
		c.user.adopt(c.teams[:0], c.roles[:0])
		return &c.Record
	case roles <= 1:
		c := &struct {
			Record
			teams [4]Membership
			roles [1]role.Name
		}{Record: Record{user: u}}
		c.user.adopt(c.teams[:0], c.roles[:0])
		return &c.Record
	case roles <= 3:
		c := &struct {
			Record
			teams [4]Membership
			roles [3]role.Name
		}{Record: Record{user: u}}
		c.user.adopt(c.teams[:0], c.roles[:0])
		return &c.Record
	case n > 1:
		c := &struct {
			Record
			teams [4]Membership
			roles [4]role.Name
		}{Record: Record{user: u}}
		c.user.adopt(c.teams[:0], c.roles[:0])
		return &c.Record
	}
	return &Record{user: u}
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
