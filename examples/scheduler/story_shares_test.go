package main

import "testing"

// mia shares her calendar with max, and with the team support, and takes it back.
func TestStoryOfASharedCalendar(t *testing.T) {
	everywhere(t, []step{
		{"sam", "GET ~/calendars/intro", "", 404, nil},
		{"sam", "PUT ~/calendars/intro/shares/users/sam", `{"role": "editor"}`, 404, nil},
		{"max", "PUT ~/calendars/demo/shares/users/sam", `{"role": "editor"}`, 403, nil}, // mia hosts it, too
		{"mia", "PUT ~/calendars/intro/shares/users/sam", `{"role": "editor"}`, 200, has("sam gets the role editor on calendar intro")},
		{"mia", "PUT ~/calendars/intro/shares/users/sam", `{"role": "editor"}`, 200, has(`"changes":[]`)},
		{"mia", "GET ~/calendars/intro/shares", "", 200, has(`{"shares":[{"user":"sam","roles":[{"role":"editor"}]}]}`)},
		{"sam", "GET ~/calendars/intro", "", 200, has(`"may":["calendar.view","calendar.edit"]`)},
		{"sam", "GET ~/calendars", "", 200, has("Intro call", "Help desk", "not Product demo")},
		{"sam", "PUT ~/calendars/intro", `{"title": "First talk"}`, 200, has("First talk")},
		{"sam", "GET ~/calendars/intro/shares", "", 403, nil}, // an editor does not share it on
		{"sam", "PUT ~/calendars/demo", `{"title": "x"}`, 404, nil},
		{"adam", "GET ~/explain?user=sam&can=calendar.edit&on=intro", "", 200, has(`"allowed":true`, "editor: here")},

		{"mia", "PUT ~/calendars/intro/shares/teams/support", `{"role": "editor"}`, 200, has("support")},
		{"mia", "DELETE ~/calendars/intro/shares/users/sam/editor", "", 200, has("sam loses the role editor")},
		{"sam", "PUT ~/calendars/intro", `{"title": "Intro call"}`, 200, nil}, // by the team
		{"mia", "DELETE ~/calendars/intro/shares/teams/support/editor", "", 200, nil},
		{"sam", "GET ~/calendars/intro", "", 404, nil},
		{"mia", "PUT ~/calendars/intro/shares/users/none", `{"role": "editor"}`, 404, has(":unknown-user")},
		{"mia", "PUT ~/calendars/intro/shares/users/max", `{"role": "manager"}`, 404, has(":unknown-role")},

		// A deleted calendar leaves no roles.
		{"mia", "PUT ~/calendars/intro/shares/users/max", `{"role": "editor"}`, 200, nil},
		{"mia", "DELETE ~/calendars/intro", "", 200, nil},
		{"adam", "GET ~/journal?after=1", "", 200, has("calendar intro was deleted")},
	})
}
