package account

import (
	"reflect"
)

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

// commandNames and changeNames have the name of each type in the lists.
var commandNames, changeNames = namesOf(commands), namesOf(changes)

func namesOf[T any](values []T) map[reflect.Type]string {
	names := make(map[reflect.Type]string, len(values))
	for _, v := range values {
		t := reflect.TypeOf(v)
		names[t] = kebab(t.Name())
	}
	return names
}

// NameOf returns the name of a command, which is that of its type in kebab case:
// "assign-seat" for AssignSeat. It returns "" for nil.
func NameOf(c Command) string { return nameOf(commandNames, c) }

// NameOfChange returns the name of a change in the journal, which is that of its type in
// kebab case: "seat-assigned" for SeatAssigned. It returns "" for nil.
func NameOfChange(c Change) string { return nameOf(changeNames, c) }

func nameOf(names map[reflect.Type]string, v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return ""
	}
	if name, ok := names[t]; ok {
		return name
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return kebab(t.Name())
}

// isCommand reports whether a type is listed as a command. A pointer to a command, and a
// type that embeds one, have its methods and are not listed.
func isCommand(t reflect.Type) bool { return commandNames[t] != "" }

// isChange is isCommand for changes.
func isChange(t reflect.Type) bool { return changeNames[t] != "" }
