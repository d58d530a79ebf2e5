package account

import (
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
)

// Code says why a command was refused. Each code but Denied has a sentinel error, such as
// ErrExists. The zero value is not a code.
type Code uint8

// The codes, in the order in which they win where several apply to a command. The last
// four are for a batch as a whole: they are looked at once no command of it is refused for
// any other, and in this order too.
const (
	Denied         Code = iota + 1 // the actor may not; the Refusal has the decision
	UnknownUser                    // no such user
	UnknownTeam                    // no such team
	UnknownRole                    // no such role of that kind
	UnknownPool                    // no such seat pool
	UnknownGrant                   // nothing that can be granted has the name
	UnknownSetting                 // no such setting
	UnknownField                   // no such custom field, or an archived one
	Invalid                        // a circle of teams, a value of the wrong type, an empty id
	Exists                         // what should be made is there already, or was deleted and its id is never used again
	NotMember                      // the user was not put in the team
	TeamNotEmpty                   // there are teams below the team
	UniqueRole                     // given or taken other than by a transfer
	Escalation                     // the actor would give more than they have, or take from a user who outranks them
	Inactive                       // the user's status does not allow it
	SeatNotAllowed                 // the user's role may not have the seat
	SeatRequired                   // the user's role may not be without the seat
	RoleFull                       // more users would hold the role than it may have
	LastHolder                     // too few active holders of the role, or of one that includes it, would be left
	NoSeatsLeft                    // more seats would be held than are bought, for one was taken
	SeatsInUse                     // more seats are held than would be bought, for fewer were bought
)

// The sentinel errors of the codes: errors.Is finds in a [Refusal] the one of its Code.
// That of a denial is usher.ErrDenied.
var (
	ErrUnknownUser    error = UnknownUser
	ErrUnknownTeam    error = UnknownTeam
	ErrUnknownRole    error = UnknownRole
	ErrUnknownPool    error = UnknownPool
	ErrUnknownGrant   error = UnknownGrant
	ErrUnknownSetting error = UnknownSetting
	ErrUnknownField   error = UnknownField
	ErrInvalid        error = Invalid
	ErrExists         error = Exists
	ErrNotMember      error = NotMember
	ErrTeamNotEmpty   error = TeamNotEmpty
	ErrUniqueRole     error = UniqueRole
	ErrEscalation     error = Escalation
	ErrInactive       error = Inactive
	ErrSeatNotAllowed error = SeatNotAllowed
	ErrSeatRequired   error = SeatRequired
	ErrRoleFull       error = RoleFull
	ErrLastHolder     error = LastHolder
	ErrNoSeatsLeft    error = NoSeatsLeft
	ErrSeatsInUse     error = SeatsInUse
)

var codeNames = [...]string{
	"none", "denied", "unknown-user", "unknown-team", "unknown-role", "unknown-pool", "unknown-grant", "unknown-setting", "unknown-field",
	"invalid", "exists", "not-member", "team-not-empty", "unique-role", "escalation", "inactive",
	"seat-not-allowed", "seat-required", "role-full", "last-holder", "no-seats-left", "seats-in-use",
}

// Codes returns the names of all codes, in their order.
func Codes() []string { return append([]string(nil), codeNames[1:]...) }

// ParseCode reads a code as String writes it.
func ParseCode(s string) (Code, error) {
	for i, name := range codeNames {
		if i > 0 && name == s {
			return Code(i), nil
		}
	}
	return 0, printable.Errorf("%q is no code%s", s, suggest.DidYouMean(s, codeNames[1:]))
}

// String returns the code's name: "no-seats-left"; "none" for the zero value.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return printable.Sprintf("Code(%d)", uint8(c))
}

// Error returns the code's name with blanks: "no seats left".
func (c Code) Error() string { return strings.ReplaceAll(c.String(), "-", " ") }

// Refusal says which command of a proposal was refused, and why. Nothing of the
// proposal is done then. errors.Is finds in it the sentinel of its Code: ErrExists,
// ErrNoSeatsLeft and so on, and usher.ErrDenied if the code is Denied.
type Refusal struct {
	Account  usher.AccountID
	Index    int // of the command in its batch; of a count, the last that moved it in the wrong direction
	Of       int // how many commands the batch has
	Command  Command
	Code     Code
	Text     string         // what stands against it, and what would help; may be empty
	Decision usher.Decision // that denied it; zero if the code is another
	Request  usher.Request  // what was decided so; zero if no rule was asked
}

// Error returns "assign-seat max booking: no seats left: 5 of 5 seats in
// booking are held, and 6 would be".
func (r *Refusal) Error() string {
	var b strings.Builder
	if r.Of > 1 {
		b.WriteString(printable.Sprintf("command %d of %d: ", r.Index+1, r.Of))
	}
	if r.Command != nil {
		b.WriteString(Describe(r.Command) + ": ")
	}
	if !r.Request.Permission.IsZero() {
		b.WriteString(printable.Text(r.Text)) // which says that it is denied
		return b.String()
	}
	b.WriteString(r.Code.Error())
	if r.Text != "" {
		b.WriteString(": " + printable.Text(r.Text))
	}
	return b.String()
}

// Is makes errors.Is find the code, and for a denial usher.ErrDenied.
func (r *Refusal) Is(target error) bool {
	if target == usher.ErrDenied {
		return r.Code == Denied
	}
	code, ok := target.(Code)
	return ok && code == r.Code
}

// As makes errors.As find in a denial the *usher.DeniedError that usher.Require
// would have returned.
func (r *Refusal) As(target any) bool {
	denied, ok := target.(**usher.DeniedError)
	if !ok || r == nil || r.Code != Denied {
		return false
	}
	*denied = &usher.DeniedError{Request: r.Request, Decision: r.Decision}
	return true
}

// Refused returns the name of the code, for who is not to import this package:
// usherhttp answers by it.
func (r *Refusal) Refused() string {
	if r == nil {
		return Code(0).String()
	}
	return r.Code.String()
}
