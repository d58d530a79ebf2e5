package main

import "testing"

// adam defines the role planner, and gives it to ned. It changes for ned, and is replaced.
func TestStoryOfARoleOfTheAccount(t *testing.T) {
	everywhere(t, []step{
		{"mia", "POST ~/roles", `{"role": "planner", "gives": {"calendar.edit": ["any"]}}`, 403, nil},
		{"adam", "GET ~/roles", "", 200, has(`"roles":[]`, `"calendar.edit":["own","any"]`)},
		{"adam", "POST ~/roles", `{"role": "planner", "title": "Planner", "gives": {"calendar.view": ["any"], "calendar.edit": ["any"]}}`, 201, has("planner")},
		{"adam", "POST ~/roles", `{"role": "boss", "gives": {"account.delete": ["any"]}}`, 422, has(":not-offered")},
		{"ned", "PUT ~/calendars/help", `{"title": "Help"}`, 404, nil},
		{"adam", "PUT ~/people/ned/role", `{"role": "planner"}`, 200, has("planner")},
		{"ned", "PUT ~/calendars/help", `{"title": "Help"}`, 200, has("Help")},
		{"ned", "GET ~/calendars", "", 200, has("Help", "Intro call")},
		{"ned", "DELETE ~/calendars/help", "", 403, nil},

		{"adam", "PUT ~/roles/planner", `{"gives": {"calendar.view": ["any"]}}`, 200, nil},
		{"ned", "PUT ~/calendars/help", `{"title": "Ours"}`, 403, nil},
		{"adam", "DELETE ~/roles/planner", "", 409, has(":role-in-use")},
		{"adam", "DELETE ~/roles/planner?replace-by=member", "", 200, has("1 user gets member instead of planner")},
		{"ned", "GET ~/calendars/help", "", 404, nil},
	})
}
