package account

import (
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/role"
	"github.com/usher-go/usher/seat"
)

// commands lists the zero value of each command, in the order of the documentation. A new
// command is one type and one line here.
var commands = []Command{
	CreateAccount{},
	Import{},
	AddUser{},
	AcceptInvitation{},
	DeclineInvitation{},
	Leave{},
	RemoveUser{},
	SetStatus{},
	SetRole{},
	CreateTeam{},
	MoveTeam{},
	DeleteTeam{},
	AddToTeam{},
	RemoveFromTeam{},
	SetTeamRole{},
	UnsetTeamRole{},
	SetSeats{},
	AssignSeat{},
	UnassignSeat{},
	ChangeSetting{},
	GiveGrant{},
	RevokeGrant{},
	DefineField{},
	RenameField{},
	MoveField{},
	ArchiveField{},
	RestoreField{},
	SetField{},
	TransferOwnership{},
	DeleteAccount{},
}

// CommandType describes how a type of command is written. All of it is derived from the Go
// type: test files, the command line and forms show the same names and arguments. The zero
// CommandType describes no command.
type CommandType struct {
	Name string // the type's name in kebab case: "assign-seat"
	Args []Arg  // the type's fields, in their order

	goType reflect.Type
}

// Arg describes an argument of a command.
type Arg struct {
	Name     string       // the field's name in kebab case: "user"
	Type     reflect.Type // of the field
	Optional bool         // the zero value of Type stands for an argument that is left out

	// Kind says what the values are: "user", "team", "role", "team-role" or "pool" for an id
	// or a name of that kind; "setting", "grant" or "field" for the name of such a thing;
	// "name" for any other text; "count", "flag", "time", "status", "field-type" or "value",
	// the value of a custom field. "teams" is a list of teams, and "seats" a map from pools
	// to counts. "" is a value that cannot be written in text, such as Contents.
	Kind string

	// Choices lists the texts that are allowed, if these are few, such as those of a flag
	// or a status. Nil for other arguments.
	Choices []string
}

// Commands returns a description of each type of command, in the order of the
// documentation. The caller may change the slice, but not the slices in its elements.
func Commands() []CommandType { return slices.Clone(commandTypes()) }

// CommandNamed returns the description of the command with a name. It returns false if
// there is no such command.
func CommandNamed(name string) (CommandType, bool) {
	i := slices.IndexFunc(commandTypes(), func(t CommandType) bool { return t.Name == name })
	if i < 0 {
		return CommandType{}, false
	}
	return commandTypes()[i], true
}

// New returns a zero command of the type as a value whose fields can be set: field i is
// that of Args[i]. Its Interface() is the Command. The zero CommandType has none, and New
// panics.
func (t CommandType) New() reflect.Value { return reflect.New(t.goType).Elem() }

// Written reports whether every argument can be written in text. It is false for Import
// and for the zero CommandType.
func (t CommandType) Written() bool {
	return t.goType != nil && !slices.ContainsFunc(t.Args, func(a Arg) bool { return a.Kind == "" })
}

var commandTypes = sync.OnceValue(func() []CommandType {
	types := make([]CommandType, len(commands))
	for i, c := range commands {
		types[i] = commandType(reflect.TypeOf(c))
	}
	return types
})

func commandType(t reflect.Type) CommandType {
	c := CommandType{Name: kebab(t.Name()), goType: t}
	for i := range t.NumField() {
		arg, err := argOf(t.Field(i))
		if err != nil {
			panic(printable.Sprintf("%s: %v", t, err))
		}
		c.Args = append(c.Args, arg)
	}
	return c
}

// kinds are the kinds of the types that have just one.
var kinds = map[reflect.Type]string{
	reflect.TypeFor[usher.UserID]():          "user",
	reflect.TypeFor[usher.TeamID]():          "team",
	reflect.TypeFor[[]usher.TeamID]():        "teams",
	reflect.TypeFor[role.Name]():             "role",
	reflect.TypeFor[seat.PoolName]():         "pool",
	reflect.TypeFor[map[seat.PoolName]int](): "seats",
	reflect.TypeFor[int]():                   "count",
	reflect.TypeFor[bool]():                  "flag",
	reflect.TypeFor[time.Time]():             "time",
	reflect.TypeFor[usher.Status]():          "status",
	reflect.TypeFor[FieldType]():             "field-type",
	reflect.TypeFor[Value]():                 "value",
	reflect.TypeFor[string]():                "name",
}

// choices are the texts of the kinds that have few.
var choices = map[string][]string{
	"flag":       {"true", "false"},
	"status":     {usher.Active.String(), usher.Invited.String(), usher.Inactive.String()},
	"field-type": fieldTypes[1:],
}

// argOf describes the argument that a field is. The error is a tag that has no meaning for
// the field.
func argOf(f reflect.StructField) (Arg, error) {
	arg := Arg{Name: kebab(f.Name), Type: f.Type, Kind: kinds[f.Type]}
	arg.Choices = choices[arg.Kind]
	tag, _ := f.Tag.Lookup("usher")
	for word := range strings.SplitSeq(tag, ",") {
		values := strings.Split(word, "|")
		switch {
		case word == "":
		case word == "optional":
			arg.Optional = true
		case arg.Kind == "role" && word == "team-role",
			arg.Kind == "name" && slices.Contains([]string{"setting", "grant", "field", "name"}, word):
			arg.Kind = word
		case len(values) > 1 && !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(arg.Choices, v) }):
			arg.Choices = values
		default:
			return Arg{}, printable.Errorf("field %s: %q in its tag has no meaning for a %s", f.Name, word, f.Type)
		}
	}
	return arg, nil
}

// kebab returns the name of a Go type or field in kebab case: "assign-seat".
func kebab(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		starts := unicode.IsUpper(r) && i > 0
		if starts && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
