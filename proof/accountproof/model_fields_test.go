package accountproof_test

import (
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
)

// "define-field {field, type: text, number, date or bool}: field.manage"
func (s *step) defineField(c account.DefineField) account.Code {
	switch {
	case !s.may("field.manage", nil):
		return account.CodeDenied
	case !isID(c.Field) || c.Type < account.TextField || c.Type > account.BoolField:
		return account.CodeInvalid
	case s.field(c.Field) >= 0:
		return account.CodeExists
	}
	s.lastID++
	s.fields = append(s.fields, account.Field{ID: s.lastID, Name: c.Field, Type: c.Type})
	return 0
}

// "rename-field {field, to}: field.manage; if the old or the new name is in a field group of
// user, user.edit is checked without naming a user, and must be allowed without hiding that field"
func (s *step) renameField(c account.RenameField) account.Code {
	i := s.field(c.Field)
	switch {
	case !s.may("field.manage", nil), s.hidesAny(c.Field, c.To):
		return account.CodeDenied
	case i < 0:
		return account.CodeUnknownField
	case !isID(c.To):
		return account.CodeInvalid
	case s.field(c.To) >= 0 && c.To != c.Field:
		return account.CodeExists
	}
	s.fields[i].Name = c.To
	return 0
}

func (s *step) hidesAny(names ...string) bool {
	user := slices.IndexFunc(s.book.types, func(r syntax.Resource) bool { return r.Name.Text == "user" })
	for _, group := range s.book.types[user].Fields {
		for _, f := range group.Fields {
			if slices.Contains(names, f.Text) && !s.byHost() && (!s.may("user.edit", nil) || slices.Contains(s.hidden, f.Text)) {
				return true
			}
		}
	}
	return false
}

// "move-field {field, before?}: field.manage"
func (s *step) moveField(c account.MoveField) account.Code {
	i := s.field(c.Field)
	switch {
	case !s.may("field.manage", nil):
		return account.CodeDenied
	case i < 0 || c.Before != "" && s.field(c.Before) < 0:
		return account.CodeUnknownField
	case c.Before == c.Field:
		return nothing
	}
	moved := s.fields[i]
	s.fields = slices.Delete(s.fields, i, i+1)
	at := s.field(c.Before)
	if at < 0 {
		at = len(s.fields)
	}
	s.fields = slices.Insert(s.fields, at, moved)
	return 0
}

// "archive-field {field}: field.manage"
func (s *step) archiveField(c account.ArchiveField) account.Code {
	return s.archive(c.Field, true)
}

// "restore-field {field}: field.manage"
func (s *step) restoreField(c account.RestoreField) account.Code {
	return s.archive(c.Field, false)
}

func (s *step) archive(name string, archived bool) account.Code {
	i := s.field(name)
	switch {
	case !s.may("field.manage", nil):
		return account.CodeDenied
	case i < 0:
		return account.CodeUnknownField
	}
	s.fields[i].Archived = archived
	return 0
}

// "set-field {user, field, value}: user.edit on {user}; a hidden field is denied"
func (s *step) setField(c account.SetField) account.Code {
	i := s.field(c.Field)
	switch {
	case !s.may("user.edit", ofUser(c.User)) || !s.byHost() && slices.Contains(s.hidden, c.Field):
		return account.CodeDenied
	case s.users[c.User] == nil:
		return account.CodeUnknownUser
	case s.stuck(s.users[c.User], false):
		return 0
	case i < 0 || s.fields[i].Archived:
		return account.CodeUnknownField
	case !fits(c.Value, s.fields[i].Type):
		return account.CodeInvalid
	}
	s.values.set(c.User, s.fields[i].ID, c.Value)
	return 0
}

// fits reports whether a field of a type can have the value. "" deletes the value, so it always
// fits.
func fits(v account.Value, t account.FieldType) bool {
	if v == "" {
		return true
	}
	var err error
	switch t {
	case account.TextField:
		return utf8.ValidString(string(v)) && len(v) <= account.MaxValue
	case account.NumberField:
		var n json.Number
		err = json.Unmarshal([]byte(v), &n)
		return err == nil && v[0] != '"' && v != "null" && json.Number(v) == n
	case account.DateField:
		_, err = time.Parse(time.DateOnly, string(v))
	case account.BoolField:
		return v == "true" || v == "false"
	}
	return err == nil
}
