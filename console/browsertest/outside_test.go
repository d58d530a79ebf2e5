package browsertest

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher/role"
)

// A viewer searches a user on the page of a team, gives the user a role on the team without adding
// the user to it, and takes the role again: on the page of the team, and on that of the user.
func TestRoleOnATeamOfOthers(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		keyboard bool
		steps    []step
	}{"mouse": {}, "without JavaScript": {steps: []step{withoutScript()}}, "keyboard": {keyboard: true}} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, "agency")
			h := hand{newTab(t, a, row.steps...), row.keyboard}
			for _, takenOn := range []struct{ page, action, parameter, value string }{
				{"team?id=print", "team/unset-role", "user", "max"},
				{"person?id=max", "person/unset-team-role", "team", "print"},
			} {
				h.open(adam, "team?id=print")
				h.mark(`document.getElementById("give")`)
				h.enter("ma")
				h.mark(`document.getElementById("give").form.querySelector("button")`)
				h.follow(h.press())
				offer("team/set-role", "user", "max", "role", "lead")(h)
				h.confirm()
				assert.Equal(t, "The role was given.", h.text(".message p"))
				u, _ := a.view().User("max")
				assert.Equal(t, []role.Name{"lead"}, u.RolesOutside("print"))
				_, in := u.InTeam("print")
				assert.False(t, in)

				h.open(adam, takenOn.page)
				offer(takenOn.action, takenOn.parameter, takenOn.value, "role", "lead")(h)
				h.confirm()
				u, _ = a.view().User("max")
				assert.Empty(t, u.RolesOutside("print"), "%s: %s", takenOn.page, h.text("main"))
			}
			h.assertQuiet()
		})
	}
}
