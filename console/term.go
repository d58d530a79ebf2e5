package console

import (
	"reflect"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
)

// termInputs are the fields of a form with a beginning and an end. Both are days, and both are
// optional.
var termInputs = []input{{Name: "from", Kind: "date"}, {Name: "until", Kind: "date"}}

// withTerm contains a command of each action whose form can have a beginning and an end. The form has
// those that the command has.
var withTerm = map[string]account.Command{
	"person/set-role":        account.SetRole{},
	"person/set-role-beside": account.SetRoleBeside{},
	"person/set-team-role":   account.SetTeamRole{},
	"person/add-to-team":     account.AddToTeam{},
	"person/give-grant":      account.GiveGrant{},
	"team/set-role":          account.SetTeamRole{},
	"team/add":               account.AddToTeam{},
	"settings/change":        account.ChangeSetting{},
	"shares/give":            account.GiveRoleOn{},
}

// Begins reports whether the form of an action can have a beginning.
func (v *viewer) Begins(action string) bool { return hasTime(withTerm[action], "From") }

// Ends reports whether the form of an action can have an end.
func (v *viewer) Ends(action string) bool { return hasTime(withTerm[action], "Until") }

// hasTime reports whether a command has a time under a name.
func hasTime(c account.Command, name string) bool {
	if c == nil {
		return false
	}
	field, ok := reflect.TypeOf(c).FieldByName(name)
	return ok && field.Type == reflect.TypeFor[time.Time]()
}

// during returns a command with the beginning and the end of a form.
func during(c account.Command, f form) (account.Command, error) {
	from, err := f.startOf("from")
	if err != nil {
		return nil, err
	}
	until, err := f.endOf("until")
	if err != nil {
		return nil, err
	}
	value := reflect.New(reflect.TypeOf(c)).Elem()
	value.Set(reflect.ValueOf(c))
	for i, name := range []string{"From", "Until"} {
		at := []time.Time{from, until}[i]
		switch {
		case at.IsZero():
		case hasTime(c, name):
			value.FieldByName(name).Set(reflect.ValueOf(at))
		default:
			return nil, &inputError{Field: strings.ToLower(name), Key: "input.term"}
		}
	}
	return value.Interface().(account.Command), nil
}

// onPersonDuring returns an action with one command on the user of the page, whose effect can begin
// later and end.
func onPersonDuring(name string, command func(usher.UserID, form) account.Command, inputs ...input) action {
	return action{Name: name, Inputs: append(append([]input{personID}, inputs...), termInputs...), Commands: func(_ *viewer, f form) ([]account.Command, error) {
		c, err := during(command(f.user("id"), f), f)
		return []account.Command{c}, err
	}}
}

// term is the part of a form with a beginning and an end.
type term struct {
	Begins, Ends bool
	ID           string // of the elements, unique on the page
}

// Term returns the frame of the part "term" for the form of an action.
func (f frame) Term(action, element string) frame {
	return f.With(term{f.Begins(action), f.Ends(action), element})
}

// forEachDuring returns the commands of an action on selected users, whose effect can begin later and
// end.
func forEachDuring(command func(usher.UserID, form) account.Command) func(*viewer, form) ([]account.Command, error) {
	return func(_ *viewer, f form) (list []account.Command, _ error) {
		for _, id := range f.list("user") {
			c, err := during(command(usher.UserID(id), f), f)
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
		return list, nil
	}
}
