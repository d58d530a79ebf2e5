package account

import (
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
	switch c := c.(type) {
	case nil:
		return "no command"
	case AcceptInvitation, DeclineInvitation, Leave, DeleteAccount:
		return c.CommandName()
	case CreateAccount:
		return c.CommandName() + " for " + word(c.Owner)
	case Import:
		return words(c, several(len(c.Contents.Users), "user")+",", several(len(c.Contents.Teams), "team"))
	case AddUser:
		return describeAddUser(c)
	case RemoveUser:
		return words(c, word(c.User))
	case SetStatus:
		return words(c, word(c.User), word(c.Status.String()))
	case SetRole:
		return words(c, word(c.User), word(c.Role))
	case SetSeats:
		return words(c, word(c.Pool), strconv.Itoa(c.Total))
	case AssignSeat:
		return words(c, word(c.User), word(c.Pool))
	case UnassignSeat:
		return words(c, word(c.User), word(c.Pool))
	case ChangeSetting:
		return words(c, word(c.Setting), onOff(c.Value))
	case GiveGrant:
		return words(c, word(c.User), word(c.Grant)) + until(c.Until)
	case RevokeGrant:
		return words(c, word(c.User), word(c.Grant))
	case TransferOwnership:
		return words(c, "to", word(c.To))
	case CreateTeam, MoveTeam, DeleteTeam, AddToTeam, RemoveFromTeam, SetTeamRole, UnsetTeamRole:
		return describeTeam(c)
	case DefineField, RenameField, MoveField, ArchiveField, RestoreField, SetField:
		return describeField(c)
	default:
		return printable.Sprintf("%T", c)
	}
}

func describeAddUser(c AddUser) string {
	s := words(c, word(c.User))
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

func describeTeam(c Command) string {
	switch c := c.(type) {
	case CreateTeam:
		if c.Parent == "" {
			return words(c, word(c.Team))
		}
		return words(c, word(c.Team), "below", word(c.Parent))
	case MoveTeam:
		if c.Parent == "" {
			return words(c, word(c.Team), "to the top")
		}
		return words(c, word(c.Team), "below", word(c.Parent))
	case DeleteTeam:
		return words(c, word(c.Team))
	case AddToTeam:
		return words(c, word(c.Team), word(c.User))
	case RemoveFromTeam:
		return words(c, word(c.Team), word(c.User))
	case SetTeamRole:
		return words(c, word(c.Team), word(c.User), word(c.Role))
	case UnsetTeamRole:
		return words(c, word(c.Team), word(c.User), word(c.Role))
	default:
		return c.CommandName()
	}
}

func describeField(c Command) string {
	switch c := c.(type) {
	case DefineField:
		return words(c, word(c.Field), word(c.Type.String()))
	case RenameField:
		return words(c, word(c.Field), "to", word(c.To))
	case MoveField:
		return words(c, word(c.Field), before(c.Before))
	case ArchiveField:
		return words(c, word(c.Field))
	case RestoreField:
		return words(c, word(c.Field))
	case SetField:
		return words(c, word(c.User), word(c.Field))
	default:
		return c.CommandName()
	}
}

func words(c Command, args ...string) string {
	return c.CommandName() + " " + strings.Join(args, " ")
}

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
