package account

import (
	"reflect"

	"github.com/usher-go/usher/internal/printable"
)

// Command is something that somebody asks to have changed. Each says which
// permission is asked for, on which resource; the host needs none. Where a command
// finds things as asked already, nothing changes and that is no error.
//
// Where a role or a status goes with seats, the command takes and releases them too,
// and what it asks for is all that it asks for: no seat.assign, no seat.unassign. If
// its batch leaves more seats held than bought, it is refused with CodeNoSeatsLeft.
//
// A command is passed as it is: &SetRole{} compiles, and is refused as Invalid.
//
// The exported fields are the arguments of the command. The tag usher has words about one,
// with commas between them: "optional" if it may be left out, what a string is ("setting",
// "grant", "field", "name"), "team-role" for a role that is held on a team, and the values
// that are allowed of those that its type has ("active|inactive"). [Commands] derives from
// them how a command is written. The schema and the FORMAT pages quote the first sentence
// of the comment on a type, and the comments that end the lines of the fields.
type Command interface {
	// asks returns what the command requires of its actor.
	asks(*proposing) requirement

	// propose makes the changes that follow from the command, or refuses it. The actor
	// meets what asks returned.
	propose(*proposing) error

	// describe returns the arguments of the command in words, "" if there are none.
	describe() string
}

// NameOf returns the name of a command, which is that of its type in kebab case:
// "assign-seat" for AssignSeat. It returns "" for nil.
func NameOf(c Command) string { return nameOf(commandNames, c) }

// isCommand reports whether a type is listed as a command. A pointer to a command, and a
// type that embeds one, have its methods and are not listed.
func isCommand(t reflect.Type) bool { return commandNames[t] != "" }

// Describe returns a command in words, as messages name it: "assign-seat max
// booking". It is one line, whatever is in the command, and has no values of custom
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
