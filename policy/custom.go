package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// CustomRole is a role that an account defines, from the rules that the policy offers. It is
// held as the role that it is like, and has its seats and requirements, but none of its rules.
// The zero CustomRole has no name, and WithCustom leaves it out.
type CustomRole struct {
	Name  role.Name
	Title string    // for display; may be empty
	Like  role.Name // a role that the policy lists under custom-roles
	Gives []Choice  // in any order; WithCustom leaves out what the policy does not offer
}

// Choice is a rule that a custom role has for a permission.
type Choice struct {
	Permission permission.Permission
	Rule       string // as a policy writes it, such as "team" or "own as host if seated"
}

// ParseChoice returns the choice of a rule for a permission, both as text. The error states why
// one of them is malformed; whether a policy offers the choice is another question.
func ParseChoice(name, rule string) (Choice, error) {
	p, err := permission.Parse(name)
	if err != nil {
		return Choice{}, err
	}
	if _, err := syntax.ParseRule(rule); err != nil {
		return Choice{}, printable.Errorf("the rule %q: %w", rule, err)
	}
	return Choice{p, rule}, nil
}

// compare orders choices by permission and rule.
func (c Choice) compare(o Choice) int {
	return cmp.Or(cmp.Compare(c.Permission.String(), o.Permission.String()), cmp.Compare(c.Rule, o.Rule))
}

// CompareChoices orders choices by permission, then by rule.
func CompareChoices(a, b Choice) int { return a.compare(b) }

// Offer is a rule that the policy offers to the authors of custom roles.
type Offer struct {
	Choice
	Entitlement Entitlement // the rule in parts; its Rule names no role
}

// CustomFault is a reason why a custom role has less than its definition states. The zero
// CustomFault states no fault.
type CustomFault struct {
	Role   role.Name
	Choice Choice // the choice that the policy does not offer; zero if the whole role is left out
	Text   string // why, as "the policy does not offer calendar.edit: team"
}

// customKind is what a policy states about custom roles, and how it was derived.
type customKind struct {
	like   []role.Name // in the order of the file; nil: accounts define no roles
	atMost int

	base    *Policy          // the policy of the file; nil without custom-roles
	doc     *syntax.Document // of the base only
	derived *derivedCache    // of the base only
	roles   []CustomRole     // of a derived policy

	// as are the roles as which the ceiling compares each role; nil: each role as itself. In the
	// policy of a Redefinition, a changed role is compared as the same role before the change.
	as []int
}

// comparedAs returns the role as which the ceiling compares a role.
func (p *Policy) comparedAs(held int) int {
	if p.custom.as == nil {
		return held
	}
	return p.custom.as[held]
}

// choice is a rule that a permission offers to custom roles.
type choice struct {
	text      string
	canonical string
	rule      rule
}

// Base returns the policy of the file: the policy itself, or for the result of WithCustom the policy
// that it was derived from. Base of nil is nil.
func (p *Policy) Base() *Policy {
	if p == nil || p.custom.base == nil {
		return p
	}
	return p.custom.base
}

// CustomLike returns the roles that a custom role can be like, in the order of the file. It is
// empty if accounts cannot define roles under the policy.
func (p *Policy) CustomLike() []role.Name {
	if p == nil {
		return nil
	}
	return slices.Clone(p.custom.like)
}

// MaxCustomRoles returns how many roles an account may define, 0 if accounts cannot define
// roles under the policy.
func (p *Policy) MaxCustomRoles() int {
	if p == nil {
		return 0
	}
	return p.custom.atMost
}

// IsCustom reports whether a role of the policy is one that an account defined.
func (p *Policy) IsCustom(name role.Name) bool {
	return p != nil && slices.ContainsFunc(p.custom.roles, func(r CustomRole) bool { return r.Name == name })
}

// Custom returns the roles of an account that WithCustom added, with the choices that the policy
// offers. It is nil for a policy of a file.
func (p *Policy) Custom() []CustomRole {
	if p == nil {
		return nil
	}
	return slices.Clone(p.custom.roles)
}

// Offers returns the rules that the policy offers to the authors of custom roles, in the order of
// permissions in the file, and for each permission in the order of its cell.
func (p *Policy) Offers() []Offer {
	if p == nil {
		return nil
	}
	var list []Offer
	for i := range p.resources {
		for _, at := range p.resources[i].perms {
			perm := &p.perms[at]
			for k := range perm.choices {
				c := &perm.choices[k]
				list = append(list, Offer{Choice{perm.name, c.text}, p.entitlement(&c.rule, c.rule.need)})
			}
		}
	}
	return list
}

// Offered returns a choice as the policy writes it; ok is false if the policy does not offer
// it. The order of parties, scopes, conditions and groups in the rule does not matter.
func (p *Policy) Offered(c Choice) (offered Choice, ok bool) {
	if p == nil {
		return Choice{}, false
	}
	at, ok := p.permTable.find(c.Permission)
	if !ok || at < 0 {
		return Choice{}, false
	}
	i := findChoice(p.perms[at].choices, c.Rule)
	if i < 0 {
		return Choice{}, false
	}
	return Choice{c.Permission, p.perms[at].choices[i].text}, true
}

// findChoice returns the index of a rule, or -1.
func findChoice(choices []choice, text string) int {
	i := slices.IndexFunc(choices, func(c choice) bool { return c.text == text })
	if i >= 0 || len(choices) == 0 {
		return i
	}
	r, err := syntax.ParseRule(text)
	if err != nil {
		return -1
	}
	canonical := r.Canonical()
	return slices.IndexFunc(choices, func(c choice) bool { return c.canonical == canonical })
}

// CustomFaults returns what WithCustom leaves out of roles, in their order.
func (p *Policy) CustomFaults(roles []CustomRole) []CustomFault {
	_, faults := p.Base().resolve(roles)
	return faults
}

// resolve returns the roles that the policy can have, with the choices that it offers, sorted
// by name; and what it leaves out.
func (p *Policy) resolve(roles []CustomRole) (kept []CustomRole, faults []CustomFault) {
	for _, r := range roles {
		if text := p.rejectCustom(r, kept); text != "" {
			faults = append(faults, CustomFault{Role: r.Name, Text: text})
			continue
		}
		var gives []Choice
		for _, c := range r.Gives {
			offered, ok := p.Offered(c)
			if !ok {
				faults = append(faults, CustomFault{Role: r.Name, Choice: c, Text: printable.Sprintf("the policy does not offer %s: %s", c.Permission, c.Rule)})
				continue
			}
			gives = append(gives, offered)
		}
		slices.SortFunc(gives, Choice.compare)
		r.Gives = slices.Compact(gives)
		kept = append(kept, r)
	}
	slices.SortFunc(kept, func(a, b CustomRole) int { return cmp.Compare(a.Name, b.Name) })
	return kept, faults
}

// rejectCustom returns why the policy cannot have a role at all, or "".
func (p *Policy) rejectCustom(r CustomRole, kept []CustomRole) string {
	switch _, declared := p.Role(r.Name); {
	case !IsCustomName(r.Name):
		return printable.Sprintf("%q cannot name a role: names are lower-case letters, digits and dashes, begin with a letter, and are not words of the policy format", r.Name)
	case declared:
		return printable.Sprintf("the policy declares a role %s itself", r.Name)
	case slices.ContainsFunc(kept, func(o CustomRole) bool { return o.Name == r.Name }):
		return printable.Sprintf("the role %s is defined twice", r.Name)
	case !slices.Contains(p.custom.like, r.Like):
		return printable.Sprintf("under the policy, accounts define no roles like %s", r.Like)
	case r.Name == plainMember && p.mustRole(r.Like).OnTeam:
		return printable.Sprintf("%q cannot name a team role; choose another name, such as team-member", r.Name)
	}
	return ""
}

func (p *Policy) mustRole(name role.Name) role.Role {
	r, _ := p.Role(name)
	return r
}

// IsCustomName reports whether a name can be that of a custom role: it is well-formed and not
// a word of the policy format. The policy and the account may nevertheless have a role of the name.
func IsCustomName(name role.Name) bool {
	text := string(name)
	return permission.IsName(text) && !syntax.IsReserved(text) && text != syntax.TitleKey && text != "null" && !name.IsCellWord()
}

// key returns a text that is equal for equal roles.
func customKey(roles []CustomRole) string {
	var b strings.Builder
	for _, r := range roles {
		b.WriteString(string(r.Name) + "\x00" + r.Title + "\x00" + string(r.Like) + "\x00")
		for _, c := range r.Gives {
			b.WriteString(c.Permission.String() + "\x00" + c.Rule + "\x00")
		}
		b.WriteByte('\x01')
	}
	return b.String()
}
