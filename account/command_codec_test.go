package account_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/seat"
)

const goldenCommands = "testdata/commands.jsonl"

// writableRows returns the commands of the table in describe_test.go that can be written.
func writableRows(t testing.TB) []account.Command {
	t.Helper()
	var list []account.Command
	for _, row := range described {
		if _, err := account.EncodeCommand(row.command); err == nil {
			list = append(list, row.command)
		}
	}
	return list
}

// The commands that describe_test.go lists are written as in the golden file, one on each line,
// and read from it. To add new commands to the file, run the test with -update; lines that
// exist must not change, because requests that are stored contain commands.
func TestCommandsAreWrittenAndReadAlike(t *testing.T) {
	var want bytes.Buffer
	commands := writableRows(t)
	for _, c := range commands {
		data, err := account.EncodeCommand(c)
		require.NoError(t, err)
		want.Write(append(data, '\n'))
	}
	if flag.Lookup("update").Value.String() == "true" {
		require.NoError(t, os.WriteFile(goldenCommands, want.Bytes(), 0o644))
	}
	file, err := os.ReadFile(goldenCommands)
	require.NoError(t, err)
	require.Equal(t, want.String(), string(file), "if a command is new: go test ./account -run TestCommandsAreWrittenAndReadAlike -update")

	written := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(string(file)), "\n") {
		c, err := account.DecodeCommand([]byte(line))
		require.NoError(t, err, line)
		again, err := account.EncodeCommand(c)
		require.NoError(t, err, line)
		assert.Equal(t, line, string(again))
		assert.Equal(t, account.Describe(commands[i]), account.Describe(c))
		assertUniqueKeys(t, json.NewDecoder(strings.NewReader(line)))
		written[account.NameOf(c)] = true
	}
	for _, c := range account.Commands() {
		assert.Equal(t, c.Written(), written[c.Name], "%s: describe_test.go has a row that can be written", c.Name)
	}
}

// fill sets every argument to a value that is not zero.
func fill(t testing.TB, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Interface().(type) {
		case time.Time:
			f.Set(reflect.ValueOf(noon.Add(time.Nanosecond)))
		case usher.UserKind:
			f.Set(reflect.ValueOf(usher.ServiceAccount))
		case usher.Status:
			f.Set(reflect.ValueOf(usher.Inactive))
		case account.FieldType:
			f.Set(reflect.ValueOf(account.DateField))
		case usher.Ref:
			f.Set(reflect.ValueOf(usher.Ref{Type: "calendar", ID: "c\n1"}))
		case []usher.TeamID:
			f.Set(reflect.ValueOf([]usher.TeamID{"sales", `"odd"`, "sales"}))
		case []account.Command:
			f.Set(reflect.ValueOf([]account.Command{account.AddUser{User: "é", Teams: []usher.TeamID{"sales"}}, account.DeleteAccount{}}))
		case account.Gives:
			f.Set(reflect.ValueOf(account.Gives{"a.b": {"own", "any"}, "é\"": {"x"}}))
		case map[seat.PoolName]int:
			f.Set(reflect.ValueOf(map[seat.PoolName]int{"booking": 3, "a\"b": -1}))
		default:
			switch f.Kind() {
			case reflect.String:
				f.SetString("é\n" + v.Type().Field(i).Name)
			case reflect.Int:
				f.SetInt(-7)
			case reflect.Bool:
				f.SetBool(true)
			default:
				t.Fatalf("fill has no value for the type %v", f.Type())
			}
		}
	}
}

// Every command with all of its arguments is read as it was written, and with each argument
// missing it is rejected or equals the command without that argument.
func TestEveryCommandIsReadAsWritten(t *testing.T) {
	for _, ct := range account.Commands() {
		if !ct.Written() {
			continue
		}
		v := ct.New()
		fill(t, v)
		c := v.Interface().(account.Command)
		data, err := account.EncodeCommand(c)
		require.NoError(t, err, ct.Name)
		read, err := account.DecodeCommand(data)
		require.NoError(t, err, ct.Name)
		assert.Equal(t, c, read, "%s", data)

		for i, arg := range ct.Args {
			without := ct.New()
			without.Set(v)
			without.Field(i).SetZero()
			data, err := account.EncodeCommand(without.Interface().(account.Command))
			var keys map[string]json.RawMessage
			if err == nil && arg.Kind != "commands" { // a list without elements is written, and rejected later
				require.NoError(t, json.Unmarshal(data, &keys))
				read, err = account.DecodeCommand(data)
				require.NoError(t, err, "%s", data)
				assert.Equal(t, without.Interface(), read, "%s", data)
				_, there := keys[arg.Name]
				assert.Equal(t, !arg.Optional, there, "%s", data)
			} else if err != nil {
				assert.False(t, arg.Optional, "%s: %s is optional: %v", ct.Name, arg.Name, err)
			}
		}
	}
}

func TestCommandIsRefused(t *testing.T) {
	good := `{"do":"add-user","user":"mia","role":"member","status":"invited","teams":["sales"]}`
	_, err := account.DecodeCommand([]byte(good))
	require.NoError(t, err)
	rows := []struct{ old, new, says string }{
		{`"do":"add-user",`, ``, `the first key of a command is "do"`},
		{`add-user`, `ad-user`, `unknown command ad-user; a newer version of the library may have written it`},
		{`add-user`, `import`, `unknown command import`},
		{`"user":"mia",`, ``, `add-user: missing key "user"`},
		{`"user":"mia"`, `"user":""`, `a string is empty`},
		{`"user":"mia"`, `"user":null`, `unexpected 'n'`},
		{`"user":"mia"`, `"user":"mia","user":"mia"`, `duplicate key "user"`},
		{`"user":"mia"`, `"user":"mia","do":"leave"`, `unknown key do`},
		{`"user":"mia"`, `"User":"mia"`, `unknown key User`},
		{`"user":"mia"`, "\"user\":\"\xff\"", `is not UTF-8`},
		{`"invited"`, `"Invited"`, `unknown status "Invited"`},
		{`["sales"]`, `[]`, `teams has its zero value, which is left out`},
		{`["sales"]`, `[""]`, `a string is empty`},
		{`["sales"]`, `"sales"`, `unexpected '"' (want '[')`},
		{`]}`, `]}{}`, `trailing data`},
		{`]}`, `]`, `unexpected end`},
	}
	for _, row := range rows {
		require.Contains(t, good, row.old)
		broken := strings.Replace(good, row.old, row.new, 1)
		c, err := account.DecodeCommand([]byte(broken))
		assert.Nil(t, c, broken)
		assert.ErrorContains(t, err, row.says, broken)
	}
	for n := range good {
		_, err := account.DecodeCommand([]byte(good[:n]))
		assert.Error(t, err, good[:n])
	}
	_, err = account.DecodeCommand([]byte(`{"do":"create-account","seats":{"booking":1,"booking":1}}`))
	assert.ErrorContains(t, err, `duplicate key "booking"`)
	_, err = account.DecodeCommand([]byte(`{"do":"request","commands":[{"do":"leave"},{"do":"request","commands":[]}]}`))
	assert.ErrorContains(t, err, `request: request cannot be in a list of commands`)
	_, err = account.DecodeCommand([]byte(`{"do":"change-setting","setting":"x","value":0}`))
	assert.ErrorContains(t, err, `want true or false`)
}

func TestCommandIsNotWritten(t *testing.T) {
	rows := map[string]account.Command{
		"write command: the command is nil":                     nil,
		"request: request cannot be in a list of commands":      account.Request{Commands: []account.Command{account.Request{}}},
		"request: *account.Leave is not a command":              account.Request{Commands: []account.Command{&account.Leave{}}},
		"*account.Leave is not a command":                       &account.Leave{},
		"import cannot be written":                              account.Import{},
		"write command: remove-user: user is empty":             account.RemoveUser{},
		`user: "\xff" is not UTF-8`:                             account.RemoveUser{User: "\xff"},
		"set-status: status: unknown status 0":                  account.SetStatus{User: "max"},
		"add-user: a string is empty":                           account.AddUser{User: "max", Teams: []usher.TeamID{""}},
		"create-account: a key is empty":                        account.CreateAccount{Owner: "max", Seats: map[seat.PoolName]int{"": 1}},
		"give-grant: until: invalid year 10000 (want 1 to 9999": account.GiveGrant{User: "max", Grant: "x", Until: noon.AddDate(7974, 0, 0)},
	}
	for says, c := range rows {
		data, err := account.EncodeCommand(c)
		assert.Nil(t, data, says)
		assert.ErrorContains(t, err, says)
	}
}

// A time in another zone is written in UTC.
func TestCommandIsWrittenInUTC(t *testing.T) {
	data, err := account.EncodeCommand(account.GiveGrant{User: "max", Grant: "x", Until: noon.In(time.FixedZone("CET", 3600))})
	require.NoError(t, err)
	assert.JSONEq(t, `{"do":"give-grant","user":"max","grant":"x","until":"2026-03-01T12:00:00Z"}`, string(data))
}

// Every input that decodes as a command is JSON, and decodes to the same command after encoding.
func FuzzDecodeCommand(f *testing.F) {
	for _, c := range writableRows(f) {
		data, err := account.EncodeCommand(c)
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(` { "do" : "add-user", "teams" : [ "a" , "\u0061" ], "user" : "\ud83d\ude00" } `))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := account.DecodeCommand(data)
		if err != nil {
			return
		}
		var header struct{ Do string }
		require.NoError(t, json.Unmarshal(data, &header), "what is read is JSON")
		require.Equal(t, account.NameOf(c), header.Do)
		written, err := account.EncodeCommand(c)
		require.NoError(t, err, "what is read can be written")
		again, err := account.DecodeCommand(written)
		require.NoError(t, err)
		if diff := cmp.Diff(c, again); diff != "" {
			t.Errorf("DecodeCommand of what EncodeCommand wrote (-first +second):\n%s", diff)
		}
		twice, err := account.EncodeCommand(again)
		require.NoError(t, err)
		require.Equal(t, string(written), string(twice))
	})
}
