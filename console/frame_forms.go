package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/usher-go/usher"
)

// Statuses returns the statuses of users, for a filter: that of users who ask to join, if the viewer
// may admit some of them.
func (f frame) Statuses() []option {
	list := []option{f.statusOption(usher.Active), f.statusOption(usher.Invited), f.statusOption(usher.Inactive)}
	if f.mayAny(userAdmit) || f.Query("status") == usher.Requested.String() {
		list = append(list, f.statusOption(usher.Requested))
	}
	return list
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

// Sent returns the fields of a rejected form of an action, to send them again.
func (f frame) Sent(path string, names ...string) (list []field) {
	if s := f.Failed(path); s != nil {
		for _, name := range names {
			for _, value := range s.form.list(name) {
				list = append(list, field{name, value})
			}
		}
	}
	return list
}

// Query returns a parameter of the page.
func (f frame) Query(name string) string { return url.Values(f.query).Get(name) }

// SeesTeam reports whether the viewer may open the page of a team.
func (f frame) SeesTeam(id usher.TeamID) bool { return f.seesTeam(id) }

// ResolvesIDs reports whether the host finds ids for what viewers type.
func (f frame) ResolvesIDs() bool { return f.options.IDs != nil }

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

// Do returns the frame of the part "do": a form that is only a button, with fields as pairs of
// name and value.
func (f frame) Do(c control, pairs ...any) frame { return f.DoAs(c, actionKey(c.Action), pairs...) }

// DoAs does what Do does, with another text on the button.
func (f frame) DoAs(c control, key string, pairs ...any) frame {
	return f.With(button{c, key, fieldsOf(pairs)})
}

// chooser is a form with one choice.
type chooser struct {
	choice
	Name     string // of the field with the choice
	LabelKey string // of the text of its label
	ID       string // of the element
	Key      string // of the text of the button
	Fields   []field
	Dated    bool // the form can have a beginning and an end
}

// ChooseFor does what Choose does, with the fields for a beginning and an end that the action has.
func (f frame) ChooseFor(c choice, name, label, element string, pairs ...any) frame {
	return f.With(chooser{c, name, label, element, actionKey(c.Action), fieldsOf(pairs), true})
}

// Choose returns the frame of the part "choose": a form in which the viewer chooses the value of
// a field. Label is the key of the field's label, and element the id of the element, unique on
// the page. The other fields are pairs of name and value.
func (f frame) Choose(c choice, name, label, element string, pairs ...any) frame {
	return f.With(chooser{c, name, label, element, actionKey(c.Action), fieldsOf(pairs), false})
}

func fieldsOf(pairs []any) (list []field) {
	for i := 0; i+1 < len(pairs); i += 2 {
		list = append(list, field{words(pairs[i]), words(pairs[i+1])})
	}
	return list
}

// Entered returns what the viewer had entered in a field of a rejected form, if the form is the
// one in which another field has a value; "" otherwise.
func (f frame) Entered(path, key, value, name string) string {
	if s := f.Failed(path); s != nil && s.Value(key) == value {
		return s.Value(name)
	}
	return ""
}

// Key returns the key of the text of an action.
func (c control) Key() string { return actionKey(c.Action) }
