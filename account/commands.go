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
	RenameUser{},
	AddUser{},
	Invite{},
	AcceptInvitation{},
	DeclineInvitation{},
	ResendInvitation{},
	RevokeInvitation{},
	RequestToJoin{},
	WithdrawRequest{},
	AdmitUser{},
	Leave{},
	RemoveUser{},
	SetStatus{},
	SetRole{},
	SetRoleBeside{},
	UnsetRoleBeside{},
	CreateTeam{},
	MoveTeam{},
	DeleteTeam{},
	AddToTeam{},
	RemoveFromTeam{},
	JoinTeam{},
	LeaveTeam{},
	SetTeamRole{},
	UnsetTeamRole{},
	GiveRoleOn{},
	TakeRoleOn{},
	Forget{},
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
	DefineRole{},
	ChangeRole{},
	DeleteRole{},
	TransferOwnership{},
	Cancel{},
	Request{},
	Approve{},
	Decline{},
	Withdraw{},
	DeleteAccount{},
}

// CommandType describes how a command is written. It is derived from the Go type, so that
// test files, the command line and forms use the same names and arguments. The zero
// CommandType describes no command.
type CommandType struct {
	Name string // the type's name in kebab case: "assign-seat"
	Args []Arg  // the type's fields, in their order

	// Schedulable reports whether the command can be an entry of the schedule.
	Schedulable bool

	goType reflect.Type
}

// Arg describes an argument of a command.
type Arg struct {
	Name     string       // the field's name in kebab case: "user"
	Type     reflect.Type // the field's type
	Optional bool         // the argument may be left out, and then is the zero value of Type

	// Kind is the kind of the values: "user", "team", "role", "role-beside", "team-role", "role-on" or
	// "pool" for an id or a name of that kind; "custom-role", "new-role" or "any-role" for a role that the
	// account defines, will define, or any role; "resource" for the type and the id of a resource; "setting", "grant" or "field" for the name of such a thing;
	// "name" for any other text; "count", "flag", "time", "status", "user-kind", "field-type", or "value"
	// for the value of a custom field; "teams" for a list of teams; "seats" for a map from
	// pools to counts; "gives" for what a role gives; "request" for the number of a request, and "commands" for a list of commands. It is "" for a value that cannot be written as text, such as a Seed.
	Kind string

	// Choices lists the allowed texts of an argument that has few of them, such as a flag or
	// a status. It is nil for other arguments.
	Choices []string
}

// Commands returns a description of each command, in the order of the documentation. The
// caller may change the slice, but not the slices in its elements.
func Commands() []CommandType { return slices.Clone(commandTypes()) }

// CommandNamed returns the description of the command with a name, and whether that command
// exists.
func CommandNamed(name string) (CommandType, bool) {
	i := slices.IndexFunc(commandTypes(), func(t CommandType) bool { return t.Name == name })
	if i < 0 {
		return CommandType{}, false
	}
	return commandTypes()[i], true
}

// New returns a settable zero value of the command's type. Field i is the argument Args[i],
// and Interface() returns the Command. New panics for the zero CommandType.
func (t CommandType) New() reflect.Value { return reflect.New(t.goType).Elem() }

// Written reports whether every argument can be written as text. It returns false for Import
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
	c := CommandType{Name: kebab(t.Name()), goType: t, Schedulable: t.Implements(reflect.TypeFor[scheduling]())}
	for i := range t.NumField() {
		arg, err := argOf(t.Field(i))
		if err != nil {
			panic(printable.Sprintf("%s: %v", t, err))
		}
		c.Args = append(c.Args, arg)
	}
	return c
}

// kinds contains the kind of each type that has one kind only.
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
	reflect.TypeFor[usher.UserKind]():        "user-kind",
	reflect.TypeFor[FieldType]():             "field-type",
	reflect.TypeFor[Value]():                 "value",
	reflect.TypeFor[usher.Ref]():             "resource",
	reflect.TypeFor[string]():                "name",
	reflect.TypeFor[RequestID]():             "request",
	reflect.TypeFor[[]Command]():             "commands",
	reflect.TypeFor[Gives]():                 "gives",
}

// choices contains the texts of each kind that has few.
var choices = map[string][]string{
	"flag":       {"true", "false"},
	"status":     {usher.Active.String(), usher.Invited.String(), usher.Inactive.String(), usher.Requested.String()},
	"field-type": fieldTypes[1:],
	"user-kind":  {string(usher.ServiceAccount)},
}

// argOf describes the argument of a field. It returns an error for a tag that is not valid
// for the field's type.
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
		case arg.Kind == "role" && slices.Contains([]string{"team-role", "role-beside", "role-on", "custom-role", "new-role", "any-role"}, word),
			arg.Kind == "name" && slices.Contains([]string{"setting", "grant", "field", "name"}, word):
			arg.Kind = word
		case len(values) > 1 && !slices.ContainsFunc(values, func(v string) bool { return !slices.Contains(arg.Choices, v) }):
			arg.Choices = values
		default:
			return Arg{}, printable.Errorf("field %s: its tag has %q, which is not valid for the type %s", f.Name, word, f.Type)
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
