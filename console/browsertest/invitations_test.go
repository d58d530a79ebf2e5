package browsertest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
)

// A viewer invites a person until a day, and resends the invitation with a later one.
func TestInvitationWithAnEnd(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		keyboard bool
		steps    []step
	}{"mouse": {}, "without JavaScript": {steps: []step{withoutScript()}}, "keyboard": {keyboard: true}} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, "studio")
			h := hand{newTab(t, a, row.steps...), row.keyboard}
			end := func(id usher.UserID) string {
				at, _ := a.view().InvitationEnd(id)
				return at.Format(time.DateTime)
			}
			h.open(adam, "invitations")
			offer("invitations/invite", "user", "nina", "until", "2199-04-30")(h)
			h.confirm()
			assert.Equal(t, "The users were invited.", h.text(".message p"))
			assert.Equal(t, "2199-05-01 00:00:00", end("nina"))
			assert.Equal(t, "1 May 2199, 00:00", h.text(`tr:has(a[href*="id=nina"]) td:last-child`))

			offer("invitations/resend", "user", "nina", "until", "2199-06-30")(h)
			h.confirm()
			assert.Equal(t, "The invitations were resent.", h.text(".message p"))
			assert.Equal(t, "2199-07-01 00:00:00", end("nina"))
			assert.Equal(t, "2199-02-01 00:00:00", end("ivy"), "another invitation")
			h.assertQuiet()
		})
	}
}
