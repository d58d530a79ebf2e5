package account

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

var roleDefine = permission.MustParse("role.define")

// Gives states what a custom role gives: for each permission, such as "calendar.edit", one or
// more of the rules that the policy offers for it, such as "team". Nil and empty Gives give
// nothing.
type Gives map[string][]string

// DefineRole defines a role of the account, from the rules that the policy offers under custom. Users
// then get it like a role of the policy: with set-role, set-role-beside or set-team-role. Requires
// role.define.
type DefineRole struct {
	Role  role.Name `usher:"new-role"`
	Title string    `usher:"optional,name"`     // default: none
	Like  role.Name `usher:"optional,any-role"` // the role as which it is held; default: the only one that the policy lists under custom-roles
	Gives Gives     `usher:"optional"`          // default: nothing
}

func (DefineRole) asks(*proposing) requirement { return needs(roleDefine, parties{nothing: true}) }

func (c DefineRole) propose(q *proposing) error {
	like, err := q.likeRole(c.Like)
	if err != nil {
		return err
	}
	gives, err := q.choices(c.Gives)
	if err != nil {
		return err
	}
	if err := q.checkRoleName(c.Role, like); err != nil {
		return err
	}
	if err := checkText("the title of a role", c.Title, MaxRoleTitle); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if _, ok := q.policy.Role(c.Role); ok && !q.policy.IsCustom(c.Role) {
		return q.refuse(CodeExists, "%s declares the role %s itself; choose another name", q.policyName(), c.Role)
	}
	defined := q.next.roles()
	if _, ok := findRole(defined, c.Role); ok {
		return q.refuse(CodeExists, "the role %s already exists; change-role changes it", c.Role)
	}
	if most := q.policy.MaxCustomRoles(); len(defined) >= most {
		return q.refuse(CodeTooManyCustomRoles, "an account can define at most %s, and this one has %d; delete-role removes one", counted(most, "role", "roles"), len(defined))
	}
	r := policy.CustomRole{Name: c.Role, Title: c.Title, Like: like, Gives: gives}
	if err := q.checkRedefinition(c.Role, withRole(defined, r)); err != nil {
		return err
	}
	list := []Change{RoleDefined{Role: c.Role, Title: c.Title, Like: like}}
	for _, g := range gives {
		list = append(list, RoleRuleAdded{Role: c.Role, Permission: g.Permission.String(), Rule: g.Rule})
	}
	return q.emitRoles(list...)
}

func (c DefineRole) describe() string { return describeRole(c.Role, c.Title, c.Gives) }

// ChangeRole changes a role that the account defined, also while users hold it. Requires role.define.
type ChangeRole struct {
	Role  role.Name `usher:"custom-role"`
	Title string    `usher:"optional,name"` // default: the title stays
	Gives Gives     `usher:"optional"`      // all that the role gives afterwards; default: it stays
}

func (ChangeRole) asks(*proposing) requirement { return needs(roleDefine, parties{nothing: true}) }

func (c ChangeRole) propose(q *proposing) error {
	was, err := q.customRole(c.Role)
	if err != nil {
		return err
	}
	will := was
	if c.Gives != nil {
		if will.Gives, err = q.choices(c.Gives); err != nil {
			return err
		}
	}
	if err := checkText("the title of a role", c.Title, MaxRoleTitle); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if will.Title = cmp.Or(c.Title, was.Title); will.Title == was.Title && slices.Equal(will.Gives, was.Gives) {
		return nil
	}
	if err := q.checkRedefinition(c.Role, withRole(q.next.roles(), will)); err != nil {
		return err
	}
	var list []Change
	if will.Title != was.Title {
		list = append(list, RoleTitled{Role: c.Role, Was: was.Title, Title: will.Title})
	}
	for _, g := range was.Gives {
		if !slices.Contains(will.Gives, g) {
			list = append(list, RoleRuleRemoved{Role: c.Role, Permission: g.Permission.String(), Rule: g.Rule})
		}
	}
	for _, g := range will.Gives {
		if !slices.Contains(was.Gives, g) {
			list = append(list, RoleRuleAdded{Role: c.Role, Permission: g.Permission.String(), Rule: g.Rule})
		}
	}
	return q.emitRoles(list...)
}

func (c ChangeRole) describe() string { return describeRole(c.Role, c.Title, c.Gives) }

func describeRole(name role.Name, title string, gives Gives) string {
	s := word(name)
	if title != "" {
		s += " " + printable.Sprintf("%q", title)
	}
	var texts []string
	for _, p := range slices.Sorted(maps.Keys(gives)) {
		for _, rule := range gives[p] {
			texts = append(texts, word(p)+": "+printable.Text(rule))
		}
	}
	switch {
	case len(texts) > maxRulesNamed:
		s += " with " + counted(len(texts), "rule", "rules")
	case len(texts) > 0:
		s += " with " + strings.Join(texts, ", ")
	case gives != nil:
		s += " with no rule"
	}
	return s
}

// maxRulesNamed is how many rules of a role a message names.
const maxRulesNamed = 4

// emitRoles is emit for changes of the roles of the account, which change what the policy
// decides for it.
func (q *proposing) emitRoles(list ...Change) error {
	if err := q.emit(list...); err != nil {
		return err
	}
	q.policy = q.next.Policy(q.policy)
	return nil
}

// customRole returns a role that the account defined.
func (q *proposing) customRole(name role.Name) (policy.CustomRole, error) {
	defined := q.next.roles()
	if i, ok := findRole(defined, name); ok {
		return defined[i], nil
	}
	if _, ok := q.policy.Role(name); ok {
		return policy.CustomRole{}, q.refuse(CodeUnknownRole, "%s is a role of %s, not of the account", name, q.policyName())
	}
	var names []string
	for _, r := range defined {
		names = append(names, string(r.Name))
	}
	return policy.CustomRole{}, q.refuse(CodeUnknownRole, "%s defines no role %q%s", q.next.account, name, suggest.DidYouMean(string(name), names))
}

// likeRole returns the role of the policy as which a new role is held.
func (q *proposing) likeRole(name role.Name) (role.Name, error) {
	like := q.policy.CustomLike()
	var names []string
	for _, n := range like {
		names = append(names, string(n))
	}
	switch {
	case len(like) == 0:
		return "", q.refuse(CodeNotOffered, "%s has no custom-roles, so accounts define no roles", q.policyName())
	case name == "" && len(like) > 1:
		return "", q.refuse(CodeUnknownRole, "the role needs like: one of %s", strings.Join(names, ", "))
	case name == "":
		return like[0], nil
	case !slices.Contains(like, name):
		return "", q.refuse(CodeUnknownRole, "under %s, no role can be like %q%s (%s)", q.policyName(), name, suggest.DidYouMean(string(name), names), strings.Join(names, ", "))
	}
	return name, nil
}

// choices returns what a role gives, as the policy writes it, sorted and without duplicates.
func (q *proposing) choices(gives Gives) ([]policy.Choice, error) {
	var list []policy.Choice
	for _, text := range slices.Sorted(maps.Keys(gives)) {
		p, err := permission.Parse(text)
		if err != nil {
			return nil, q.refuseChoice(text, "")
		}
		if len(gives[text]) == 0 {
			return nil, q.refuse(CodeInvalid, "%s has no rule; leave the permission out, or choose a rule", text)
		}
		for _, rule := range gives[text] {
			offered, ok := q.policy.Offered(policy.Choice{Permission: p, Rule: rule})
			if !ok {
				return nil, q.refuseChoice(text, rule)
			}
			list = append(list, offered)
		}
	}
	slices.SortFunc(list, policy.CompareChoices)
	return slices.Compact(list), nil
}

// refuseChoice rejects a rule that the policy does not offer, with those that it offers.
func (q *proposing) refuseChoice(name, rule string) error {
	var rules, names []string
	for _, o := range q.policy.Offers() {
		if text := o.Permission.String(); text == name {
			rules = append(rules, o.Rule)
		} else if !slices.Contains(names, text) {
			names = append(names, text)
		}
	}
	if len(rules) == 0 {
		return q.refuse(CodeNotOffered, "%s offers no rule of %q to the roles of an account%s", q.policyName(), name, suggest.DidYouMean(name, names))
	}
	return q.refuse(CodeNotOffered, "%s does not offer %q for %s%s; it offers %s", q.policyName(), rule, name, suggest.DidYouMean(rule, rules), strings.Join(rules, ", "))
}

// checkRoleName rejects a name that no role of an account can have.
func (q *proposing) checkRoleName(name, like role.Name) error {
	r, _ := q.policy.Role(like)
	var err error
	switch {
	case name == "":
		err = errors.New("the name of a role must not be empty")
	case len(name) > MaxRoleName:
		err = checkText("the name of a role", string(name), MaxRoleName)
	case !policy.IsCustomName(name):
		err = printable.Errorf("%q cannot name a role: names are lower-case letters, digits and dashes, begin with a letter, and are not words of the policy format", name)
	case r.OnTeam && name == plainMember:
		err = printable.Errorf("%s cannot name a role that is held on teams; choose another name, such as team-member", name)
	}
	if err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	return nil
}

// plainMember is what test files write instead of a team role for a user without one.
const plainMember role.Name = "member"
