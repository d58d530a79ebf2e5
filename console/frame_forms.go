package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/usher-go/usher"
)

// Statuses returns the statuses of users, for a filter.
func (f frame) Statuses() []option {
	return []option{f.statusOption(usher.Active), f.statusOption(usher.Invited), f.statusOption(usher.Inactive)}
}

// PoolOptions returns the seat pools of the policy, for a filter.
func (f frame) PoolOptions() (list []option) {
	for _, p := range f.policy.Pools() {
		list = append(list, option{string(p.Name), string(p.Name)})
	}
	return list
}

// Selected reports whether a row was selected in the form that was rejected.
func (f frame) Selected(id usher.UserID) bool {
	return f.form != nil && strings.HasPrefix(f.form.Path, f.Page+"/") && slices.Contains(f.form.form.values["user"], string(id))
}

// WasChosen reports whether a rejected form of an action had a value in a field.
func (f frame) WasChosen(path, name, value string) bool {
	s := f.Failed(path)
	return s != nil && s.Chose(name, value)
}

// Asked reports whether a permission is the one that the page answers.
func (f frame) Asked(name string) bool { return url.Values(f.query).Get("ask") == name }

// Span returns the number of columns of the table of people with so many custom fields.
func (f frame) Span(fields int) int { return fields + 7 }

// button is a form without a choice: its fields are fixed.
type button struct {
	control
	Key    string // of the text
	Fields []field
}

// Do returns the frame of the part "do": a button for an action on a user, with further fields
// as pairs of name and value.
func (f frame) Do(c control, id usher.UserID, pairs ...string) frame {
	return f.DoAs(c, actionKey(c.Action), id, pairs...)
}

// DoAs does what Do does, with another text on the button.
func (f frame) DoAs(c control, key string, id usher.UserID, pairs ...string) frame {
	return f.With(button{c, key, fieldsOf(id, pairs)})
}

// chooser is a form with one choice.
type chooser struct {
	choice
	Name     string // of the field with the choice
	ID       string // of the element
	Key      string // of the text of the button
	LabelKey string // of the text of the label
	Fields   []field
}

// Choose returns the frame of the part "choose": a form in which the viewer chooses the value of
// a field, for an action on a user. ID is unique on the page.
func (f frame) Choose(c choice, name string, id usher.UserID, element string, pairs ...string) frame {
	return f.With(chooser{c, name, element, actionKey(c.Action), "people." + name, fieldsOf(id, pairs)})
}

func fieldsOf(id usher.UserID, pairs []string) []field {
	list := []field{{"id", string(id)}}
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, field{pairs[i], pairs[i+1]})
	}
	return list
}

// Key returns the key of the text of a bulk action.
func (b bulkForm) Key() string { return actionKey(b.Action) }

// Key returns the key of the text of an action.
func (c control) Key() string { return actionKey(c.Action) }
