package testfile

import (
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/source"
	"github.com/usher-go/usher/seat"
)

// CommandTypes returns the types of commands that a file or a command line can have, in
// the order of the documentation.
func CommandTypes() []account.CommandType {
	return slices.DeleteFunc(account.Commands(), func(t account.CommandType) bool { return !t.Written() })
}

// FindCommand returns the type of command with a name. It returns false if a file cannot
// have such a command.
func FindCommand(name string) (account.CommandType, bool) {
	t, ok := account.CommandNamed(name)
	return t, ok && t.Written()
}

var commandNames = sync.OnceValue(func() []string {
	var names []string
	for _, t := range CommandTypes() {
		names = append(names, t.Name)
	}
	return names
})

// command parses a command from its map, which may have further fields. It returns nil,
// and reports the name, for an unknown command.
func (p *parser) command(n, name *source.Node, further []source.Field) account.Command {
	text, ok := p.Text(name, "do")
	if !ok {
		return nil
	}
	t, ok := FindCommand(text)
	if !ok {
		p.Errorf(name, "unknown command %q%s", text, p.didYouMean(text, commandNames()))
		return nil
	}
	c := t.New()
	fields := append(further, source.Field{Name: "do", Read: func(*source.Node) {}})
	for i, arg := range t.Args {
		fields = append(fields, source.Field{Name: arg.Name, Required: !arg.Optional, Read: func(n *source.Node) { p.argument(n, t.Name, arg, c.Field(i)) }})
	}
	p.Fields(n, t.Name, fields...)
	return c.Interface().(account.Command)
}

// argument parses an argument of a command into its field.
func (p *parser) argument(n *source.Node, command string, arg account.Arg, into reflect.Value) {
	switch into := into.Addr().Interface().(type) {
	case *[]usher.TeamID:
		*into = []usher.TeamID{}
		for _, name := range p.names(n, arg.Name) {
			*into = append(*into, usher.TeamID(name.Text))
		}
	case *map[seat.PoolName]int:
		*into = map[seat.PoolName]int{}
		for _, t := range p.seatTotals(n) {
			(*into)[seat.PoolName(t.Pool.Text)] = t.Total
		}
	case *usher.Status:
		*into = p.status(n)
		if text := into.String(); *into != 0 && !slices.Contains(arg.Choices, text) {
			p.Errorf(n, "%s takes the %s %s, not %s", command, arg.Name, strings.Join(arg.Choices, " or "), text)
		}
	case *int:
		*into, _ = p.Count(n, arg.Name)
	case *bool:
		*into, _ = p.Bool(n, arg.Name)
	case *time.Time:
		*into = p.timeUntil(n, arg.Name, latestEnd)
	case *account.FieldType:
		*into = p.fieldType(n, arg.Name)
	case *account.Value:
		*into = account.Value(p.value(n, arg.Name).Text)
	default: // an id or a name
		reflect.ValueOf(into).Elem().SetString(p.name(n, arg.Name).Text)
	}
}

// commandFlow returns a command as a map. It omits optional arguments that are zero.
func commandFlow(c account.Command) (m flow) {
	m.add("do", account.NameOf(c))
	t, _ := FindCommand(account.NameOf(c))
	for i, arg := range t.Args {
		value := reflect.ValueOf(c).Field(i)
		if !arg.Optional || !value.IsZero() {
			m.add(arg.Name, argumentText(value))
		}
	}
	return m
}

// argumentText returns the value of an argument as YAML.
func argumentText(value reflect.Value) string {
	switch v := value.Interface().(type) {
	case []usher.TeamID:
		texts := make([]string, len(v))
		for i, id := range v {
			texts[i] = Word(string(id))
		}
		return listText(texts)
	case map[seat.PoolName]int:
		var totals flow
		for _, pool := range slices.Sorted(maps.Keys(v)) {
			totals.add(string(pool), strconv.Itoa(v[pool]))
		}
		return totals.String()
	case usher.Status:
		return v.String()
	case int:
		return strconv.Itoa(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return timeText(v)
	case account.FieldType:
		return v.String()
	case account.Value:
		return strconv.Quote(string(v))
	default: // an id or a name
		return Word(value.String())
	}
}
