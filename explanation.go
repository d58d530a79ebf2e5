package usher

import (
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Explanation says in one sentence why a question was decided as it was, and for
// a denial what would turn it. The zero Explanation is that of the zero Decision.
//
// It discloses the policy (the rule, its place in the file, the names of roles, pools,
// settings and fields), facts of the subject (the roles, teams, seats and grants that
// the rules look at, by what would help) and facts of the account and the resource that
// the rules look at: settings, the ids of the resource's teams, and by a Step for a
// party the ids of all users in it. It names no roles, teams or grants of other users.
// It is for operators and support, and for users who may see all of the resource and
// administer the account. Show others the Reason, as usherhttp does.
type Explanation struct {
	Decision Decision
	Sentence string
	Remedies []Remedy // the nearest first; empty where nothing small would help
}

// String returns the sentence, and the ways behind it.
func (e Explanation) String() string {
	var b strings.Builder
	b.WriteString(e.Sentence)
	if len(e.Remedies) > 0 {
		ways := make([]string, len(e.Remedies))
		for i, w := range e.Remedies {
			ways[i] = w.Text
		}
		b.WriteString("; what would help: ")
		b.WriteString(strings.Join(ways, "; or "))
	}
	return printable.Text(b.String())
}

// Way is one way from a denial to yes: after all its steps the same question is
// allowed. It says what would help, not who may do it.
type Remedy struct {
	Text  string `json:"text"` // "a seat in booking", "be the only host"
	Steps []Step `json:"-"`
}

// Step is one change to the facts that a question is decided on.
type Step struct {
	Kind  StepKind
	Name  string   // the role, pool, grant, setting, fact, attribute or party
	Team  TeamID   // of StepTeam and StepTeamRole
	Value bool     // of StepSetting, StepContext and StepAttribute
	IDs   []string // of StepParty: what the party then is, in full
}

// StepKind says what a Step changes. The zero value changes nothing.
type StepKind uint8

// The kinds of steps.
const (
	StepJoin      StepKind = iota + 1 // the subject becomes an active user with the role Name
	StepActivate                      // the subject becomes active
	StepRole                          // the subject's account role becomes Name
	StepTeam                          // the subject is put in Team
	StepTeamRole                      // the subject, put in Team, gets the team role Name there
	StepSeat                          // the subject holds a seat of the pool Name
	StepGrant                         // the subject holds the permission, bundle or feature Name
	StepSetting                       // the account's setting Name becomes Value
	StepContext                       // the request's fact Name is Value
	StepAttribute                     // the resource's attribute Name is Value
	StepParty                         // the resource's party Name is exactly IDs
)
