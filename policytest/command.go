package policytest

import (
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
)

// Command is one command of a scenario. It has the arguments that go with its
// name; those that the file leaves out, and those of other commands, are zero.
type Command struct {
	Pos  syntax.Pos
	Name string // do: assign-seat

	Owner, User   syntax.Name
	Seats         []SeatTotal // that the plan sells from the beginning; nil where the file does not say
	Role          syntax.Name
	Status        usher.Status
	Team, Parent  syntax.Name
	Teams         []syntax.Name
	Pool          syntax.Name
	Total         int
	Setting       syntax.Name
	On            bool // value, of a setting
	Grant         syntax.Name
	Until         time.Time
	Field, Before syntax.Name
	Type          account.FieldType
	Value         Value       // of a custom field
	To            syntax.Name // the user who becomes the owner, or a field's new name
}

// commands is the vocabulary, with the arguments of each.
var commands = []signature{
	command("create-account", "owner seats?"),
	command("add-user", "user role? status? teams?"),
	command("accept-invitation", ""),
	command("decline-invitation", ""),
	command("leave", ""),
	command("remove-user", "user"),
	command("set-status", "user status"),
	command("set-role", "user role"),
	command("create-team", "team parent?"),
	command("move-team", "team parent?"),
	command("delete-team", "team"),
	command("add-to-team", "team user"),
	command("remove-from-team", "team user"),
	command("set-team-role", "team user role"),
	command("unset-team-role", "team user role"),
	command("set-seats", "pool total"),
	command("assign-seat", "user pool"),
	command("unassign-seat", "user pool"),
	command("change-setting", "setting value"),
	command("give-grant", "user grant until?"),
	command("revoke-grant", "user grant"),
	command("define-field", "field type"),
	command("rename-field", "field to"),
	command("move-field", "field before?"),
	command("archive-field", "field"),
	command("restore-field", "field"),
	command("set-field", "user field value"),
	command("transfer-ownership", "to"),
	command("delete-account", ""),
}

// signature is a command with its arguments.
type signature struct {
	name string
	args []argument
}

type argument struct {
	key      string
	optional bool
}

func command(name, args string) signature {
	s := signature{name: name}
	for _, arg := range strings.Fields(args) {
		key, optional := strings.CutSuffix(arg, "?")
		s.args = append(s.args, argument{key, optional})
	}
	return s
}

// findCommand returns the command's signature, or one without a name.
func findCommand(name string) signature {
	for _, s := range commands {
		if s.name == name {
			return s
		}
	}
	return signature{}
}

// name returns where the command keeps an argument that is a name or an id, nil
// for one that is something else.
func (c *Command) name(key string) *syntax.Name {
	switch key {
	case "owner":
		return &c.Owner
	case "user":
		return &c.User
	case "role":
		return &c.Role
	case "team":
		return &c.Team
	case "parent":
		return &c.Parent
	case "pool":
		return &c.Pool
	case "setting":
		return &c.Setting
	case "grant":
		return &c.Grant
	case "field":
		return &c.Field
	case "before":
		return &c.Before
	case "to":
		return &c.To
	}
	return nil
}
