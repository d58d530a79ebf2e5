package main

import "testing"

// ned asks for a seat. A manager of another team does not see it, and an administrator approves it as
// soon as there is one.
func TestStoryOfARequest(t *testing.T) {
	everywhere(t, []step{
		{"ned", "POST ~/requests", `{"commands": [{"do": "assign-seat", "user": "ned", "pool": "booking"}], "note": "I take over the demo"}`, 201, has("ned makes the request 1")},
		{"ned", "GET ~/requests", "", 200, has(`{"request":1,"user":"ned","commands":["assign-seat ned booking"],"note":"I take over the demo"}`)},
		{"tom", "GET ~/requests", "", 200, has(`{"requests":[]}`)},
		{"tom", "DELETE ~/requests/1", "", 403, nil},
		{"tom", "POST ~/requests/1/approval", "", 403, nil},
		{"ned", "POST ~/requests/1/approval", "", 403, nil},
		{"adam", "POST ~/requests/1/approval", "", 409, has(":no-seats-left")},
		{"adam", "PUT ~/seats/booking", `{"total": 5}`, 200, nil},
		{"adam", "POST ~/requests/1/approval", "", 201, has("the request 1 of ned is approved", "ned gets a seat in booking")},
		{"adam", "GET ~/requests", "", 200, has(`{"requests":[]}`)},

		{"mia", "POST ~/requests", `{"commands": [{"do": "set-role", "user": "mia", "role": "admin"}]}`, 201, nil},
		{"tom", "GET ~/requests", "", 200, has(`"user":"mia"`)}, // manages her team
		{"tom", "POST ~/requests/2/approval", "", 403, nil},
		{"tom", "DELETE ~/requests/2?note=not+now", "", 200, has("the request 2 of mia is declined")},
		{"mia", "POST ~/requests", `{"commands": [{"do": "leave"}]}`, 422, nil},
		{"mia", "POST ~/requests", `{"commands": [{"do": "none"}]}`, 400, nil},
		{"mia", "POST ~/requests", `{"commands": [{"do": "add-to-team", "user": "mia", "team": "support"}]}`, 201, nil},
		{"adam", "POST ~/requests/3/withdrawal", "", 403, nil},
		{"mia", "POST ~/requests/3/withdrawal", "", 201, has("mia withdraws the request 3")},
		{"zoe", "POST ~/requests", `{"commands": [{"do": "add-to-team", "user": "zoe", "team": "support"}]}`, 403, nil},
	})
}

// sam asks for a calendar by its id. Who may share it gives it to him.
func TestStoryOfARequestForACalendar(t *testing.T) {
	share := `{"commands": [{"do": "give-role-on", "role": "editor", "on": {"type": "calendar", "id": "intro"}, "user": "sam"}]}`
	everywhere(t, []step{
		{"sam", "POST ~/requests", share, 201, has("sam makes the request 1")},
		{"max", "POST ~/requests/1/approval", "", 403, nil},
		{"mia", "POST ~/requests/1/approval", "", 201, has("sam gets the role editor on calendar intro")},
		{"sam", "GET ~/calendars/intro", "", 200, has(`"may":["calendar.view","calendar.edit"]`)},
		{"sam", "POST ~/requests", share, 201, nil},
		{"mia", "DELETE ~/calendars/intro", "", 200, nil},
		{"adam", "POST ~/requests/2/approval", "", 404, nil},
	})
}
