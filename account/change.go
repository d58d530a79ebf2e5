package account

import (
	"reflect"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Change is a fact that follows from a command, as the journal stores it. A change contains
// the value before it if that would otherwise be lost, so that a journal is readable without
// replaying it. [State.Apply] rejects a change that does not fit the state.
type Change interface {
	// apply makes the change, or returns why it does not fit.
	apply(*draft) error

	// describe returns the change as a sentence.
	describe() string
}

// changes lists the zero value of each change. A new change is one type, one line here and a
// golden file. FORMAT.md has the same order.
var changes = []Change{
	AccountCreated{},
	AccountDeleted{},
	UserAdded{},
	UserRemoved{},
	UserRenamed{},
	UserMerged{},
	StatusSet{},
	RoleSet{},
	RoleBesideSet{},
	RoleBesideUnset{},
	OwnershipTransferred{},
	OwnershipBegun{},
	OwnershipEnded{},
	TeamCreated{},
	TeamMoved{},
	TeamDeleted{},
	MemberAdded{},
	MemberRemoved{},
	TeamRoleSet{},
	TeamRoleUnset{},
	OutsideRoleSet{},
	OutsideRoleUnset{},
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
	RoleOnGiven{},
	RoleOnTaken{},
	ResourceForgotten{},
	Scheduled{},
	Unscheduled{},
	Due{},
	DueSkipped{},
	RequestMade{},
	RequestApproved{},
	RequestDeclined{},
	RequestWithdrawn{},
	RequestEnded{},
	RoleDefined{},
	RoleTitled{},
	RoleRuleAdded{},
	RoleRuleRemoved{},
	RoleReplaced{},
	RoleDeleted{},
}

// NameOfChange returns the name of a change in the journal, which is its type's name in kebab
// case: "seat-assigned" for SeatAssigned. It returns "" for nil.
func NameOfChange(c Change) string { return nameOf(changeNames, c) }

// ChangeNames returns the names of all changes, in the order of the documentation.
func ChangeNames() []string {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = NameOfChange(c)
	}
	return names
}

// isChange is isCommand for changes.
func isChange(t reflect.Type) bool { return changeNames[t] != "" }

// DescribeChange returns a change as a sentence for an audit log: "max gets a seat in
// booking". The result is one line, with ids and names made safe to print.
func DescribeChange(c Change) string {
	switch t := reflect.TypeOf(c); {
	case t == nil:
		return "no change"
	case !isChange(t):
		return printable.Sprintf("%T", c)
	}
	return c.describe()
}

// UsersOf returns the users that the changes name, each once, in the order of their first
// occurrence, including those that the commands of a request name. It serves to list the changes
// that concern a user. A [RoleReplaced] concerns users that it does not name: see [State.UsersOf].
func UsersOf(changes ...Change) []usher.UserID {
	var list []usher.UserID
	seen := map[usher.UserID]bool{}
	var add func(v reflect.Value)
	add = func(v reflect.Value) {
		if v = reflect.Indirect(v); v.Kind() != reflect.Struct {
			return // nil
		}
		for i := range v.NumField() {
			switch f := v.Field(i).Interface().(type) {
			case usher.UserID:
				if f != "" && !seen[f] {
					seen[f] = true
					list = append(list, f)
				}
			case []Command:
				for _, command := range f {
					add(reflect.ValueOf(command))
				}
			}
		}
	}
	for _, c := range changes {
		add(reflect.ValueOf(c))
	}
	return list
}
