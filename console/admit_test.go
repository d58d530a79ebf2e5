package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// A user who asks to join is found by the status, and admitted on the page of people or on the
// own page, with the role of the request or another one.
func TestAdmit(t *testing.T) {
	w := newWorld(t, "office")
	ids, _ := w.people(adam, "status=requested")
	assert.Equal(t, []usher.UserID{"rita"}, ids)
	page := body(w.get(adam, "/people?status=requested"))
	assert.Contains(t, page, "Asks to join")
	assert.Contains(t, page, "people/admit")
	assert.NotContains(t, body(w.get(mia, "/people")), "people/admit")
	assert.Equal(t, http.StatusSeeOther, w.post(adam, "/people/admit", "user", "rita", "confirmed", "yes").Code)
	rita, _ := w.member("rita")
	assert.Equal(t, usher.Active, rita.Status)

	w = newWorld(t, "office")
	assert.Equal(t, http.StatusForbidden, w.post(mia, "/person/admit", "id", "rita", "confirmed", "yes").Code)
	assert.Equal(t, http.StatusSeeOther, w.post(adam, "/person/admit", "id", "rita", "role", "admin", "confirmed", "yes", "back", "id=rita").Code)
	rita, _ = w.member("rita")
	assert.Equal(t, []any{usher.Active, "admin"}, []any{rita.Status, string(rita.Role)})
	assert.NotContains(t, body(w.get(adam, "/person?id=rita")), "person/admit")
	w.must(account.RequestToJoin{User: "rob"})
	assert.Equal(t, http.StatusSeeOther, w.post(adam, "/person/remove", "id", "rob", "confirmed", "yes").Code, "a request is declined without typing a name")
}
