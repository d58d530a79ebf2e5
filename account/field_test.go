package account_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
)

// payroll hides pay from some users who manage fields.
const payroll = `
usher: 1
conditions: {mfa: {context: mfa}}
roles:
  owner:  {unique: true, includes: [admin], hands-over-to: admin}
  admin:  {}
  hr:     {}
  clerk:  {}
  guard:  {}
  poet:   {}
  member: {default: true}
  lead:   {held-on: team}
resources:
  user:
    fields: {pay: [salary, bonus], contact: [phone]}
    permissions:
      edit: {admin: any, hr: any hiding contact, clerk: any hiding pay, guard: [any hiding pay, any if mfa], member: own, lead: team}
  field: {permissions: {manage: {everyone: any}}}
`

// A user cannot rename a field from or to a name that the policy can hide, unless the user
// may edit every user without that field being hidden.
func TestRenameHiddenField(t *testing.T) {
	p := compile(t, payroll)
	s := open(t, p, account.Seed{
		Teams:  map[usher.TeamID]usher.TeamID{"crew": ""},
		Fields: []account.Field{{Name: "salary", Type: account.NumberField}, {Name: "shoe", Type: account.NumberField}, {Name: "bonus", Type: account.NumberField, Archived: true}},
		Users: map[usher.UserID]policy.User{
			"olga": user("owner"), "adam": user("admin"), "hal": user("hr"), "cleo": user("clerk"), "gus": user("guard"), "paul": user("poet"),
			"mia": user("member"), "lea": inTeam(user("member"), "crew", "lead"),
		},
	})
	const denied = account.CodeDenied
	mfa := usher.Context{"mfa": true}
	for _, row := range []struct {
		as       string
		context  usher.Context
		from, to string
		code     account.Code
	}{
		{"the host", nil, "salary", "wages", 0},
		{"olga", nil, "salary", "wages", 0},
		{"adam", nil, "salary", "wages", 0},
		{"adam", nil, "shoe", "phone", 0},
		{"cleo", nil, "salary", "wages", denied}, // the field would become visible
		{"cleo", nil, "bonus", "wages", denied},  // even if it is archived
		{"cleo", nil, "shoe", "bonus", denied},   // the field would become hidden
		{"cleo", nil, "salary", "salary", denied},
		{"cleo", nil, "nothing", "salary", denied}, // before the field is looked up
		{"cleo", nil, "shoe", "phone", 0},          // not hidden from clerks
		{"cleo", nil, "shoe", "size", 0},
		{"hal", nil, "salary", "phone", denied}, // one hidden name is enough
		{"hal", nil, "salary", "wages", 0},
		{"gus", nil, "salary", "wages", denied},
		{"gus", mfa, "salary", "wages", 0},
		{"paul", nil, "salary", "wages", denied}, // cannot edit users
		{"paul", nil, "shoe", "size", 0},
		{"mia", nil, "salary", "wages", denied}, // can edit only herself
		{"lea", nil, "salary", "wages", denied}, // can edit only her team
		{"lea", nil, "shoe", "size", 0},
	} {
		_, err := s.Propose(p, account.Proposal{Actor: actor(row.as), Context: row.context, Time: noon, Commands: []account.Command{account.RenameField{Field: row.from, To: row.to}}})
		assert.Equal(t, row.code, codeOf(t, err), "%s renames %s to %s: %v", row.as, row.from, row.to, err)
	}
}

// No sequence of a user's commands gives a field that is hidden from the user a visible name,
// or a field that the user sees a hidden name.
func TestHiddenFieldsKeepTheirNames(t *testing.T) {
	p := compile(t, payroll)
	s := open(t, p, account.Seed{
		Fields: []account.Field{{Name: "salary", Type: account.NumberField}, {Name: "shoe", Type: account.NumberField}},
		Users:  map[usher.UserID]policy.User{"olga": user("owner"), "cleo": user("clerk")},
	})
	names := []string{"salary", "bonus", "shoe", "wages"}
	var commands []account.Command
	for _, name := range names {
		commands = append(commands, account.DefineField{Field: name, Type: account.NumberField}, account.ArchiveField{Field: name},
			account.RestoreField{Field: name}, account.MoveField{Field: name}, account.SetField{User: "olga", Field: name, Value: "1"})
		for _, to := range names {
			commands = append(commands, account.RenameField{Field: name, To: to})
		}
	}
	hidden := map[string]bool{"salary": true, "bonus": true}
	began := map[int]bool{} // by field id: whether the field is hidden at first
	seen := map[string]bool{}
	var walk func(s *account.State, deep int)
	walk = func(s *account.State, deep int) {
		for _, f := range s.Fields() {
			if was, known := began[f.ID]; known {
				assert.Equal(t, was, hidden[f.Name], "field %d is called %s", f.ID, f.Name)
			} else if f.ID <= 2 {
				began[f.ID] = hidden[f.Name]
			}
		}
		if key := string(s.Encode()); deep == 0 || seen[key] {
			return
		} else {
			seen[key] = true
		}
		for _, c := range commands {
			o, err := propose(p, s, account.AsUser("cleo"), c)
			for _, v := range o.Values {
				for _, f := range s.Fields() {
					assert.False(t, f.ID == v.Field && hidden[f.Name], "%v writes %s", c, f.Name)
				}
			}
			if err == nil && len(o.Changes) > 0 {
				walk(o.Next, deep-1)
			}
		}
	}
	walk(s, 4)
	assert.Greater(t, len(seen), 50)
}

// MaxFields holds for any number of commands.
func TestFieldsAreBounded(t *testing.T) {
	p := compile(t, club)
	host := account.AsHost("test")
	var define []account.Command
	c := members()
	for i := range account.MaxFields - len(c.Fields) {
		name := fmt.Sprint("field-", i)
		define = append(define, account.DefineField{Field: name, Type: account.TextField})
		c.Fields = append(c.Fields, account.Field{Name: name, Type: account.TextField})
	}
	more := account.DefineField{Field: "one more", Type: account.TextField}
	full := do(t, p, open(t, p, members()), host, define...)
	_, err := propose(p, full, host, more)
	assert.Equal(t, account.CodeInvalid, codeOf(t, err), "%v", err)
	_, err = propose(p, full, host, account.ArchiveField{Field: "field-7"}, more)
	assert.Equal(t, account.CodeInvalid, codeOf(t, err), "one that is archived counts: %v", err)

	_, err = propose(p, open(t, p, c), host, more)
	assert.Equal(t, account.CodeInvalid, codeOf(t, err), "%v", err)
	c.Fields = append(c.Fields, account.Field{Name: "one more", Type: account.TextField})
	_, err = propose(p, account.New("club"), host, account.Import{Seed: c})
	assert.Equal(t, account.CodeInvalid, codeOf(t, err), "%v", err)
}
