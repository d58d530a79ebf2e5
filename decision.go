package usher

import (
	"slices"
	"time"
)

// Decision is the answer to a Request. The zero Decision denies. It is small and
// comparable; what it can tell beyond yes or no is worked out when it is asked
// for. A Decision stays valid, and tells the same, after the facts or the policy
// have changed.
type Decision struct {
	basis   Basis
	outcome Outcome
	at      int64 // nanoseconds since 1970, moved up by one from there on; 0: no time
}

// Outcome is what whoever decides packs into a Decision: a Reason in its lowest
// four bits, above them what only its Basis can read. The zero Outcome denies.
type Outcome uint64

// Reason returns the reason in the outcome.
func (o Outcome) Reason() Reason { return Reason(o & 0xf) }

// Basis is what a Decision was made on. It spells an Outcome out, and may be
// called by many goroutines at the same time.
type Basis interface {
	Detail(o Outcome) Detail
}

// Detail is an Outcome spelled out.
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

// NewDecision makes a Decision. It is for those who decide: basis spells outcome
// out, and a nil basis leaves it a bare denial, whatever the outcome says. At is
// when it was decided, zero if time played no part; it must lie between the
// years 1678 and 2262.
func NewDecision(basis Basis, outcome Outcome, at time.Time) Decision {
	if basis == nil {
		return Decision{}
	}
	return Decision{basis: basis, outcome: outcome, at: packTime(at)}
}

// On returns the same answer on another Basis. It is for those who know more than
// whoever decided, such as the version of the account: basis must spell the outcome
// out as the one before it does. With a nil basis, and of the zero Decision, it is
// the zero Decision.
func (d Decision) On(basis Basis) Decision {
	if d.basis == nil || basis == nil {
		return Decision{}
	}
	if j, ok := d.basis.(*joint); ok {
		basis = Joint(basis, j.granted...)
	}
	d.basis = basis
	return d
}

// Joint returns a Basis for a decision on several permissions at once, all of which
// were granted: it spells an outcome out as on does, but hides what any of theirs
// hides, too. It stays so when On puts the decision on another Basis. Of a nil Basis it is
// nil.
func Joint(on Basis, granted ...Outcome) Basis {
	if on == nil {
		return nil
	}
	return &joint{on, granted}
}

type joint struct {
	on      Basis
	granted []Outcome
}

func (j *joint) Detail(o Outcome) Detail {
	d := j.on.Detail(o)
	d.Hidden = slices.Clone(d.Hidden)
	for _, granted := range j.granted {
		d.Hidden = append(d.Hidden, j.on.Detail(granted).Hidden...)
	}
	slices.Sort(d.Hidden)
	d.Hidden = slices.Compact(d.Hidden)
	return d
}

// Allowed reports whether the subject may.
func (d Decision) Allowed() bool { return d.outcome.Reason() == ReasonGranted }

// Reason says what decided.
func (d Decision) Reason() Reason { return d.outcome.Reason() }

// Detail spells the decision out. The zero Decision has the zero Detail.
func (d Decision) Detail() Detail {
	if d.basis == nil {
		return Detail{}
	}
	return d.basis.Detail(d.outcome)
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
func (d Decision) Time() time.Time {
	switch {
	case d.at == 0:
		return time.Time{}
	case d.at > 0:
		return time.Unix(0, d.at-1).UTC()
	default:
		return time.Unix(0, d.at).UTC()
	}
}

func packTime(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	n := t.UnixNano()
	if n >= 0 {
		n++
	}
	return n
}
