package browsertest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
)

// Two people have the same form open. The second one to send it sees what the first one changed,
// with both versions, and nothing happens. From that page, the form can be sent again.
func TestTwoPeopleOnOneForm(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]step{"with JavaScript": nil, "without JavaScript": {withoutScript()}} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, "oncehub")
			one, two := hand{tab: newTab(t, a, steps...)}, hand{tab: newTab(t, a, steps...)}
			one.open(olivia, "person?id=mia")
			two.open(adam, "person?id=mia")
			offer("person/set-role", "role", "admin")(one)
			one.confirm()
			version := a.view().Version()

			offer("person/set-status", "status", "inactive")(two)
			assert.Equal(t, int64(http.StatusConflict), two.status)
			assert.Equal(t, version, a.view().Version(), "the second form changed something")
			problem := two.text("#problem")
			for _, want := range []string{"Olivia Example", "Member", "Administrator"} {
				assert.Contains(t, problem, want)
			}
			assert.Equal(t, "/app/admin/person", eval[string](two.tab, `document.querySelector("#problem a").pathname`))

			offer("person/set-status", "status", "inactive")(two)
			two.confirm()
			u, _ := a.view().User("mia")
			assert.Equal(t, usher.Inactive, u.Status, two.text("main"))

			// The first one confirms what the second one has made impossible meanwhile.
			one.open(olivia, "person?id=max")
			offer("person/remove")(one)
			two.open(adam, "person?id=max")
			offer("person/set-role", "role", "admin")(two)
			two.confirm()
			one.confirm()
			assert.Equal(t, int64(http.StatusConflict), one.status)
			assert.Contains(t, one.text("#problem"), "Adam Example")
		})
	}
}

// The page of a user says what would help, and its button does it: the user then may.
func TestRemedies(t *testing.T) {
	t.Parallel()
	found := 0
	for _, name := range []string{"oncehub", "groupcal"} {
		a := newApp(t, name)
		b := newTab(t, a)
		b.open(olivia, "person?id=mia")
		for _, asked := range eval[[]string](b, `[...document.querySelectorAll("#ask option")].map(o => o.value)`) {
			address := "person?" + url.Values{"id": {"mia"}, "ask": {asked}}.Encode()
			b.open(olivia, address)
			forms := b.forms()
			i := slices.IndexFunc(forms, func(c control) bool { return c.Action == "person/help" })
			if i < 0 {
				continue
			}
			found++
			require.Equal(t, 1, eval[int](b, `document.querySelectorAll(".why.no").length`), asked)
			h := hand{tab: b}
			h.send(forms[i], nil)
			h.confirm()
			assert.NotEmpty(t, b.text(".message p"), asked)
			b.open(olivia, address)
			assert.Equal(t, 1, eval[int](b, `document.querySelectorAll(".why.yes").length`), "%s: %s", asked, b.text("#why"))
			if found >= 4 {
				return
			}
			b.app = newApp(t, name)
		}
	}
	assert.NotZero(t, found, "no page offers a remedy")
}

// With the keyboard alone: the link at the start skips the navigation, every page of the navigation
// opens, a search finds a user, and a rejected form has the focus at what is wrong.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	a := newApp(t, "oncehub")
	h := hand{newTab(t, a), true}
	h.open(olivia, "people")
	h.mark(`document.querySelector(".skip")`)
	h.do(h.press())
	assert.Equal(t, "main", eval[string](h.tab, `document.activeElement.id`))

	for i := range len(h.menu()) {
		h.mark(fmt.Sprintf(`document.querySelectorAll("header nav a")[%d]`, i))
		want := h.menu()[i]
		h.follow(h.press())
		assert.Equal(t, a.root+want, eval[string](h.tab, `location.pathname`))
		assert.Equal(t, int64(http.StatusOK), h.status, want)
	}

	h.open(olivia, "people")
	// The protocol sends a key and its letter apart, so that the page could not keep the letter away.
	eval[bool](h.tab, `document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "/", bubbles: true}))`)
	assert.Equal(t, "q", eval[string](h.tab, `document.activeElement.id`))
	h.do(typeText("mia"))
	h.follow(chromedp.KeyEvent(kb.Enter))
	assert.Equal(t, []usher.UserID{"mia"}, h.people())

	offer("people/add", "user", "mia")(h)
	assert.Equal(t, int64(http.StatusConflict), h.status)
	assert.Equal(t, "problem", eval[string](h.tab, `document.activeElement.id`))
	assert.Equal(t, "mia", eval[string](h.tab, `document.getElementById("add-user").value`), "what was typed is lost")
}

// The script searches while people type, and keeps the cursor.
func TestSearchWhileTyping(t *testing.T) {
	t.Parallel()
	h := hand{tab: newTab(t, newApp(t, "oncehub"))}
	h.open(olivia, "people")
	h.mark(`document.getElementById("q")`)
	h.reach()
	h.follow(typeText("ad"))
	assert.Equal(t, []usher.UserID{"adam"}, h.people())
	assert.Equal(t, "q 2", eval[string](h.tab, `document.activeElement.id + " " + document.activeElement.selectionStart`))
}

// typeText enters a text at once, so that a slow machine does not pause between its letters.
func typeText(text string) step {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}
