package console

import (
	"html/template"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// sentence returns a change as a sentence in the viewer's language: the text "change.NAME", whose
// placeholders are the fields of the change as the journal names them. Users that the viewer
// may not see are "another user".
func (v *viewer) sentence(c account.Change) template.HTML {
	return v.text.html(changeKey(c), v.fieldsOf(c, v.orNew(c, func(id usher.UserID) any { return v.userLink(id) }))...)
}

// sentenceText returns a change as sentence does, as text.
func (v *viewer) sentenceText(c account.Change) string {
	return v.text.plain(changeKey(c), v.fieldsOf(c, v.orNew(c, func(id usher.UserID) any { return v.person(id).Name }))...)
}

func changeKey(c account.Change) string {
	key := "change." + account.NameOfChange(c)
	switch c := c.(type) {
	case account.AccountCreated:
		if c == (account.AccountCreated{}) {
			key += ".without-owner"
		}
	case account.RoleOnGiven:
		if c.Team != "" {
			key += ".team"
		}
	case account.RoleOnTaken:
		if c.Team != "" {
			key += ".team"
		}
	}
	if s, ok := c.(account.Scheduled); ok {
		key += "." + s.Do
		if s.Type != "" && s.Team != "" {
			key += ".team"
		}
	}
	return key
}

// ofTeam returns the end of the key of a text about a team.
func ofTeam(team usher.TeamID) string {
	if team == "" {
		return ""
	}
	return ".team"
}

// orNew returns a function that names a user as another one does, and by the id if the change
// adds the user or the account does not have the user.
func (v *viewer) orNew(c account.Change, user func(usher.UserID) any) func(usher.UserID) any {
	added, _ := c.(account.UserAdded)
	return func(id usher.UserID) any {
		if id == added.User || !v.exists(id) {
			return string(id)
		}
		return user(id)
	}
}

func (v *viewer) sentenceTexts(changes []account.Change) []string {
	texts := make([]string, len(changes))
	for i, c := range changes {
		texts[i] = v.sentenceText(c)
	}
	return texts
}

// fieldsOf returns the fields of a change as pairs of name and value.
func (v *viewer) fieldsOf(c account.Change, user func(usher.UserID) any) (pairs []any) {
	of := reflect.ValueOf(c)
	for i := range of.NumField() {
		name, _, _ := strings.Cut(of.Type().Field(i).Tag.Get("json"), ",")
		var text any
		switch value := of.Field(i).Interface().(type) {
		case usher.UserID:
			text = user(value)
		case usher.TeamID:
			text = v.teamName(value)
		case role.Name:
			text = v.RoleTitle(value)
		case []account.Command:
			text = v.list(v.commandTexts(value))
		case usher.Status:
			text = v.text.plain("status." + value.String())
		case bool:
			text = v.text.plain("flag." + onOff(value))
		case time.Time:
			text = v.text.plain("grant.forever")
			if !value.IsZero() {
				text = value.In(v.zone).Format(v.text.plain("format.time"))
			}
		case string:
			text = value
			switch {
			case name == "before" && value == "":
				text = v.text.plain("field.end")
			case name == "permission":
				text = v.grantTitle(value)
			case name == "rule":
				text = v.ruleOf(c)
			case name == "setting":
				text = v.settingTitle(value)
			}
		default:
			text = words(value)
		}
		pairs = append(pairs, name, text)
	}
	return pairs
}

// ruleOf returns the rule of a change of a role.
func (v *viewer) ruleOf(c account.Change) string {
	name, rule := "", ""
	switch c := c.(type) {
	case account.RoleRuleAdded:
		name, rule = c.Permission, c.Rule
	case account.RoleRuleRemoved:
		name, rule = c.Permission, c.Rule
	}
	if p, err := permission.Parse(name); err == nil {
		return v.ruleText(policy.Choice{Permission: p, Rule: rule})
	}
	return rule
}

// exists reports whether the account has a user. It discloses nothing: the user is named by a
// change that the viewer made or may see.
func (v *viewer) exists(id usher.UserID) bool {
	_, ok := v.view.User(id)
	return ok
}

func (v *viewer) teamName(id usher.TeamID) string {
	if id == "" {
		return v.text.plain("team.top")
	}
	return string(id)
}

// fact is a line about a user.
type fact struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// facts returns what the account states about a user, always the same lines in the same order.
func (v *viewer) facts(m account.Member) []fact {
	list := []fact{
		{v.text.plain("people.role"), strings.Join(v.roleTitles(append([]role.Name{m.Role}, m.Beside...)), ", ")},
		{v.text.plain("people.status"), v.text.plain("status." + m.Status.String())},
	}
	var seats, teams, grants []string
	for _, pool := range m.Seats {
		seats = append(seats, string(pool))
	}
	for _, t := range m.Teams {
		teams = append(teams, v.membership(t))
	}
	for _, t := range m.Outside {
		teams = append(teams, v.outside(t))
	}
	for _, g := range m.Grants {
		grants = append(grants, v.grantText(g))
	}
	return append(list, fact{v.text.plain("people.seats"), strings.Join(seats, ", ")},
		fact{v.text.plain("people.teams"), undirected(strings.Join(teams, ", "))}, fact{v.text.plain("person.grants"), strings.Join(grants, ", ")})
}

// membership returns a team with the roles that a user has on it: "sales (Team Manager)".
func (v *viewer) membership(m policy.Membership) string {
	var roles []string
	for _, name := range m.Roles {
		roles = append(roles, v.RoleTitle(name))
	}
	if len(roles) == 0 {
		return string(m.Team)
	}
	return string(m.Team) + " (" + strings.Join(roles, ", ") + ")"
}

// outside returns a team with the roles that a user has on it without being in it.
func (v *viewer) outside(m policy.Membership) string {
	return v.text.plain("team.from-outside", "team", string(m.Team), "roles", v.list(v.roleTitles(m.Roles)))
}

// grantText returns a grant with its end.
func (v *viewer) grantText(g policy.Grant) string {
	if g.Until.IsZero() {
		return g.Name
	}
	return v.text.plain("grant.until", "grant", g.Name, "until", g.Until.In(v.zone).Format(v.text.plain("format.time")))
}

// term returns one scope of a rule, with the parties that it looks at.
func (v *viewer) term(scope syntax.Scope, above bool, as []string) string {
	text := v.text.plain("scope." + scope.String())
	if len(as) > 0 {
		text = v.text.plain("scope.as", "scope", text, "parties", v.list(as))
	}
	if above {
		text = v.text.plain("scope.above", "scope", text)
	}
	return text
}

// scope returns the reach of a rule: its scopes, its conditions, and the fields that it hides.
func (v *viewer) scope(e policy.Entitlement) string {
	text := v.term(e.Scope, e.Above, e.As)
	for _, t := range e.And {
		key := "scope.and"
		if t.Not {
			key = "scope.and-not"
		}
		as := make([]string, len(t.As))
		for i, n := range t.As {
			as[i] = n.Text
		}
		text = v.text.plain(key, "scope", text, "more", v.term(t.Scope, t.Above, as))
	}
	if len(e.Teams) > 0 {
		var teams []string
		for _, t := range e.Teams {
			teams = append(teams, string(t))
		}
		text = v.text.plain("scope.teams", "scope", text, "teams", strings.Join(teams, ", "))
	}
	needs, tests := v.conditions(e.If)
	if len(needs) > 0 {
		text = v.text.plain("scope.with", "scope", text, "conditions", v.list(needs))
	}
	if len(tests) > 0 {
		text = v.text.plain("scope.if", "scope", text, "conditions", v.list(tests))
	}
	if len(e.Hiding) > 0 {
		text = v.text.plain("scope.hiding", "scope", text, "fields", v.list(e.Hiding))
	}
	return text
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
