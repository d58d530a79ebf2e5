package browsertest

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/role"
)

// A user asks what would help, and asks for it with a reason. An administrator approves it.
func TestAskForIt(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		keyboard bool
		steps    []step
	}{"mouse": {}, "without JavaScript": {steps: []step{withoutScript()}}, "keyboard": {keyboard: true}} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, "studio")
			h := hand{newTab(t, a, row.steps...), row.keyboard}
			h.open(viewer{user: "max"}, "requests")
			h.mark(`document.getElementById("ask")`)
			h.enter("invoice.pay")
			h.mark(`document.getElementById("ask").form.querySelector("button")`)
			h.follow(h.press())
			forms := h.forms()
			i := slices.IndexFunc(forms, func(c control) bool {
				return c.Action == "requests/make" && slices.Contains(c.Values["command"], `{"do":"set-role-beside","user":"max","role":"clerk"}`)
			})
			require.GreaterOrEqual(t, i, 0, h.text("main"))
			h.send(forms[i], map[string][]string{"note": {"for May"}})
			assert.Equal(t, "The request was made.", h.text(".message p"))

			h.open(adam, "requests")
			offer("requests/approve", "request", "4")(h)
			h.confirm()
			assert.Equal(t, "The request was approved, and the change was made.", h.text(".message p"))
			u, _ := a.view().User("max")
			assert.Equal(t, []role.Name{"clerk"}, u.Beside)
			h.open(viewer{user: "max"}, "requests")
			assert.Contains(t, h.text("main"), "Request 4 was approved.")
			h.assertQuiet()
		})
	}
}
