package account

import (
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
)

// Code is the reason why a command was rejected. Each code except CodeDenied has a sentinel
// error, such as ErrExists for CodeExists. The zero value is not a code.
type Code uint8

// The codes, in the order of precedence if several apply to a command. The last four apply to
// a batch as a whole. They are checked, in this order, after all other checks of all
// commands.
const (
	CodeDenied             Code = iota + 1 // the actor is not allowed; the Refusal has the decision
	CodeUnknownUser                        // the user does not exist
	CodeUnknownTeam                        // the team does not exist
	CodeUnknownRole                        // the policy has no account role, or no team role, of the name, or no unique role
	CodeUnknownPool                        // the policy has no seat pool of the name
	CodeUnknownGrant                       // the policy has no permission, bundle or feature of the name
	CodeUnknownSetting                     // the policy has no setting of the name
	CodeUnknownField                       // the account has no custom field of the name, or it is archived
	CodeNotOffered                         // the policy does not offer the rule to the roles of an account
	CodeUnknownScheduled                   // nothing is scheduled under the number
	CodeUnknownRequest                     // the account has no open request of the number
	CodeInvalid                            // an invalid argument: a cycle of teams, a value of the wrong type, an empty id
	CodeExists                             // it already exists, or its id is that of something deleted
	CodeNotMember                          // the user is not in the team
	CodeTeamNotEmpty                       // the team has teams below it
	CodeTooManyCustomRoles                 // the account defines as many roles as the policy allows
	CodeRoleInUse                          // users hold the role, or get it later by the schedule
	CodeUniqueRole                         // only a transfer gives or takes the unique role
	CodeTeamRoleNotAllowed                 // the user's role does not allow team roles
	CodeGrantNotAllowed                    // the user's role does not allow grants
	CodeEscalation                         // the actor gives more than the actor has, or the user outranks the actor
	CodeTooManyRoles                       // a user or a team would have roles on too many resources, or a resource too many users and teams
	CodeScheduleFull                       // too many changes are scheduled
	CodeInactive                           // the user's status does not allow it
	CodeSeatNotAllowed                     // the user's role does not allow the seat
	CodeSeatRequired                       // the user's role requires the seat
	CodeTooManyRequests                    // the user or the account has too many open requests
	CodeRoleFull                           // too many users would have the role
	CodeLastHolder                         // too few active users would have the role, or a role that includes it
	CodeNoSeatsLeft                        // a seat is taken, and more would be held than bought
	CodeSeatsInUse                         // fewer seats would be bought than are held
)

// The sentinel errors of the codes. errors.Is finds in a [Refusal] the sentinel of its Code.
// The sentinel of CodeDenied is usher.ErrDenied.
var (
	ErrUnknownUser        error = CodeUnknownUser
	ErrUnknownTeam        error = CodeUnknownTeam
	ErrUnknownRole        error = CodeUnknownRole
	ErrUnknownPool        error = CodeUnknownPool
	ErrUnknownGrant       error = CodeUnknownGrant
	ErrUnknownSetting     error = CodeUnknownSetting
	ErrUnknownField       error = CodeUnknownField
	ErrUnknownScheduled   error = CodeUnknownScheduled
	ErrUnknownRequest     error = CodeUnknownRequest
	ErrNotOffered         error = CodeNotOffered
	ErrInvalid            error = CodeInvalid
	ErrExists             error = CodeExists
	ErrNotMember          error = CodeNotMember
	ErrTeamNotEmpty       error = CodeTeamNotEmpty
	ErrTooManyCustomRoles error = CodeTooManyCustomRoles
	ErrRoleInUse          error = CodeRoleInUse
	ErrUniqueRole         error = CodeUniqueRole
	ErrTeamRoleNotAllowed error = CodeTeamRoleNotAllowed
	ErrGrantNotAllowed    error = CodeGrantNotAllowed
	ErrEscalation         error = CodeEscalation
	ErrTooManyRoles       error = CodeTooManyRoles
	ErrScheduleFull       error = CodeScheduleFull
	ErrInactive           error = CodeInactive
	ErrSeatNotAllowed     error = CodeSeatNotAllowed
	ErrSeatRequired       error = CodeSeatRequired
	ErrTooManyRequests    error = CodeTooManyRequests
	ErrRoleFull           error = CodeRoleFull
	ErrLastHolder         error = CodeLastHolder
	ErrNoSeatsLeft        error = CodeNoSeatsLeft
	ErrSeatsInUse         error = CodeSeatsInUse
)

var codeNames = [...]string{
	"none", "denied", "unknown-user", "unknown-team", "unknown-role", "unknown-pool", "unknown-grant", "unknown-setting", "unknown-field", "not-offered", "unknown-scheduled",
	"unknown-request", "invalid", "exists", "not-member", "team-not-empty", "too-many-custom-roles", "role-in-use", "unique-role", "team-role-not-allowed", "grant-not-allowed", "escalation", "too-many-roles", "schedule-full", "inactive",
	"seat-not-allowed", "seat-required", "too-many-requests", "role-full", "last-holder", "no-seats-left", "seats-in-use",
}

// Codes returns the names of all codes, in their order.
func Codes() []string { return append([]string(nil), codeNames[1:]...) }

// ParseCode parses a code's name. Unknown names are an error.
func ParseCode(s string) (Code, error) {
	for i, name := range codeNames {
		if i > 0 && name == s {
			return Code(i), nil
		}
	}
	return 0, printable.Errorf("unknown code %q%s", s, suggest.DidYouMean(s, codeNames[1:]))
}

// String returns the code's name, such as "no-seats-left", and "none" for the zero value.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return printable.Sprintf("Code(%d)", uint8(c))
}

// Error returns the code's name with spaces: "no seats left".
func (c Code) Error() string { return strings.ReplaceAll(c.String(), "-", " ") }

// Refusal is the error of a rejected proposal. It reports which command was rejected, and
// why; no command of the proposal takes effect. errors.Is finds the sentinel of its Code in
// it: ErrExists, ErrNoSeatsLeft and so on, and usher.ErrDenied for CodeDenied.
type Refusal struct {
	Account  usher.AccountID
	Index    int // of the command in its batch, from 0; for a count, the last command that moved the count in the wrong direction
	Of       int // the number of commands in the batch
	Command  Command
	Code     Code
	Text     string         // what prevents the command, and what would help; may be empty
	Decision usher.Decision // the decision that denied it; zero for other codes
	Request  usher.Request  // the request of Decision; zero if no rule was evaluated
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
		b.WriteString(printable.Text(r.Text)) // it already contains the denial
		return b.String()
	}
	b.WriteString(r.Code.Error())
	if r.Text != "" {
		b.WriteString(": " + printable.Text(r.Text))
	}
	return b.String()
}

// Is makes errors.Is find the sentinel of the code, and usher.ErrDenied for a denial.
func (r *Refusal) Is(target error) bool {
	if target == usher.ErrDenied {
		return r.Code == CodeDenied
	}
	code, ok := target.(Code)
	return ok && code == r.Code
}

// As makes errors.As find, for a denial, the *usher.DeniedError that usher.Require returns.
func (r *Refusal) As(target any) bool {
	denied, ok := target.(**usher.DeniedError)
	if !ok || r == nil || r.Code != CodeDenied {
		return false
	}
	*denied = &usher.DeniedError{Request: r.Request, Decision: r.Decision}
	return true
}

// Refused returns the name of the code. It is for packages that do not import this one, such
// as usherhttp.
func (r *Refusal) Refused() string {
	if r == nil {
		return Code(0).String()
	}
	return r.Code.String()
}
