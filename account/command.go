package account

import (
	"reflect"

	"github.com/usher-go/usher/internal/printable"
)

// Command is a change that an actor requests. Each type's comment names the permission that a
// user needs, and on which resource; the host application needs none. A command that finds
// its result already in place changes nothing, and is not an error.
//
// A command that changes a role or a status also releases and takes the seats that follow,
// without requiring seat.assign or seat.unassign. If its batch leaves more seats held than
// bought, it is rejected with CodeNoSeatsLeft.
//
// Pass a command by value: &SetRole{} compiles, but is rejected with CodeInvalid.
//
// The exported fields are the command's arguments. The tag usher describes an argument with a
// comma-separated list: "optional" for an argument that may be left out; "setting", "grant",
// "field" or "name" for what a string names; "team-role" for a role held on a team;
// "role-beside" for a role beside the account role; "role-on" for a role on a resource; "custom-role",
// "new-role" and "any-role" for a role that the account defines, will define, and any role; and the allowed values, if these are not all
// values of the type ("active|inactive"). [Commands] derives from fields and tags how a command is written. The schema and the FORMAT pages
// quote the first sentence of the comment on a type, and the comments at the ends of the
// field lines.
type Command interface {
	// asks returns what the command requires of its actor.
	asks(*proposing) requirement

	// propose makes the changes that follow from the command, or rejects it. The actor has
	// met what asks returned.
	propose(*proposing) error

	// describe returns the command's arguments in words, or "" if it has none.
	describe() string
}

// NameOf returns the name of a command, which is its type's name in kebab case: "assign-seat"
// for AssignSeat. It returns "" for nil.
func NameOf(c Command) string { return nameOf(commandNames, c) }

// isCommand reports whether a type is in the list of commands. A pointer to a command, and a
// type that embeds one, have the methods but are not in the list.
func isCommand(t reflect.Type) bool { return commandNames[t] != "" }

// Describe returns a command in words for messages: "assign-seat max booking". The result is
// one line, with ids and names made safe to print. It does not contain values of custom
// fields, which are personal data.
func Describe(c Command) string {
	switch t := reflect.TypeOf(c); {
	case t == nil:
		return "no command"
	case !isCommand(t):
		return printable.Sprintf("%T", c)
	}
	name, args := NameOf(c), c.describe()
	if args == "" {
		return name
	}
	return name + " " + args
}
