// Package world is the company that every peer is asked about: who is in it, which
// booking calendars there are, and the questions. It is made up from a seed, the
// same for everybody, and nothing of it is kept in memory but what a caller keeps.
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
	block    = 100 // users in which every kind of user occurs in full
	perUser  = 2   // booking calendars
)

// World is one account of so many users. New makes one.
type World struct {
	Account string
	Users   int
	seed    uint64
}

// New returns the account that a seed stands for. Users must be a multiple of 100,
// so that the shares of managers and administrators come out even.
func New(users int, seed uint64) (*World, error) {
	if users < block || users%block != 0 {
		return nil, fmt.Errorf("a company of %d users: the number must be a multiple of %d", users, block)
	}
	return &World{Account: "acme", Users: users, seed: seed}, nil
}

// Row is a user as a database tells it.
type Row struct {
	User      string
	Role      string
	Team      string // every user is in one
	Manages   bool   // the team
	AdminOnly bool   // hosts nothing
}

// Rows yields all users. Ids are new strings, as a database driver makes them, those
// of a team once for its members, which follow each other. So whoever keeps a string
// pays for it, whoever copies pays for the copy alone, and the world itself pays
// for nobody.
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

// Calendar is a booking calendar, a type of the application's own. It comes with the
// question, since the application has read it to show or change it.
type Calendar struct {
	ID      string
	Account string
	Hosts   []string // users
	Teams   []string
}

// Entry is a user whom a question is about. The array of one is there so that it can
// be given as a list too.
type Entry struct {
	Account string
	ID      [1]string
}

// Calendars returns the booking calendars that a user is the first host of: two, or
// none for admin-only users. Of a hundred calendars about eighty have one host,
// fifteen two or three, and five are the team's.
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
