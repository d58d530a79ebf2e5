package usher

import (
	"slices"
	"time"

	"github.com/usher-go/usher/internal/packed"
)

// Decision is the answer to a Request. The zero Decision denies. It is small, comparable
// and made by an [Authorizer]; its details are computed when a method asks for them. A
// Decision stays valid, and its methods return the same, after the facts or the policy
// have changed. Package decision makes one, for programs with an Authorizer of their own.
type Decision packed.Decision

// basis is decision.Basis. Each Decision but the zero one has a basis.
type basis interface {
	Detail(reason Reason, bits uint64) Detail
}

// Detail describes a Decision: what decided, and what it hides.
type Detail struct {
	Rule    Rule     // the rule that decided; where none reached the resource, the nearest one
	Unmet   []string // the conditions that failed, as the rule writes them: mfa, not team-hosted
	Unknown []string // of a rule under never: the conditions that count as met, for nobody said whether they are
	Hidden  []string // the fields that are masked, sorted

	// Titles has what the policy calls for people the permission ("edit a calendar") and the
	// conditions in Unmet ("a booking seat"), by name. Those without a title are not in it.
	Titles map[string]string

	Version uint64 // the version of the account that was asked; 0 without a journal
	Digest  string // the digest of the policy
}

// Rule is a rule of a policy as somebody wrote it. The zero Rule stands for none.
type Rule struct {
	Source     Source
	Permission string // what it is about; "" where a list of rules has a role's all: true
	Name       string // the role or grant that it is written for, or everyone
	Held       string // the role that the subject holds, where that one includes Name
	Text       string // the rule in the policy's words: "team if not team-hosted"
	File       string
	Line       int // from 1; 0 where the rule stands in no file
}

// Source says where a rule comes from.
type Source uint8

// The sources of rules, in the order in which they are named where several match.
const (
	SourceRole     Source = iota + 1 // a cell of an account role
	SourceTeamRole                   // a cell of a team role
	SourceEveryone                   // the cell of everyone
	SourceGrant                      // a grant that the subject holds
	SourceNever                      // a rule under never
	SourceBuiltIn                    // a protection that each policy has
)

var sourceNames = [...]string{"none", "role", "team role", "everyone", "grant", "never", "built in"}

// String returns "role", "team role", "everyone", "grant", "never", "built in",
// or "none" for the zero value.
func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return sourceNames[0]
}

// Allowed reports whether the subject may.
func (d Decision) Allowed() bool { return d.Reason() == ReasonGranted }

// Reason says what decided.
func (d Decision) Reason() Reason { return Reason(packed.Decision(d).Reason()) }

// Detail describes the decision. The zero Decision has the zero Detail.
func (d Decision) Detail() Detail {
	on, ok := packed.Decision(d).Basis().(basis)
	if !ok {
		return Detail{}
	}
	return on.Detail(d.Reason(), packed.Decision(d).Bits())
}

// Hidden returns the names of the fields that must be masked, sorted. A denial
// hides nothing, since it shows nothing.
func (d Decision) Hidden() []string { return d.Detail().Hidden }

// Hides reports whether the field must not be shown: it is masked, or the
// decision is no permission at all.
func (d Decision) Hides(field string) bool {
	return !d.Allowed() || slices.Contains(d.Hidden(), field)
}

// Time is the time for which it was decided, in UTC, or the zero Time if none
// was given and it played no part.
func (d Decision) Time() time.Time { return packed.Decision(d).Time() }
