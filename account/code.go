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
	CodeDenied         Code = iota + 1 // the actor may not; the Refusal has the decision
	CodeUnknownUser                    // no such user
	CodeUnknownTeam                    // no such team
	CodeUnknownRole                    // no such role of that kind
	CodeUnknownPool                    // no such seat pool
	CodeUnknownGrant                   // nothing that can be granted has the name
	CodeUnknownSetting                 // no such setting
	CodeUnknownField                   // no such custom field, or an archived one
	CodeInvalid                        // a circle of teams, a value of the wrong type, an empty id
	CodeExists                         // what should be made is there already, or was deleted and its id is never used again
	CodeNotMember                      // the user was not put in the team
	CodeTeamNotEmpty                   // there are teams below the team
	CodeUniqueRole                     // given or taken other than by a transfer
	CodeEscalation                     // the actor would give more than they have, or take from a user who outranks them
	CodeInactive                       // the user's status does not allow it
	CodeSeatNotAllowed                 // the user's role may not have the seat
	CodeSeatRequired                   // the user's role may not be without the seat
	CodeRoleFull                       // more users would hold the role than it may have
	CodeLastHolder                     // too few active holders of the role, or of one that includes it, would be left
	CodeNoSeatsLeft                    // more seats would be held than are bought, for one was taken
	CodeSeatsInUse                     // more seats are held than would be bought, for fewer were bought
)

// The sentinel errors of the codes: errors.Is finds in a [Refusal] the one of its Code.
// That of a denial is usher.ErrDenied.
var (
	ErrUnknownUser    error = CodeUnknownUser
	ErrUnknownTeam    error = CodeUnknownTeam
	ErrUnknownRole    error = CodeUnknownRole
	ErrUnknownPool    error = CodeUnknownPool
	ErrUnknownGrant   error = CodeUnknownGrant
	ErrUnknownSetting error = CodeUnknownSetting
	ErrUnknownField   error = CodeUnknownField
	ErrInvalid        error = CodeInvalid
	ErrExists         error = CodeExists
	ErrNotMember      error = CodeNotMember
	ErrTeamNotEmpty   error = CodeTeamNotEmpty
	ErrUniqueRole     error = CodeUniqueRole
	ErrEscalation     error = CodeEscalation
	ErrInactive       error = CodeInactive
	ErrSeatNotAllowed error = CodeSeatNotAllowed
	ErrSeatRequired   error = CodeSeatRequired
	ErrRoleFull       error = CodeRoleFull
	ErrLastHolder     error = CodeLastHolder
	ErrNoSeatsLeft    error = CodeNoSeatsLeft
	ErrSeatsInUse     error = CodeSeatsInUse
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
		return r.Code == CodeDenied
	}
	code, ok := target.(Code)
	return ok && code == r.Code
}

// As makes errors.As find in a denial the *usher.DeniedError that usher.Require
// would have returned.
func (r *Refusal) As(target any) bool {
	denied, ok := target.(**usher.DeniedError)
	if !ok || r == nil || r.Code != CodeDenied {
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
