package browsertest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hand fills in forms in one way: with the mouse, or with the keyboard alone.
type hand struct {
	*tab
	keyboard bool
}

// used is the mark of the element that a hand uses now.
const used = `[data-used]`

// mark marks the element that an expression returns.
func (h hand) mark(element string) {
	h.Helper()
	found := eval[bool](h.tab, fmt.Sprintf(`(() => {
  document.querySelector(%q)?.removeAttribute("data-used");
  const e = %s;
  e?.setAttribute("data-used", "");
  return Boolean(e);
})()`, used, element))
	require.True(h, found, "there is no element %s", element)
}

// maxTabs limits how often the key Tab must be pressed to reach an element.
const maxTabs = 400

// unfocused returns the element that has the focus but does not show it. The button inside of a
// field for a date shows the focus itself.
const unfocused = `(() => {
  const e = document.activeElement, style = getComputedStyle(e), at = e.getBoundingClientRect();
  if (e === document.body || e.type === "date" && !e.matches(":focus-visible")) return "";
  const shown = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const inView = at.bottom > 0 && at.top < innerHeight && at.right > 0 && at.left < innerWidth;
  return shown && inView ? "" : e.outerHTML.slice(0, 200);
})()`

// reach moves the focus to the marked element. With the keyboard, it presses Tab, and each element
// on the way must show that it has the focus.
func (h hand) reach() {
	h.Helper()
	if !h.keyboard {
		h.do(chromedp.Focus(used))
		return
	}
	for range maxTabs {
		if eval[bool](h.tab, fmt.Sprintf(`document.activeElement.matches(%q)`, used)) {
			return
		}
		h.do(chromedp.KeyEvent(kb.Tab))
		assert.Empty(h, eval[string](h.tab, unfocused), "an element has the focus, and does not show it")
	}
	require.Fail(h, "the key Tab does not reach an element", eval[string](h.tab, fmt.Sprintf(`document.querySelector(%q).outerHTML`, used)))
}

// press presses the marked button, link or checkbox. Space presses a checkbox.
func (h hand) press() step {
	h.Helper()
	if !h.keyboard {
		return chromedp.Click(used)
	}
	h.reach()
	if eval[bool](h.tab, fmt.Sprintf(`document.querySelector(%q).matches("[type=checkbox]")`, used)) {
		return chromedp.KeyEvent(" ")
	}
	return chromedp.KeyEvent(kb.Enter)
}

// enter enters a value into the marked element, as its kind requires.
func (h hand) enter(value string) {
	h.Helper()
	switch kind := eval[string](h.tab, fmt.Sprintf(`document.querySelector(%q).type`, used)); kind {
	case "checkbox":
		h.do(h.press())
	case "select-one", "select-multiple":
		h.reach()
		at := eval[int](h.tab, fmt.Sprintf(`[...document.querySelector(%q).options].findIndex(o => o.value === %q)`, used, value))
		h.do(chromedp.KeyEvent(kb.Home + strings.Repeat(kb.ArrowDown, at)))
	case "date": // in the language of the browser: month, day, year
		h.reach()
		h.do(chromedp.KeyEvent(value[5:7] + value[8:] + value[:4]))
	default:
		h.reach()
		if !h.keyboard {
			h.do(chromedp.Click(used))
		}
		length := eval[int](h.tab, fmt.Sprintf(`document.querySelector(%q).value.length`, used))
		h.do(chromedp.KeyEvent(kb.End + strings.Repeat(kb.Backspace, length) + value))
	}
}

// send fills in the form of a control and presses its button.
func (h hand) send(c control, values url.Values) {
	h.Helper()
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range values[name] {
			h.mark(fmt.Sprintf(`[...document.querySelectorAll("form[method=post] button")][%d].form`, c.Index))
			kind := eval[string](h.tab, fmt.Sprintf(`(() => {
  const button = [...document.querySelectorAll("form[method=post] button")][%d];
  const e = [...button.form.elements].find(e => e.name === %q
    && (!e.dataset.for || e.dataset.for === button.value.replace("/", "."))
    && (!e.matches("[type=hidden], [type=checkbox], [type=radio]") || e.value === %q));
  document.querySelector(%q).removeAttribute("data-used");
  e?.setAttribute("data-used", "");
  return e?.type ?? "";
})()`, c.Index, name, value, used))
			require.NotEmpty(h, kind, "the form of %s has no field %s with the value %q", c.Action, name, value)
			if kind != "hidden" {
				h.enter(value)
			}
		}
	}
	h.mark(fmt.Sprintf(`[...document.querySelectorAll("form[method=post] button")][%d]`, c.Index))
	h.follow(h.press())
}

// confirmation is the word that the page asks for, "" if it asks for none.
func (b *tab) word() string { return b.text(`label[for="typed"] bdi`) }

// confirm confirms a change, if the page asks for that, by typing the word if it asks for one.
func (h hand) confirm() {
	h.Helper()
	if !eval[bool](h.tab, `Boolean(document.querySelector("input[name=confirmed]"))`) {
		return
	}
	if word := h.word(); word != "" {
		h.mark(`document.getElementById("typed")`)
		h.enter(word)
		if h.keyboard {
			h.follow(chromedp.KeyEvent(kb.Enter))
			return
		}
	}
	h.mark(`document.querySelector("main form[method=post] button")`)
	h.follow(h.press())
}
