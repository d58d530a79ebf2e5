package main

import (
	"context"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
)

// demoUser is a user that a visitor can choose. usher knows only the id: names belong to the
// application, which gives them to the console.
type demoUser struct {
	ID   usher.UserID
	Name string
	Text string // what to see as this user
}

// demoUsers are the users that seed creates.
var demoUsers = []demoUser{
	{"olivia", "Olivia Brandt", "May do everything. She alone can hand the account over."},
	{"adam", "Adam Novak", "Manages people, seats and all calendars."},
	{"rita", "Rita Sousa", "Books for everyone, and takes no bookings. Needs a second factor."},
	{"tom", "Tom Okafor", "Manages the calendars and the seats of the team sales."},
	{"mia", "Mia Keller", "Hosts Intro call, and Product demo together with Max."},
	{"max", "Max Lindqvist", "Hosts Product demo together with Mia."},
	{"sam", "Sam Rivera", "Hosts Help desk, in the team support."},
	{"ned", "Ned Walsh", "Has no seat, so he cannot be booked."},
}

func demoUserOf(id usher.UserID) (demoUser, bool) {
	i := slices.IndexFunc(demoUsers, func(u demoUser) bool { return u.ID == id })
	if i < 0 {
		return demoUser{}, false
	}
	return demoUsers[i], true
}

// nameOf returns the name of a user, or the id of a user that the API has added.
func nameOf(id usher.UserID) string {
	if u, ok := demoUserOf(id); ok {
		return u.Name
	}
	return string(id)
}

// profiles is the console's look-up of names. A real service reads them from its own table.
func profiles(_ context.Context, in usher.AccountID, ids []usher.UserID) (map[usher.UserID]console.Profile, error) {
	found := map[usher.UserID]console.Profile{}
	for _, id := range ids {
		if u, ok := demoUserOf(id); ok && in == company.Account {
			found[id] = console.Profile{Name: u.Name, Email: string(id) + "@acme.example"}
		}
	}
	return found, nil
}

// searchNames is the console's search.
func searchNames(_ context.Context, in usher.AccountID, query string) (found []usher.UserID, _ error) {
	for _, u := range demoUsers {
		if in == company.Account && strings.Contains(strings.ToLower(u.Name), strings.ToLower(query)) {
			found = append(found, u.ID)
		}
	}
	return found, nil
}

// role returns the title of a user's role now, for the page on which visitors choose.
func (u demoUser) role(view account.View) string {
	m, ok := view.User(u.ID)
	switch {
	case !ok:
		return "not in the account any more"
	case !m.Active():
		return m.Title + ", " + m.Status.String()
	}
	title := m.Title
	for _, t := range m.Teams {
		for _, name := range t.Roles {
			if held, ok := view.Policy().Role(name); ok {
				title += ", " + held.Title + " of " + string(t.Team)
			}
		}
	}
	return title
}
