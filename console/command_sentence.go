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
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// commandHTML returns a command as a sentence in the viewer's language: the text "command.NAME",
// whose placeholders are the arguments as test files name them. A beginning and an end follow it.
// Users that the viewer may not see are "another user".
func (v *viewer) commandHTML(c account.Command) template.HTML {
	html := v.text.html(commandKey(c), v.argumentsOf(c, func(id usher.UserID) any { return v.userLink(id) })...)
	for _, t := range v.termOf(c) {
		html = v.text.html(t.key, "command", html, "time", t.text)
	}
	return html
}

// commandText returns a command as commandHTML does, as text.
func (v *viewer) commandText(c account.Command) string {
	text := v.text.plain(commandKey(c), v.argumentsOf(c, func(id usher.UserID) any { return v.person(id).Name })...)
	for _, t := range v.termOf(c) {
		text = v.text.plain(t.key, "command", text, "time", t.text)
	}
	return text
}

func commandKey(c account.Command) string {
	key := "command." + account.NameOf(c)
	switch c := c.(type) {
	case account.GiveRoleOn:
		key += ofTeam(c.Team)
	case account.TakeRoleOn:
		key += ofTeam(c.Team)
	}
	return key
}

// limit is the beginning or the end of what a command does.
type limit struct{ key, text string }

// termOf returns the beginning and the end that a command states.
func (v *viewer) termOf(c account.Command) (list []limit) {
	of := reflect.ValueOf(c)
	for _, l := range []struct{ field, key string }{{"From", "command.from"}, {"Until", "command.until"}, {"At", "command.at"}} {
		field := of.FieldByName(l.field)
		if !field.IsValid() {
			continue
		}
		if at, ok := field.Interface().(time.Time); ok && !at.IsZero() {
			list = append(list, limit{l.key, at.In(v.zone).Format(v.text.plain("format.time"))})
		}
	}
	return list
}

// argumentsOf returns the arguments of a command as pairs of name and value.
func (v *viewer) argumentsOf(c account.Command, user func(usher.UserID) any) (pairs []any) {
	kind, _ := account.CommandNamed(account.NameOf(c))
	of := reflect.ValueOf(c)
	for i, arg := range kind.Args {
		pairs = append(pairs, arg.Name, v.argument(arg, of.Field(i).Interface(), user))
	}
	return pairs
}

// argument returns the value of an argument in the viewer's language.
func (v *viewer) argument(arg account.Arg, value any, user func(usher.UserID) any) any {
	switch value := value.(type) {
	case usher.UserID:
		if value == "" || !v.exists(value) {
			return string(value) // a new user, or one who is gone
		}
		return user(value)
	case usher.TeamID:
		return v.teamName(value)
	case []usher.TeamID:
		return v.teamNames(value)
	case role.Name:
		if value == "" {
			return v.text.plain("command.default-role")
		}
		return v.RoleTitle(value)
	case usher.Status:
		if value == 0 {
			value = usher.Active // the default of a new user
		}
		return v.text.plain("status." + value.String())
	case bool:
		return v.text.plain("flag." + onOff(value))
	case time.Time:
		if value.IsZero() {
			return v.text.plain("grant.forever")
		}
		return value.In(v.zone).Format(v.text.plain("format.time"))
	case account.FieldType:
		return v.text.plain("fields.type." + value.String())
	case map[seat.PoolName]int:
		var list []string
		for _, pool := range slices.Sorted(maps.Keys(value)) {
			list = append(list, string(pool)+": "+words(value[pool]))
		}
		return strings.Join(list, ", ")
	case usher.Ref:
		return value.Type + " " + v.itemRow(value, v.shares(value)).Title
	case []account.Command:
		return v.list(v.commandTexts(value))
	case string:
		switch {
		case arg.Kind == "setting":
			return v.settingTitle(value)
		case arg.Kind == "grant":
			return v.grantTitle(value)
		case arg.Name == "before" && value == "":
			return v.text.plain("field.end")
		}
		return value
	}
	return words(value)
}

func (v *viewer) teamNames(teams []usher.TeamID) string {
	if len(teams) == 0 {
		return v.text.plain("command.no-teams")
	}
	names := make([]string, len(teams))
	for i, t := range teams {
		names[i] = string(t)
	}
	return strings.Join(names, ", ")
}

func (v *viewer) commandTexts(commands []account.Command) []string {
	texts := make([]string, len(commands))
	for i, c := range commands {
		texts[i] = v.commandText(c)
	}
	return texts
}
