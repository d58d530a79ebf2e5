package usher

import (
	"strings"

	"github.com/usher-go/usher/internal/printable"
)

// String returns a sentence with the reason, the rule and its place in the policy.
func (d Decision) String() string { return printable.Text(d.sentence()) }

func (d Decision) sentence() string {
	detail := d.Detail()
	rule := detail.Rule
	switch d.Reason() {
	case ReasonGranted:
		s := "allowed by " + rule.String()
		if len(detail.Hidden) > 0 {
			s += ", with " + join(detail.Hidden, "and") + " hidden"
		}
		return s
	case ReasonUnknownUser:
		return "denied (unknown-user): not a user of this account"
	case ReasonInactive:
		return "denied (inactive): only active users are allowed anything"
	case ReasonForbidden:
		s := "denied (forbidden) by " + rule.String()
		if len(detail.Unknown) > 0 {
			s += "; it is not known whether " + join(detail.Unknown, "or") + " holds"
		}
		return s
	case ReasonConditionUnmet:
		verb := "does"
		if len(detail.Unmet) > 1 {
			verb = "do"
		}
		return printable.Sprintf("denied (condition-unmet): %s would allow it, but %s %s not hold", rule, join(detail.Unmet, "and"), verb)
	case ReasonOutOfScope:
		return printable.Sprintf("denied (out-of-scope): %s does not reach this resource", rule)
	case ReasonNoPermission:
		return printable.Sprintf("denied (no-permission): the user has no rule for %s", rule.Permission)
	default:
		return "denied: no decision was made"
	}
}

// String returns the rule with its place: "`manager: team` of calendar.edit
// (oncehub.yaml:88)".
func (r Rule) String() string { return printable.Text(r.sentence()) }

func (r Rule) sentence() string {
	var what string
	switch r.Source {
	case SourceRole, SourceBeside, SourceTeamRole, SourceResourceRole, SourceEveryone, SourceVisitor:
		what = printable.Sprintf("`%s: %s`", r.Name, r.Text)
		if r.Permission != "" {
			what += " of " + r.Permission
		}
	case SourceGrant:
		what = printable.Sprintf("the grant %s", r.Name)
		if r.Name != r.Permission {
			what += ", which has " + r.Permission
		}
	case SourceNever:
		what = printable.Sprintf("`never: %s: %s`", r.Permission, r.Text)
	case SourceBuiltIn:
		return "the built-in protection that " + r.Text
	default:
		return "no rule"
	}
	var notes []string
	if r.Held != "" && r.Held != r.Name {
		notes = append(notes, printable.Sprintf("which %s includes", r.Held))
	}
	if r.Line > 0 {
		notes = append(notes, printable.Sprintf("%s:%d", r.File, r.Line))
	}
	if len(notes) > 0 {
		what += " (" + strings.Join(notes, ", ") + ")"
	}
	return what
}

// join lists words for a sentence: "a", "a and b", "a, b and c".
func join(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
