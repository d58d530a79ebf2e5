// Package world generates the company of the benchmarks: its users, its booking calendars
// and the questions. A seed determines all of it, so it is the same for every peer. It keeps
// nothing in memory except what callers keep.
package world

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
)

// The roles of an account. Admin-only users are administrators who host nothing.
const (
	Owner  = "owner"
	Admin  = "admin"
	Member = "member"
)

const (
	teamSize = 20
	block    = 100 // the number of users with all kinds in their shares
	perUser  = 2   // booking calendars
)

// World is one account. New returns one.
type World struct {
	Account string
	Users   int
	seed    uint64
}

// New returns the account of a seed. The number of users must be a multiple of 100, so that
// the shares of managers and administrators are whole numbers.
func New(users int, seed uint64) (*World, error) {
	if users < block || users%block != 0 {
		return nil, fmt.Errorf("invalid number of users %d (want a multiple of %d)", users, block)
	}
	return &World{Account: "acme", Users: users, seed: seed}, nil
}

// Row is a user as read from a database.
type Row struct {
	User      string
	Role      string
	Team      string // every user is in one team
	Manages   bool   // the team
	AdminOnly bool   // hosts nothing
}

// Rows returns all users. Ids are new strings, as from a database driver. Consecutive members
// of a team share the string of its id. So a string counts for the heap of a peer that keeps
// it, and a copy counts once; the world itself keeps none.
func (w *World) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		team := ""
		for i := range w.Users {
			if i%teamSize == 0 {
				team = teamID(i / teamSize)
			}
			r := Row{User: userID(i), Role: Member, Team: team, AdminOnly: adminOnly(i), Manages: i%teamSize == 1}
			switch {
			case i == 0:
				r.Role = Owner
			case r.AdminOnly || i%50 == 7:
				r.Role = Admin
			}
			if !yield(r) {
				return
			}
		}
	}
}

func adminOnly(i int) bool {
	n := i % block
	return n == 13 || n == 46 || n == 79
}

func userID(i int) string { return number("user-", 7, i) }
func teamID(i int) string { return number("team-", 6, i) }

func number(prefix string, digits, n int) string {
	b := make([]byte, 0, len(prefix)+digits)
	b = append(b, prefix...)
	s := strconv.Itoa(n)
	for range digits - len(s) {
		b = append(b, '0')
	}
	return string(append(b, s...))
}

// Calendar is a booking calendar, a type of the application. A question contains it, because
// the application has already loaded it.
type Calendar struct {
	ID      string
	Account string
	Hosts   []string // users
	Teams   []string
}

// Entry is the user that a question is about. The array with one element also serves as a
// list.
type Entry struct {
	Account string
	ID      [1]string
}

// Calendars returns the booking calendars of which a user is the first host: two, or none
// for admin-only users. Of a hundred calendars, about eighty have one host, fifteen have two
// or three, and five belong to the team.
func (w *World) Calendars(user int) []*Calendar {
	if adminOnly(user) {
		return nil
	}
	list := make([]*Calendar, perUser)
	for k := range list {
		list[k] = w.calendar(user*perUser + k)
	}
	return list
}

func (w *World) calendar(i int) *Calendar {
	random := rand.New(rand.NewPCG(w.seed, uint64(i)))
	user := i / perUser
	c := &Calendar{ID: number("calendar-", 7, i), Account: w.Account, Hosts: []string{userID(user)}}
	switch n := random.IntN(100); {
	case n < 5:
		c.Hosts, c.Teams = nil, []string{teamID(user / teamSize)}
	case n < 20:
		for len(c.Hosts) < 2+n%2 { // most are colleagues
			other := user/teamSize*teamSize + random.IntN(teamSize)
			if random.IntN(4) == 0 {
				other = random.IntN(w.Users)
			}
			if id := userID(other); !adminOnly(other) && !slices.Contains(c.Hosts, id) {
				c.Hosts = append(c.Hosts, id)
			}
		}
	}
	return c
}
