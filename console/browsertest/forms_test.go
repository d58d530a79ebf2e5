package browsertest

import (
	"net/url"
	"slices"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// control is a button of a form with method="post", as the browser sees it.
type control struct {
	Action   string              // where the button sends the form
	Disabled bool                //
	Visible  bool                //
	Reason   string              // the sentence about why it is disabled
	Values   map[string][]string // what each field without text can contain
	Index    int                 // of the button in the document
}

// readForms returns the controls of the document. A choice that belongs to another button of the
// same form is left out.
const readForms = `[...document.querySelectorAll("form[method=post] button")].map((button, index) => {
  const form = button.form, values = {};
  const add = (name, value) => { if (name) (values[name] ??= []).push(value); };
  for (const e of form.elements) {
    if (e.matches("select")) {
      if (e.dataset.for && e.dataset.for !== button.value.replace("/", ".")) continue;
      for (const o of e.options) add(e.name, o.value);
    } else if (e.matches("input[type=hidden], input[type=checkbox], input[type=radio]")) {
      add(e.name, e.value);
    }
  }
  return {
    Action: new URL(button.getAttribute("formaction") ?? form.getAttribute("action"), location).pathname,
    Disabled: button.matches(":disabled"), Visible: button.checkVisibility(),
    Reason: form.querySelector(".reason")?.innerText ?? "", Values: values, Index: index,
  };
})`

// forms returns the controls of the page. The path of the action is relative to the Console.
func (b *tab) forms() []control {
	b.Helper()
	list := eval[[]control](b, readForms)
	for i := range list {
		path, ok := strings.CutPrefix(list[i].Action, b.app.root)
		require.True(b, ok, "a form leads to %s, outside of the Console", list[i].Action)
		list[i].Action = path
	}
	return list
}

// offers returns what a control offers: a line for each combination of the fields that the row of
// the action compares.
func (c control) offers(fields []string) []string {
	queries := []url.Values{{}}
	for _, name := range fields {
		var next []url.Values
		for _, q := range queries {
			for _, value := range c.Values[name] {
				next = append(next, with(q, url.Values{name: {value}}))
			}
		}
		queries = next
	}
	list := make([]string, len(queries))
	for i, q := range queries {
		list[i] = c.Action + "?" + q.Encode()
	}
	return list
}

// compareForms compares what a page offers with what the engine accepts.
func (b *tab) compareForms(by viewer, p pageInfo, query url.Values, what string) {
	b.Helper()
	var offered, off []string
	for _, c := range b.forms() {
		row, ok := actions[c.Action]
		require.True(b, ok, "%s: the table actions has no row for %s", what, c.Action)
		assert.True(b, c.Visible, "%s: the button of %s is not visible", what, c.Action)
		if c.Disabled {
			assert.NotEmpty(b, c.Reason, "%s: the button of %s is disabled without a reason", what, c.Action)
			off = append(off, c.offers(row.fields)...)
			continue
		}
		offered = append(offered, c.offers(row.fields)...)
	}
	accepted := b.app.accepted(by, p, query)
	slices.Sort(offered)
	assert.Equal(b, accepted, slices.Compact(offered), what)
	for _, line := range off {
		assert.NotContains(b, accepted, line, "%s: disabled", what)
	}
}

// accepted returns what the engine accepts of all that a page can offer, in order.
func (a *app) accepted(by viewer, p pageInfo, query url.Values) (list []string) {
	for _, path := range p.actions {
		row, ok := actions[path]
		require.True(a, ok, "the table actions has no row for %s", path)
		for _, c := range row.candidates(a, by, query) {
			if a.accepts(by, c.commands...) {
				list = append(list, path+"?"+c.compared(row.fields))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
