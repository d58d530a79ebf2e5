package usher

import (
	"slices"
	"time"

	"github.com/usher-go/usher/internal/packed"
)

// Decision is the result of a check. The zero Decision denies. A Decision is small and
// comparable. An [Authorizer] makes it, and its methods compute the details on demand. It
// stays valid after the facts or the policy have changed: its methods still return the
// same. It is safe for concurrent use. To implement an Authorizer, use package decision.
type Decision packed.Decision

// basis is decision.Basis. Every Decision has one, except the zero Decision.
type basis interface {
	Detail(reason Reason, bits uint64) Detail
}

// Detail describes a Decision: the rule that decided, and the fields that it hides.
type Detail struct {
	Rule    Rule     // the rule that decided; if no rule reached the resource, the nearest rule
	Unmet   []string // the conditions that are not met, as the rule writes them: mfa, not team-hosted
	Unknown []string // for a rule under never: the conditions that count as met because their values are unknown
	Hidden  []string // the fields that must be masked, sorted

	// Titles maps the permission and the conditions in Unmet to their titles in the policy:
	// "edit a calendar", "a booking seat". Names without a title are left out.
	Titles map[string]string

	Version uint64 // the version of the account; 0 if the Authorizer keeps no versions
	Digest  string // the digest of the policy
}

// Rule is a rule of a policy as its author wrote it. The zero Rule means that no rule decided.
type Rule struct {
	Source     Source
	Permission string // the permission, even if the rule is for all actions or a bundle; "" for the rule "all: true" of a role
	Name       string // the role or the grant that has the rule, everyone or visitor
	Held       string // the role of the subject, if that role includes Name
	Text       string // as in the policy: "team if not team-hosted"
	File       string
	Line       int // from 1; 0 if the rule is not in a file
}

// Source is the place in a policy that a rule comes from.
type Source uint8

// The sources. If several rules match, a decision names the first in this order.
const (
	SourceRole         Source = iota + 1 // a cell of an account role
	SourceBeside                         // a cell of a role beside the account role
	SourceTeamRole                       // a cell of a team role
	SourceResourceRole                   // a cell of a role that is held on single resources
	SourceEveryone                       // the cell of everyone
	SourceGrant                          // a grant that the subject holds
	SourceVisitor                        // the cell of visitors
	SourceNever                          // a rule under never
	SourceBuiltIn                        // a protection that every policy has
)

var sourceNames = [...]string{"none", "role", "role beside", "team role", "role on a resource", "everyone", "grant", "visitor", "never", "built in"}

// String returns "role", "role beside", "team role", "role on a resource", "everyone", "grant", "visitor", "never",
// "built in",
// or "none" for the zero value.
func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return sourceNames[0]
}

// Allowed reports whether the subject is allowed.
func (d Decision) Allowed() bool { return d.Reason() == ReasonGranted }

// Reason returns the reason for the decision.
func (d Decision) Reason() Reason { return Reason(packed.Decision(d).Reason()) }

// Detail describes the decision. The zero Decision has the zero Detail.
func (d Decision) Detail() Detail {
	on, ok := packed.Decision(d).Basis().(basis)
	if !ok {
		return Detail{}
	}
	return on.Detail(d.Reason(), packed.Decision(d).Bits())
}

// Hidden returns the names of the fields that must be masked, sorted. For a denial it
// returns none, because a denial shows no fields: see Hides.
func (d Decision) Hidden() []string { return d.Detail().Hidden }

// Hides reports whether the field must not be shown: the field is masked, or the decision
// is a denial.
func (d Decision) Hides(field string) bool {
	return !d.Allowed() || slices.Contains(d.Hidden(), field)
}

// Time returns the time for which the request was decided, in UTC. It is the zero Time if
// the request had none and time did not affect the decision.
func (d Decision) Time() time.Time { return packed.Decision(d).Time() }
