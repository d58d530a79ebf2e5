package main

import "testing"

// OnceHub: owner, administrators, team managers and members, with seats.
func TestStoryOfACompany(t *testing.T) {
	everywhere(t, []step{
		// Only the owner and administrators manage the account.
		{"olivia", "GET ~/people", "", 200, has(`"user":"sam"`, `{"pool":"booking","total":4,"held":4,"left":0}`)},
		{"mia", "GET ~/people", "", 200, has(`"user":"mia"`, `"title":"Member"`, `not "user":"max"`)},
		{"tom", "GET ~/people", "", 200, has(`"user":"mia"`, `"user":"max"`, `not "user":"sam"`)},
		{"mia", "GET ~/people/max", "", 404, nil}, // and the same for an unknown user
		{"mia", "GET ~/people/nobody", "", 404, nil},
		{"mia", "GET ~/people/mia", "", 200, has(`"may":["user.view"]`, `"lastActive":"20`)},
		{"adam", "GET ~/people/ned", "", 200, has(`"may":["user.view","user.set-role"`, "not lastActive")}, // never active
		{"tom", "POST ~/people", `{"user": "nina"}`, 403, has("no-permission")},
		{"adam", "POST ~/people", `{"user": "nina", "teams": ["sales"]}`, 201, has("nina is added as member", "nina joins the team sales")},
		{"adam", "POST ~/people", `{"user": "nina"}`, 409, has(":exists")},
		{"adam", "PUT ~/people/nina/role", `{"role": "owner"}`, 409, has(":unique-role")},
		{"adam", "PUT ~/people/olivia/role", `{"role": "member"}`, 403, has("forbidden")},
		{"adam", "PUT ~/people/nobody/role", `{"role": "member"}`, 404, nil},

		// All seats are held. A manager moves one within the team, and an administrator buys more.
		{"tom", "PUT ~/seats/booking/nina", "", 409, has(":no-seats-left", "ask an administrator to buy more")},
		{"tom", "PUT ~/seats/booking", `{"total": 9}`, 403, nil},
		{"tom", "DELETE ~/seats/booking/sam", "", 403, has("out-of-scope")},
		{"tom", "DELETE ~/seats/booking/max", "", 200, has("max loses the seat in booking")},
		{"tom", "PUT ~/seats/booking/nina", "", 200, has("nina gets a seat in booking")},
		{"adam", "PUT ~/seats/booking", `{"total": 5}`, 200, has("4 becomes 5")},

		// A member edits a calendar with only that member as host, and views one with more hosts.
		{"mia", "PUT ~/calendars/intro", `{"title": "First talk"}`, 200, has("First talk")},
		{"mia", "PUT ~/calendars/demo", `{"title": "Our demo"}`, 403, has("out-of-scope", "the sole host")},
		{"mia", "GET ~/calendars/demo", "", 200, has(`"may":["calendar.view"]`)},
		{"mia", "GET ~/calendars/help", "", 404, nil},
		{"mia", "POST ~/calendars", `{"title": "Mine", "hosts": ["mia"]}`, 201, nil},
		{"mia", "POST ~/calendars", `{"title": "Ours", "hosts": ["mia", "max"]}`, 403, has("out-of-scope")},
		{"mia", "PUT ~/calendars/intro/hosts", `{"hosts": ["mia", "nina"]}`, 403, has("can change the hosts")},

		// All hosts before and after must be in the manager's team, and each host needs a seat.
		{"tom", "GET ~/calendars", "", 200, has("First talk", "Product demo", "Mine", "not Help desk")},
		{"tom", "PUT ~/calendars/intro/hosts", `{"hosts": ["mia", "sam"]}`, 403, has("out-of-scope")},
		{"tom", "PUT ~/calendars/intro/hosts", `{"hosts": ["mia", "max"]}`, 409, has(":not-bookable", "max cannot be booked")},
		{"tom", "PUT ~/calendars/intro/hosts", `{"hosts": ["mia", "nina"]}`, 200, has("nina")},
		{"mia", "PUT ~/calendars/intro", `{"title": "Back"}`, 403, nil},
		{"tom", "PUT ~/calendars/help", `{"title": "Ours now"}`, 404, nil},
		{"tom", "POST ~/calendars", `{"title": "Team", "hosts": ["mia"], "team": "sales"}`, 403, nil},
		{"adam", "POST ~/calendars", `{"title": "Team", "hosts": ["mia"], "team": "sales"}`, 201, nil},
		{"adam", "POST ~/calendars", `{"title": "Team", "team": "nowhere"}`, 404, has(":unknown-team")},

		// Ownership is transferred, never shared.
		{"adam", "PUT ~/owner", `{"user": "adam"}`, 403, nil},
		{"adam", "DELETE ~", "", 403, nil},
		{"olivia", "PUT ~/owner", `{"user": "adam"}`, 200, has("olivia hands the account over to adam")},
		{"olivia", "PUT ~/owner", `{"user": "olivia"}`, 403, nil},
		{"olivia", "PUT ~/seats/booking", `{"total": 6}`, 200, nil},

		// A removed user loses access at once, hosts nothing, and the seat is free.
		{"adam", "DELETE ~/people/mia", "", 200, has("mia is removed")},
		{"mia", "GET ~/calendars", "", 403, nil},
		{"adam", "GET ~/calendars/demo", "", 200, has(`"hosts":["max"]`)},
		{"adam", "GET ~/people/mia", "", 404, nil},
		{"adam", "GET ~/people", "", 200, has(`"total":6,"held":3,"left":3`)},
		{"adam", "GET ~/journal?after=1", "", 200, has(`"actor":"tom"`, "nina gets a seat in booking")},
		{"tom", "GET ~/journal", "", 403, nil},
	})
}

// Teams: administrators appoint managers, who also manage the teams below.
func TestStoryOfATeam(t *testing.T) {
	everywhere(t, []step{
		{"tom", "POST ~/teams", `{"team": "emea", "parent": "sales"}`, 403, nil},
		{"adam", "POST ~/teams", `{"team": "emea", "parent": "sales"}`, 201, nil},
		{"adam", "POST ~/teams", `{"team": "emea"}`, 409, nil},
		{"tom", "PUT ~/teams/emea/members/ned", "", 403, nil},
		{"adam", "PUT ~/teams/emea/members/ned", "", 200, nil},
		{"tom", "GET ~/people/ned", "", 200, has(`"team":"emea"`)},
		{"ned", "GET ~/people/mia", "", 404, nil},
		{"adam", "PUT ~/teams/sales/members/ned/roles/manager", "", 409, has(":not-member")},
		{"adam", "PUT ~/teams/emea/members/ned/roles/manager", "", 200, nil},
		{"ned", "GET ~/people/mia", "", 404, nil},
		{"adam", "PUT ~/teams/emea/members/mia", "", 200, nil},
		{"ned", "GET ~/people/mia", "", 200, nil},
		{"adam", "DELETE ~/teams/emea/members/ned/roles/manager", "", 200, nil},
		{"ned", "GET ~/people/mia", "", 404, nil},
		{"adam", "DELETE ~/teams/emea/members/ned", "", 200, nil},
		{"tom", "GET ~/people/ned", "", 404, nil},
	})
}

// Cal.com: admin-only users manage the schedule with a strong login, and cannot be booked.
func TestStoryOfAnAdminOnlyUser(t *testing.T) {
	const slot = `{"host": "mia", "starts": "2035-03-01T09:00:00Z", "ends": "2035-03-01T10:00:00Z", "title": "By phone", "guest": "Bob"}`
	everywhere(t, []step{
		{"rita", "GET ~/calendars", "", 403, has(`"unmet":["mfa"]`, "second factor")},
		{"rita with mfa", "GET ~/calendars", "", 200, has("Intro call", "Help desk")},
		{"rita with mfa", "POST ~/calendars/intro/bookings", slot, 201, has("By phone")},
		{"rita with mfa", "POST ~/calendars/intro/bookings", slot, 409, has(":slot-taken")},
		{"rita with mfa", "PUT ~/calendars/intro", `{"title": "x"}`, 403, nil},
		{"rita with mfa", "GET ~/journal", "", 200, nil},
		{"adam", "PUT ~/seats/booking/rita", "", 409, has(":seat-not-allowed")},
		{"adam", "PUT ~/calendars/intro/hosts", `{"hosts": ["rita"]}`, 409, has("rita cannot be booked")},

		// A user who becomes one loses the seat, and cannot be booked any more.
		{"adam", "PUT ~/people/mia/role", `{"role": "admin-only"}`, 200, has("mia loses the seat in booking")},
		{"adam", "POST ~/calendars/intro/bookings", `{"host": "mia", "starts": "2035-03-02T09:00:00Z", "ends": "2035-03-02T10:00:00Z", "title": "x"}`, 409, has(":not-bookable")},
		{"adam", "PUT ~/seats/booking/ned", "", 200, nil},
	})
}

// GroupCal: members see the time of bookings, and a setting of the account shows more.
func TestStoryOfFreeAndBusy(t *testing.T) {
	const list = "GET ~/calendars/intro/bookings"
	const slot = `{"host": "mia", "starts": "2035-02-01T09:00:00Z", "ends": "2035-02-01T10:00:00Z", "title": "Secret", "guest": "Bob", "notes": "hush"}`
	everywhere(t, []step{
		{"mia", "POST ~/calendars/intro/bookings", slot, 201, nil},
		{"mia", list, "", 200, has("Secret", "Bob", "hush", "ann@example.com")},
		{"tom", list, "", 200, has("Secret", "Bob")},    // manages her team
		{"adam", list, "", 200, has("Secret", "Bob")},   // an administrator
		{"rita", list, "", 403, has(`"unmet":["mfa"]`)}, // admin-only, without the strong login
		{"rita with mfa", list, "", 200, has("Secret", "Bob")},
		{"max", list, "", 200, has(`"title":"Booked"`, "2035-02-01T09:00:00Z", "not Secret", "not Bob", "not hush", "not ann@")},
		{"ned", list, "", 200, has(`"title":"Booked"`, "not Secret", "not Bob")},
		{"zoe", list, "", 403, has("not 2035")},

		{"max", "PUT ~/settings/free-busy-only", `{"value": false}`, 403, nil},
		{"adam", "PUT ~/settings/free-busy-only", `{"value": false}`, 200, nil},
		{"ned", list, "", 200, has("Secret", "Bob")},
		{"adam", "PUT ~/settings/free-busy-only", `{"value": true}`, 200, nil},
		{"ned", list, "", 200, has("not Secret")},

		{"max", "DELETE ~/bookings/first", "", 403, nil},
		{"mia", "DELETE ~/bookings/first", "", 200, nil},
		{"mia", "DELETE ~/bookings/first", "", 404, nil},
	})
}

// Accounts, invitations, and the isolation of two accounts.
func TestStoryOfTwoAccounts(t *testing.T) {
	everywhere(t, []step{
		{"gina", "POST /accounts", `{"account": "globex"}`, 201, has("gina")},
		{"gina", "POST /accounts", `{"account": "globex"}`, 409, nil},
		{"gina", "GET ~/calendars", "", 403, has("not reason")},
		{"gina", "GET ~/calendars/intro", "", 404, nil},
		{"gina", "GET /accounts/globex/calendars/intro", "", 404, nil},
		{"gina", "GET /accounts/globex/calendars", "", 200, has(`{"calendars":[]}`)},
		{"gina", "GET /accounts/globex/calendars/intro/bookings", "", 200, has(`{"bookings":[]}`)},
		{"gina", "POST /accounts/globex/people", `{"user": "hugo", "invite": true}`, 201, nil},
		{"hugo", "GET /accounts/globex/calendars", "", 403, has("inactive")},
		{"hugo", "POST /accounts/globex/invitation", "", 201, nil},
		{"hugo", "GET /accounts/globex/calendars", "", 200, nil},
		{"gina", "POST /accounts/globex/people", `{"user": "ivy", "invite": true}`, 201, nil},
		{"ivy", "DELETE /accounts/globex/invitation", "", 200, nil},
		{"gina", "PUT /accounts/globex/seats/booking/gina", "", 200, nil},
		{"gina", "POST /accounts/globex/calendars", `{"title": "Hers", "hosts": ["gina"]}`, 201, nil},
		{"hugo", "DELETE /accounts/globex", "", 403, nil},
		{"gina", "DELETE /accounts/globex", "", 200, nil},
		{"gina", "GET /accounts/globex/calendars", "", 403, nil},
		{"gina", "POST /accounts", `{"account": "globex"}`, 409, nil}, // an id is used once
	})
}

// The requests of a page besides its lists.
func TestStoryOfAPage(t *testing.T) {
	everywhere(t, []step{
		{"mia", "GET ~/actions?on=calendar:intro&on=calendar:demo&on=calendar:none&on=user:max", "", 200, has(
			`{"type":"calendar","id":"intro","actions":["calendar.view","calendar.edit","calendar.delete"]}`,
			`{"type":"calendar","id":"demo","actions":["calendar.view"]}`,
			`{"type":"calendar","id":"none","actions":[]}`,
			`{"type":"user","id":"max","actions":[]}`,
		)},
		{"adam", "GET ~/explain?user=mia&can=calendar.edit&on=demo", "", 200, has(`"allowed":false`, "be the only host", "role manager on team sales")},
		{"adam", "GET ~/explain?user=tom&can=calendar.edit&on=demo", "", 200, has(`"allowed":true`, "manager: team")},
		{"adam", "GET ~/explain?user=max&can=seat.assign&on=ned", "", 200, has(`"allowed":false`)},
		{"adam", "GET ~/explain?user=rita&can=booking.view&on=first&mfa=yes", "", 200, has(`"allowed":true`)},
		{"adam", "GET ~/explain?user=max&can=calendar.edti&on=demo", "", 400, has("calendar.edit")},
		{"adam", "GET ~/explain?user=max&can=audit.view&on=demo", "", 400, nil},
		{"mia", "GET ~/explain?user=mia&can=calendar.edit&on=demo", "", 403, nil},
		{"adam", "PUT ~/calendars/intro", `{"title": "x", "color": "red"}`, 400, has("color")},
		{"adam", "PUT ~/calendars/intro", `{"title": "x"} and more`, 400, nil},
		{"adam", "PUT ~/calendars/intro/hosts", `{"hosts": ["mia", "mia"]}`, 400, nil},
		{"adam", "GET ~/journal?after=x", "", 400, nil},
		{"adam", "GET ~/calendars/intro/bookings?after=tomorrow", "", 400, nil},
		{"adam", "PATCH ~/calendars/intro", "", 405, nil},
		{"", "GET /health", "", 200, has("ok")},
	})
}
