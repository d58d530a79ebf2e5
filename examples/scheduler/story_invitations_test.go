package main

import "testing"

// nina has no user yet. adam invites her address, and she joins with the key in the link; otto does not
// join in time.
func TestStoryOfAnInvitation(t *testing.T) {
	nina := string(invitationKey("acme", "nina@acme.example"))
	otto := string(invitationKey("acme", "otto@acme.example"))
	everywhere(t, []step{
		{"tom", "POST ~/invitations", `{"email": "nina@acme.example"}`, 403, nil},
		{"adam", "POST ~/invitations", `{"email": "Nina@acme.example", "teams": ["sales"], "until": "2200-01-01T00:00:00Z"}`, 201, has(`"key":"`+nina+`"`, "is added as member (invited)")},
		{"adam", "POST ~/invitations", `{"email": "no address"}`, 400, nil},
		{"adam", "GET ~/journal", "", 200, has(nina, "not acme.example")},
		{"nina", "GET ~/calendars", "", 403, nil},
		{"nina", "POST ~/invitations/" + otto, "", 404, nil},
		{"nina", "POST ~/invitations/" + nina, "", 201, has("nina")},
		{"nina", "GET ~/calendars", "", 200, nil},
		{"tom", "GET ~/people/nina", "", 200, has(`"team":"sales"`)},
		{"mallory", "POST ~/invitations/" + nina, "", 404, nil}, // it is used

		{"adam", "POST ~/invitations", `{"email": "otto@acme.example", "role": "admin"}`, 201, nil},
		{"tom", "DELETE ~/invitations/" + otto, "", 403, nil},
		{"adam", "DELETE ~/invitations/" + otto, "", 200, nil},
		{"otto", "POST ~/invitations/" + otto, "", 404, nil},
	})
}
