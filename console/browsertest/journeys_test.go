package browsertest

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// journey is an action that a viewer can do now: where its form is, and what to enter.
type journey struct {
	preset  string
	by      viewer
	address string
	form    candidate
}

// ofRemedies are the actions that pages offer with what would help: TestRemedies, TestAskForIt.
var ofRemedies = map[string]bool{"person/help": true, "requests/make": true}

// journeys returns, for each action of the Console, one that a viewer of some preset can do now.
func journeys(t *testing.T) map[string]journey {
	found := map[string]journey{}
	var missing []string
	for _, name := range []string{"oncehub", "groupcal", "staffdirectory", "calcom", "workspace", "agency", "studio"} {
		a := newApp(t, name)
		for _, by := range append([]viewer{olivia}, viewers[name]...) {
			for _, p := range a.pages() {
				for _, at := range a.addresses(p) {
					address, err := url.Parse(at)
					require.NoError(t, err)
					for _, path := range p.actions {
						if _, ok := found[path]; ok || ofRemedies[path] {
							continue
						}
						all := actions[path].candidates(a, by, address.Query())
						if i := slices.IndexFunc(all, func(c candidate) bool { return a.accepts(by, c.commands...) }); i >= 0 {
							found[path] = journey{name, by, at, all[i]}
						}
					}
				}
			}
		}
	}
	for _, p := range newApp(t, "oncehub").pages() {
		for _, path := range p.actions {
			if _, ok := found[path]; !ok && !ofRemedies[path] {
				missing = append(missing, path)
			}
		}
	}
	require.Empty(t, missing, "no viewer of these accounts can do these actions")
	return found
}

// Every action works by clicking through its form and its confirmation, with and without
// JavaScript, and with the keyboard alone.
func TestEveryAction(t *testing.T) {
	all := journeys(t)
	for _, way := range []struct {
		name     string
		keyboard bool
		steps    []step
	}{
		{"mouse", false, nil},
		{"without JavaScript", false, []step{withoutScript()}},
		{"keyboard", true, nil},
	} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			b := newTab(t, nil, way.steps...)
			for path, j := range all {
				b.app = newApp(t, j.preset)
				hand{b, way.keyboard}.travel(path, j)
			}
		})
	}
}

// travel does an action on its page.
func (h hand) travel(path string, j journey) {
	h.Helper()
	before := h.app.view().Version()
	h.open(j.by, j.address)
	require.Equal(h, int64(http.StatusOK), h.status, j.address)
	forms := h.forms()
	i := slices.IndexFunc(forms, func(c control) bool { return c.Action == path && !c.Disabled && c.fits(j.form.values) })
	require.GreaterOrEqual(h, i, 0, "%s has no form of %s with %v", j.address, path, j.form.values)
	h.send(forms[i], j.form.values)
	h.confirm()
	assert.NotEmpty(h, h.text(".message p"), "%s: %s", path, h.text("main"))
	assert.Equal(h, before+1, h.app.view().Version(), path)
	assert.False(h, h.app.accepts(j.by, j.form.commands...), "%s changed something else", path)
	h.assertQuiet()
}

// fits reports whether a control can send values; a text can be anything.
func (c control) fits(values url.Values) bool {
	for name, list := range values {
		if own, ok := c.Values[name]; ok && !slices.Contains(own, list[0]) {
			return false
		}
	}
	return true
}
