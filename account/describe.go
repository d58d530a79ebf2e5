package account

import (
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

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

func (c CreateAccount) describe() string { return "for " + word(c.Owner) }

func (c Import) describe() string {
	return several(len(c.Contents.Users), "user") + ", " + several(len(c.Contents.Teams), "team")
}

func (c AddUser) describe() string {
	s := word(c.User)
	if c.Role != "" {
		s += " as " + word(c.Role)
	}
	if len(c.Teams) > 0 {
		s += " in " + teams(c.Teams)
	}
	if c.Status != 0 && c.Status != usher.Active {
		s += " (" + c.Status.String() + ")"
	}
	return s
}

func (AcceptInvitation) describe() string { return "" }

func (DeclineInvitation) describe() string { return "" }

func (Leave) describe() string { return "" }

func (c RemoveUser) describe() string { return word(c.User) }

func (c SetStatus) describe() string { return word(c.User) + " " + word(c.Status.String()) }

func (c SetRole) describe() string { return word(c.User) + " " + word(c.Role) }

func (c CreateTeam) describe() string {
	if c.Parent == "" {
		return word(c.Team)
	}
	return word(c.Team) + " below " + word(c.Parent)
}

func (c MoveTeam) describe() string {
	if c.Parent == "" {
		return word(c.Team) + " to the top"
	}
	return word(c.Team) + " below " + word(c.Parent)
}

func (c DeleteTeam) describe() string { return word(c.Team) }

func (c AddToTeam) describe() string { return word(c.Team) + " " + word(c.User) }

func (c RemoveFromTeam) describe() string { return word(c.Team) + " " + word(c.User) }

func (c SetTeamRole) describe() string { return word(c.Team) + " " + word(c.User) + " " + word(c.Role) }

func (c UnsetTeamRole) describe() string {
	return word(c.Team) + " " + word(c.User) + " " + word(c.Role)
}

func (c SetSeats) describe() string { return word(c.Pool) + " " + strconv.Itoa(c.Total) }

func (c AssignSeat) describe() string { return word(c.User) + " " + word(c.Pool) }

func (c UnassignSeat) describe() string { return word(c.User) + " " + word(c.Pool) }

func (c ChangeSetting) describe() string { return word(c.Setting) + " " + onOff(c.Value) }

func (c GiveGrant) describe() string { return word(c.User) + " " + word(c.Grant) + until(c.Until) }

func (c RevokeGrant) describe() string { return word(c.User) + " " + word(c.Grant) }

func (c DefineField) describe() string { return word(c.Field) + " " + word(c.Type.String()) }

func (c RenameField) describe() string { return word(c.Field) + " to " + word(c.To) }

func (c MoveField) describe() string { return word(c.Field) + " " + before(c.Before) }

func (c ArchiveField) describe() string { return word(c.Field) }

func (c RestoreField) describe() string { return word(c.Field) }

func (c SetField) describe() string { return word(c.User) + " " + word(c.Field) }

func (c TransferOwnership) describe() string { return "to " + word(c.To) }

func (DeleteAccount) describe() string { return "" }

// mostTeams is how many teams of a list are named.
const mostTeams = 8

func teams(ids []usher.TeamID) string {
	var list []string
	for _, id := range ids[:min(len(ids), mostTeams)] {
		list = append(list, word(id))
	}
	s := strings.Join(list, ", ")
	if len(ids) > mostTeams {
		s += printable.Sprintf(" and %d more", len(ids)-mostTeams)
	}
	return s
}

func several(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func before(field string) string {
	if field == "" {
		return "to the end"
	}
	return "before " + word(field)
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + t.UTC().Format(time.RFC3339Nano)
}

// word returns an id or a name as it stands in a line.
func word[T ~string](id T) string { return printable.Word(id) }
