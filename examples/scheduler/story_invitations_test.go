package main

import (
	"testing"

	"github.com/usher-go/usher"
)

// nina has no user yet. adam invites her address, and she joins with the link; the key alone, which users of
// the account see, is not enough. otto's invitation is revoked.
func TestStoryOfAnInvitation(t *testing.T) {
	nina := string(invitationKey("acme", "nina@acme.example"))
	otto := string(invitationKey("acme", "otto@acme.example"))
	ninas, ottos := nina+"?token="+invitationToken("acme", usher.UserID(nina)), otto+"?token="+invitationToken("acme", usher.UserID(otto))
	everywhere(t, []step{
		{"tom", "POST ~/invitations", `{"email": "nina@acme.example"}`, 403, nil},
		{"adam", "POST ~/invitations", `{"email": "Nina@acme.example", "teams": ["sales"], "until": "2200-01-01T00:00:00Z"}`, 201, has(`"key":"`+nina+`"`, ninas, "is added as member (invited)")},
		{"adam", "POST ~/invitations", `{"email": "no address"}`, 400, nil},
		{"adam", "GET ~/journal", "", 200, has(nina, "not acme.example")},
		{"nina", "GET ~/calendars", "", 403, nil},
		{"adam", "GET ~/people", "", 200, has(nina)},
		{"nina", "POST ~/invitations/" + ottos, "", 404, nil},
		{"mallory", "POST ~/invitations/" + nina, "", 404, nil},
		{"mallory", "POST ~/invitations/" + nina + "?token=" + invitationToken("globex", usher.UserID(nina)), "", 404, nil},
		{"nina", "POST ~/invitations/" + ninas, "", 201, has("nina")},
		{"nina", "GET ~/calendars", "", 200, nil},
		{"tom", "GET ~/people/nina", "", 200, has(`"team":"sales"`)},
		{"mallory", "POST ~/invitations/" + ninas, "", 404, nil}, // it is used

		{"adam", "POST ~/invitations", `{"email": "otto@acme.example", "role": "admin"}`, 201, nil},
		{"tom", "DELETE ~/invitations/" + otto, "", 403, nil},
		{"adam", "DELETE ~/invitations/" + otto, "", 200, nil},
		{"otto", "POST ~/invitations/" + ottos, "", 404, nil},
	})
}
