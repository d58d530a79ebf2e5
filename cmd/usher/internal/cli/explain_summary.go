package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/roletable"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

func (r *run) explainSummary(s *target, request usher.Request) error {
	p := s.policy
	sum, err := p.Summary(s.facts, request.Subject, request.Time)
	if err != nil {
		return err
	}
	if r.json() {
		return r.stdout.json(summaryJSON(s, request, sum))
	}
	subject := printable.Text(string(request.Subject))
	switch {
	case sum.Status == 0 && len(sum.Entitlements) == 0:
		r.stdout.line("%s is not a user of this account and may do nothing", subject)
		return nil
	case sum.Status == 0:
		r.stdout.line("%s is not a user of this account, and has the rules of visitors", r.stdout.paint(bold, subject))
	default:
		writeSummaryHead(r.stdout, p, subject, sum)
	}
	if len(sum.Entitlements) == 0 {
		r.stdout.line("\nno permissions")
	} else {
		r.stdout.line("\n%s", r.stdout.paint(bold, "may"))
		writeEntitlements(r.stdout, p, sum.Entitlements)
	}
	if len(sum.Never) > 0 {
		r.stdout.line("\n%s", r.stdout.paint(bold, "never (overrides the rules above)"))
		writeEntitlements(r.stdout, p, sum.Never)
	}
	return nil
}

// writeSummaryHead writes the role, the status, the roles beside it, the teams, the teams on which
// the user has roles from outside, the roles on resources, the seats and the features of a user.
func writeSummaryHead(s *stream, p *policy.Policy, subject string, sum policy.Summary) {
	held, _ := p.Role(sum.Role)
	note := ""
	if sum.Status != usher.Active {
		note = ", so nothing below applies until the user is active"
		if slices.ContainsFunc(sum.Entitlements, func(h policy.Entitlement) bool { return h.Rule.Source == usher.SourceVisitor }) {
			note = ", so only the rules of visitors below apply until the user is active"
		}
	}
	s.line("%s: %s, %s%s", s.paint(bold, subject), roletable.RoleTitle(held), sum.Status, note)
	entry := func(label string, words []string) {
		if len(words) > 0 {
			s.line("  %-9s %s", label, printable.Text(strings.Join(words, ", ")))
		}
	}
	var features []string
	for _, g := range sum.Features {
		features = append(features, g.Name+until(g.Until))
	}
	entry("beside", roleTitles(p, sum.Beside))
	entry("teams", membershipTexts(p, sum.Teams))
	entry("outside", membershipTexts(p, sum.Outside))
	entry("on", heldTexts(p, sum.OnResources))
	entry("seats", texts(sum.Seats))
	entry("features", features)
}

// roleTitles returns the titles of roles.
func roleTitles(p *policy.Policy, names []role.Name) (titles []string) {
	for _, name := range names {
		r, _ := p.Role(name)
		titles = append(titles, roletable.RoleTitle(r))
	}
	return titles
}

// maxHeldShown is how many ids of resources a summary names for a role.
const maxHeldShown = 5

// heldTexts returns the roles of a user on resources: "calendar c1 c2 (Editor)".
func heldTexts(p *policy.Policy, list []policy.HeldRole) (held []string) {
	for _, h := range list {
		shown := h.IDs[:min(len(h.IDs), maxHeldShown)]
		text := h.Type + " " + strings.Join(shown, " ")
		if more := h.Count - len(shown); more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		held = append(held, text+" ("+roleTitles(p, []role.Name{h.Role})[0]+")")
	}
	return held
}

// membershipTexts returns each team with the roles of a user on it: "sales (Team Manager)".
func membershipTexts(p *policy.Policy, list []policy.Membership) (teams []string) {
	for _, m := range list {
		text := string(m.Team)
		if len(m.Roles) > 0 {
			text += " (" + andList(roleTitles(p, m.Roles)) + ")"
		}
		teams = append(teams, text)
	}
	return teams
}

func writeEntitlements(s *stream, p *policy.Policy, list []policy.Entitlement) {
	t := table{}
	for _, h := range list {
		t.rows = append(t.rows, []cell{{h.Permission.String()}, {entitlementText(h)}, {printable.Text(entitlementSource(p, h))}})
	}
	t.write(s, "  ", wide)
}

// entitlementText returns a rule as it applies to the user.
func entitlementText(h policy.Entitlement) string {
	text := h.Scopes()
	for _, part := range []struct {
		before string
		words  []string
		last   string
	}{{" if ", h.If, " and "}, {" hiding ", h.Hiding, " and "}} {
		if len(part.words) > 0 {
			text += part.before + strings.Join(part.words, part.last)
		}
	}
	return text
}

// entitlementSource returns where the user has a rule from: a role, a grant, or a rule for everyone.
func entitlementSource(p *policy.Policy, h policy.Entitlement) string {
	name := h.Rule.Name
	switch h.Rule.Source {
	case usher.SourceRole, usher.SourceBeside, usher.SourceTeamRole, usher.SourceResourceRole:
		if written, ok := p.Role(role.Name(name)); ok {
			name = roletable.RoleTitle(written)
		}
		if len(h.Teams) > 0 {
			name += " on " + strings.Join(texts(h.Teams), ", ")
		}
	case usher.SourceEveryone:
		name = "everyone"
	case usher.SourceVisitor:
		name = "visitors"
	case usher.SourceGrant:
		name = "a grant"
		if h.Rule.Name != h.Permission.String() {
			name += " of " + h.Rule.Name
		}
	case usher.SourceNever:
		name = "never"
	}
	name += until(h.Until)
	if h.Rule.Line > 0 {
		name += fmt.Sprintf(" (%s:%d)", h.Rule.File, h.Rule.Line)
	}
	return name
}

func until(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case t.Equal(t.Truncate(24 * time.Hour)):
		return " until " + t.Format(time.DateOnly)
	default:
		return " until " + t.Format(time.RFC3339)
	}
}
