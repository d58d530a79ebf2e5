package testfile_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/testfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/preset"
	"github.com/usher-go/usher/seat"
)

// A command in words equals the same command in a file.
func TestParseCommand(t *testing.T) {
	march := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		words, file string
		want        account.Command
	}{
		{"leave", "do: leave", account.Leave{}},
		{"create-account owner=kim", "do: create-account, owner: kim", account.CreateAccount{Owner: "kim"}},
		{
			"create-account owner=kim seats.booking=5 seats.a.b=0", "do: create-account, owner: kim, seats: {booking: 5, a.b: 0}",
			account.CreateAccount{Owner: "kim", Seats: map[seat.PoolName]int{"booking": 5, "a.b": 0}},
		},
		{
			"add-user teams=a,007 user=null status=invited role=true", `do: add-user, user: "null", role: true, status: invited, teams: [a, 007]`,
			account.AddUser{User: "null", Role: "true", Status: usher.Invited, Teams: []usher.TeamID{"a", "007"}},
		},
		{"set-seats pool=booking total=12", "do: set-seats, pool: booking, total: 12", account.SetSeats{Pool: "booking", Total: 12}},
		{"change-setting setting=x value=true", "do: change-setting, setting: x, value: true", account.ChangeSetting{Setting: "x", Value: true}},
		{"give-grant user=a=b grant=x.y until=2026-03-01", "do: give-grant, user: a=b, grant: x.y, until: 2026-03-01", account.GiveGrant{User: "a=b", Grant: "x.y", Until: march}},
		{"define-field field=size type=number", "do: define-field, field: size, type: number", account.DefineField{Field: "size", Type: account.NumberField}},
		{"set-field user=mia field=size value=-1.5", "do: set-field, user: mia, field: size, value: -1.5", account.SetField{User: "mia", Field: "size", Value: "-1.5"}},
		{"set-field user=mia field=size value=", `do: set-field, user: mia, field: size, value: ""`, account.SetField{User: "mia", Field: "size"}},
		{
			"give-role-on user=mia role=editor on.type=calendar on.id=c1 on.host=mia,max on.in.id=f1",
			"do: give-role-on, user: mia, role: editor, on: {type: calendar, id: c1, host: [mia, max], in: {id: f1}}",
			account.GiveRoleOn{User: "mia", Role: "editor", On: usher.Ref{Type: "calendar", ID: "c1"}},
		},
		{"set-field user=mia field=word value=null", `do: set-field, user: mia, field: word, value: "null"`, account.SetField{User: "mia", Field: "word", Value: "null"}},
	} {
		c, named, err := testfile.ParseCommand(strings.Fields(row.words)...)
		require.NoError(t, err, row.words)
		assert.Empty(t, gocmp.Diff(row.want, c), row.words)
		list, alsoNamed, err := testfile.ParseCommands("x.yaml", []byte("- {do: leave}\n- {"+row.file+"}"))
		require.NoError(t, err, row.file)
		assert.Empty(t, gocmp.Diff(named, alsoNamed, cmpopts.IgnoreTypes(syntax.Pos{})), row.file)
		require.Len(t, list, 2)
		assert.Empty(t, gocmp.Diff(row.want, list[1]), row.file)
	}
}

// The line of a problem in a command in words is the number of the word.
func TestParseCommandRefuses(t *testing.T) {
	for words, want := range map[string]string{
		"":                                   ":1:1: the command is empty",
		"=":                                  `:1:1: unknown command "="; usher do --help lists the commands`,
		"ad-user user=mia":                   `:1:1: unknown command "ad-user"; did you mean "add-user"?`,
		"add-user":                           `:1:1: add-user needs the key "user"`,
		"add-user user=mia rolle=x":          `:3:1: add-user has no key "rolle"; did you mean "role"?`,
		"invite ky=k":                        ":1:1: invite needs the key \"key\"\n:2:1: invite has no key \"ky\"; did you mean \"key\"?",
		"add-user user=":                     ":2:6: user must not be empty",
		"add-user mia":                       ":2:1: write an argument as KEY=VALUE, as in user=mia",
		"add-user =mia":                      ":2:1: write an argument as KEY=VALUE, as in user=mia",
		"add-user user=mia user=max":         ":3:1: user is given twice",
		"leave do=leave":                     ":2:1: do is given twice",
		"add-user user=mia teams=a,a":        `:3:9: duplicate "a"`,
		"add-user user=mia teams=":           ":3:7: a name in teams must not be empty",
		"set-seats pool=x total=5.5":         `:3:7: total must be a whole number from 0 on, not "5.5"`,
		"set-seats pool=x total=null":        `:3:7: total must be a whole number from 0 on, not "null"`,
		"change-setting setting=x value=on":  `:3:7: value must be true or false, not "on"`,
		"set-status user=mia status=invited": ":3:8: set-status takes the status active or inactive, not invited",
		"create-account owner=kim seats=5":   ":3:1: write seats.POOL=NUMBER, as in seats.booking=5",
		"create-account owner=kim seats.=5":  ":3:1: a seat pool must not be empty",
		"create-account owner=kim seats.x=":  `:3:9: x must be a whole number from 0 on, not ""`,
		"forget on=c1":                       ":2:1: write on.type=TYPE on.id=ID, as in on.type=calendar on.id=c1",
		"forget on.type=calendar":            `:2:1: on needs the key "id"`,
		"forget on.type=a on.id=b on.id=c":   ":4:4: on.id is given twice",
		"leave seats.x=5":                    `:2:1: leave has no key "seats.x"`,
	} {
		_, _, err := testfile.ParseCommand(strings.Fields(words)...)
		var problems *syntax.Problems
		require.True(t, errors.As(err, &problems), "ParseCommand(%s) = %v", words, err)
		assert.Equal(t, want, problems.Error(), words)
	}
}

func TestParseCommandsRefuses(t *testing.T) {
	for src, want := range map[string]string{
		"":                          "x.yaml:1:1: the file is empty",
		"[]":                        "x.yaml:1:1: a file of commands lists no command",
		"{do: leave}":               "x.yaml:1:1: a file of commands must be a list, not a map",
		"- leave":                   "x.yaml:1:3: a command is a map with the key do, for example {do: leave}",
		"- {do: leave, as: mia}":    `x.yaml:1:15: leave has no key "as"`,
		"- {do: leave}\n- {do: []}": "x.yaml:2:8: do must be a value, not a list",
	} {
		_, _, err := testfile.ParseCommands("x.yaml", []byte(src))
		assert.EqualError(t, err, want, src)
	}
}

// The parser requires each argument that the command type does not mark as optional.
func TestCommandTypes(t *testing.T) {
	values := map[string]string{"status": "active", "count": "1", "time": "2026-03-01", "field-type": "date", "flag": "true", "request": "1", "commands": "[{do: leave}]"}
	types := testfile.CommandTypes()
	require.NotEmpty(t, types)
	for _, described := range types {
		words := []string{described.Name}
		for _, arg := range described.Args {
			assert.NotContains(t, []string{"do", "as", "by", "with", "at", "fails"}, arg.Name, "%s: a step has a key of this name beside the command", described.Name)
			if arg.Kind == "resource" {
				words = append(words, arg.Name+".type=x", arg.Name+".id=y")
			} else if !arg.Optional {
				words = append(words, arg.Name+"="+cmp.Or(values[arg.Kind], "x"))
			}
		}
		c, _, err := testfile.ParseCommand(words...)
		require.NoError(t, err, described.Name)
		assert.Equal(t, described.Name, account.NameOf(c))
		for i := range words[1:] {
			_, _, err := testfile.ParseCommand(slices.Delete(slices.Clone(words), i+1, i+2)...)
			assert.ErrorContains(t, err, "needs the key", described.Name)
		}
	}
}

func TestRequestOfPolicy(t *testing.T) {
	p, err := preset.Load("oncehub")
	require.NoError(t, err)
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	host := testfile.Fact{Name: syntax.Name{Text: "host"}, IDs: []syntax.Name{{Text: "mia"}}}
	q := testfile.Question{Can: syntax.Name{Text: "calendar.edit"}, Resource: []testfile.Fact{host}}
	r, err := testfile.Request(p, "max", q, now, testfile.IDs{})
	require.NoError(t, err)
	assert.Equal(t, usher.UserID("max"), r.Subject)
	assert.Equal(t, "calendar.edit", r.Permission.String())
	assert.Equal(t, now, r.Time)
	assert.Equal(t, "calendar", r.Resource.Ref().Type)

	q.At = now.AddDate(0, 1, 0)
	r, err = testfile.Request(p, "max", q, now, testfile.IDs{})
	require.NoError(t, err)
	assert.Equal(t, q.At, r.Time, "the question's own time")

	q.Can.Text = "calendar.edti"
	_, err = testfile.Request(p, "max", q, now, testfile.IDs{})
	assert.ErrorContains(t, err, `unknown permission "calendar.edti"; did you mean "calendar.edit"?`)
}
