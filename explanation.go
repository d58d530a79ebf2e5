package usher

import (
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// Explanation contains a decision, the reason for it in one sentence, and for a denial the
// remedies: what would make it allowed. The zero Explanation has the zero Decision.
//
// An Explanation discloses the policy: the rule, its place in the file, the names of roles,
// seat pools, settings and fields. It discloses facts about the subject that rules depend on:
// roles, teams, seats and grants, through the remedies. And it discloses facts about the
// account and the resource that rules depend on: settings, which of the resource's parties and
// attributes are unknown, the ids of its teams and, in a Step for a party, the ids of all
// users in the party. It does not disclose roles, teams or grants of other users. Show it to
// operators and support, and to users who can see the whole resource and administer the
// account. Show other users only the Reason, as usherhttp does.
type Explanation struct {
	Decision Decision
	Sentence string
	Remedies []Remedy // the smallest change first; empty if no small change would help
}

// String returns the sentence, followed by the remedies.
func (e Explanation) String() string {
	var b strings.Builder
	b.WriteString(e.Sentence)
	if len(e.Remedies) > 0 {
		remedies := make([]string, len(e.Remedies))
		for i, r := range e.Remedies {
			remedies[i] = r.Text
		}
		b.WriteString("; what would help: ")
		b.WriteString(strings.Join(remedies, "; or "))
	}
	return printable.Text(b.String())
}

// Remedy is a set of changes after which a denied request is allowed. It states which
// changes would help, not who may make them.
type Remedy struct {
	Text  string `json:"text"` // "a seat in booking", "be the only host"
	Steps []Step `json:"-"`
}

// Step is one change to the facts on which a request is decided.
type Step struct {
	Kind  StepKind
	Name  string   // of the role, pool, grant, setting, context fact, attribute or party
	Team  TeamID   // for StepTeam and StepTeamRole
	On    Ref      // for StepResourceRole
	Value bool     // for StepSetting, StepContext and StepAttribute
	IDs   []string // for StepParty: all ids of the party after the change
	Teams bool     // for StepParty: IDs are the teams of a party of users and teams; its users do not change
}

// StepKind is the kind of change that a Step makes. The zero value changes nothing.
type StepKind uint8

// The kinds of steps.
const (
	StepJoin         StepKind = iota + 1 // the subject becomes an active user with the role Name
	StepActivate                         // the subject becomes active
	StepRole                             // the subject's account role becomes Name
	StepBeside                           // the subject holds the role Name beside the account role
	StepTeam                             // the subject becomes a member of Team
	StepTeamRole                         // the subject becomes a member of Team with the team role Name
	StepSeat                             // the subject gets a seat of the pool Name
	StepGrant                            // the subject gets a grant of the permission, bundle or feature Name
	StepSetting                          // the account's setting Name becomes Value
	StepContext                          // the request's fact Name becomes Value
	StepAttribute                        // the resource's attribute Name becomes Value
	StepResourceRole                     // the subject holds the role Name on the resource On, directly
	StepParty                            // the resource's party Name becomes exactly IDs; of a party of users and teams, one of the two
)
