package account

import (
	"reflect"
	"strings"
	"unicode"
)

// commands lists the zero value of each command, in the order of the documentation. A new
// command is one type and one line here.
var commands = []Command{
	CreateAccount{},
	Import{},
	AddUser{},
	AcceptInvitation{},
	DeclineInvitation{},
	Leave{},
	RemoveUser{},
	SetStatus{},
	SetRole{},
	CreateTeam{},
	MoveTeam{},
	DeleteTeam{},
	AddToTeam{},
	RemoveFromTeam{},
	SetTeamRole{},
	UnsetTeamRole{},
	SetSeats{},
	AssignSeat{},
	UnassignSeat{},
	ChangeSetting{},
	GiveGrant{},
	RevokeGrant{},
	DefineField{},
	RenameField{},
	MoveField{},
	ArchiveField{},
	RestoreField{},
	SetField{},
	TransferOwnership{},
	DeleteAccount{},
}

// commandNames has the name of every type of command.
var commandNames = namesOf(commands)

func namesOf[T any](values []T) map[reflect.Type]string {
	names := make(map[reflect.Type]string, len(values))
	for _, v := range values {
		t := reflect.TypeOf(v)
		names[t] = kebab(t.Name())
	}
	return names
}

// NameOf returns the name of a command, which is its type in kebab case: "assign-seat"
// for AssignSeat. It returns "" for nil and for a pointer, which is not a command.
func NameOf(c Command) string { return commandNames[reflect.TypeOf(c)] }

// isCommand reports whether a type is a command. A type that embeds a command has its
// methods, but is not a command.
func isCommand(t reflect.Type) bool { return commandNames[t] != "" }

// kebab returns the name of a type in kebab case: "assign-seat" for AssignSeat.
func kebab(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) {
			if i > 0 {
				b.WriteByte('-')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}
