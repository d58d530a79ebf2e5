package account

import (
	"reflect"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Change is a fact that follows from a command, as the journal keeps it. Changes
// say what was before where that would otherwise be lost, so that a journal reads
// without replaying it; a change that does not fit the state is refused by
// [State.Apply].
type Change interface {
	// apply makes the change, or returns why it does not fit.
	apply(*draft) error

	// describe returns the change as a sentence.
	describe() string
}

// changes lists the zero value of each change. A new change is one type, one line here
// and a golden file. FORMAT.md has them in this order.
var changes = []Change{
	AccountCreated{},
	AccountDeleted{},
	UserAdded{},
	UserRemoved{},
	StatusSet{},
	RoleSet{},
	OwnershipTransferred{},
	TeamCreated{},
	TeamMoved{},
	TeamDeleted{},
	MemberAdded{},
	MemberRemoved{},
	TeamRoleSet{},
	TeamRoleUnset{},
	SeatsSet{},
	SeatAssigned{},
	SeatUnassigned{},
	SettingChanged{},
	GrantGiven{},
	GrantRevoked{},
	FieldDefined{},
	FieldRenamed{},
	FieldMoved{},
	FieldArchived{},
	FieldRestored{},
	FieldSet{},
}

// NameOfChange returns the name of a change in the journal, which is that of its type in
// kebab case: "seat-assigned" for SeatAssigned. It returns "" for nil.
func NameOfChange(c Change) string { return nameOf(changeNames, c) }

// isChange is isCommand for changes.
func isChange(t reflect.Type) bool { return changeNames[t] != "" }

// DescribeChange returns a change as a sentence of the journal: "max gets a seat in
// booking". It is one line, whatever is in the change.
func DescribeChange(c Change) string {
	switch t := reflect.TypeOf(c); {
	case t == nil:
		return "no change"
	case !isChange(t):
		return printable.Sprintf("%T", c)
	}
	return c.describe()
}

// UsersOf returns the users whom changes name, each once, in that order: whose page
// of a journal they belong to.
func UsersOf(changes ...Change) []usher.UserID {
	var list []usher.UserID
	seen := map[usher.UserID]bool{}
	for _, c := range changes {
		v := reflect.Indirect(reflect.ValueOf(c))
		if v.Kind() != reflect.Struct {
			continue // nil
		}
		for i := range v.NumField() {
			if id, ok := v.Field(i).Interface().(usher.UserID); ok && !seen[id] {
				seen[id] = true
				list = append(list, id)
			}
		}
	}
	return list
}
