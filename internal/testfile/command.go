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
		hint := p.didYouMean(text, commandNames())
		if hint == "" {
			hint = "; usher do --help lists the commands"
		}
		p.Errorf(name, "unknown command %q%s", text, hint)
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
	case *account.RequestID:
		number, _ := p.Whole(n, arg.Name, 1)
		*into = account.RequestID(number)
	case *[]account.Command:
		*into = p.commands(n, arg.Name)
	case *bool:
		*into, _ = p.Bool(n, arg.Name)
	case *time.Time:
		*into = p.timeUntil(n, arg.Name, latestEnd)
	case *account.FieldType:
		*into = p.fieldType(n, arg.Name)
	case *usher.Ref:
		*into = p.on(n, arg.Name)
	case *account.Gives:
		*into = p.gives(n)
	case *account.Value:
		*into = account.Value(p.value(n, arg.Name).Text)
	default: // an id or a name
		reflect.ValueOf(into).Elem().SetString(p.name(n, arg.Name).Text)
	}
}

// on reads the type and the id of a resource that a command names. It adds the resource to those of
// the parser, with the facts that stand beside them.
func (p *parser) on(n *source.Node, what string) usher.Ref {
	r := Resource{Pos: pos(n), Facts: []Fact{}}
	if n.Kind != source.Map {
		p.Errorf(n, "%s must be a map with the type and the id of a resource, as in {type: calendar, id: c1}", what)
		return r.On
	}
	rest := &source.Node{Kind: source.Map, Line: n.Line, Col: n.Col}
	for _, e := range n.Entries {
		switch e.Key.Text {
		case "type":
			typ := p.name(e.Value, "type")
			r.On.Type, r.Type = typ.Text, typ.Pos
		case IDKey:
			r.On.ID = p.name(e.Value, IDKey).Text
		default:
			rest.Entries = append(rest.Entries, e)
		}
	}
	for _, key := range []string{"type", IDKey} {
		if entry(n, key) == nil {
			p.Errorf(n, "%s needs the key %q", what, key)
		}
	}
	r.Facts = p.resource(rest)
	p.addResource(r)
	return r.On
}

// addResource adds a resource, whose facts must not be written twice.
func (p *parser) addResource(r Resource) {
	for i := range p.resources {
		known := &p.resources[i]
		if known.On != r.On {
			continue
		}
		if len(known.Facts) > 0 && len(r.Facts) > 0 {
			p.problems.Add(r.Pos, "the facts of the %s %s are written twice; write them once", r.On.Type, r.On.ID)
		}
		if len(known.Facts) == 0 {
			*known = r
		}
		return
	}
	p.resources = append(p.resources, r)
}

// commandFlow returns a command as a map. It omits optional arguments that are zero. The facts of a
// resource stand beside the first command that names it; then it is removed from the list.
func commandFlow(c account.Command, resources *[]Resource) (m flow) {
	m.add("do", account.NameOf(c))
	t, _ := FindCommand(account.NameOf(c))
	for i, arg := range t.Args {
		value := reflect.ValueOf(c).Field(i)
		if on, ok := value.Interface().(usher.Ref); ok {
			m.add(arg.Name, takeResource(on, resources).flow().String())
		} else if list, ok := value.Interface().([]account.Command); ok {
			texts := make([]string, len(list))
			for k, nested := range list {
				texts[k] = commandFlow(nested, resources).String()
			}
			m.add(arg.Name, listText(texts))
		} else if !arg.Optional || !value.IsZero() {
			m.add(arg.Name, argumentText(value))
		}
	}
	return m
}

// takeResource removes a resource from a list. It returns one without facts if the list lacks it.
func takeResource(on usher.Ref, list *[]Resource) *Resource {
	for i, r := range *list {
		if r.On == on {
			*list = slices.Delete(slices.Clone(*list), i, i+1)
			return &r
		}
	}
	return &Resource{On: on}
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
	case account.RequestID:
		return strconv.Itoa(int(v))
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return timeText(v)
	case account.FieldType:
		return v.String()
	case account.Value:
		return strconv.Quote(string(v))
	case account.Gives:
		return givesText(v)
	default: // an id or a name
		return Word(value.String())
	}
}
