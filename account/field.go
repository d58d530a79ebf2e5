package account

import (
	"errors"
	"fmt"
	"slices"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/permission"
)

var fieldManage = permission.MustParse("field.manage")

// Field is a custom field of the users of an account: "phone", "shoe-size". The users' values
// are personal data, so they are stored beside the journal and are not part of the state.
type Field struct {
	ID       int    // from 1, unique in the account; a new name does not change it
	Name     string // the name shown, unique in the account
	Type     FieldType
	Archived bool // hidden and read-only; its values are kept
}

// FieldType is the type of a custom field's values. The zero value is not a type.
type FieldType uint8

// The types of custom fields.
const (
	TextField   FieldType = iota + 1 // any text
	NumberField                      // a decimal number: -3.5
	DateField                        // a day: 2026-01-31
	BoolField                        // true or false
)

var fieldTypes = []string{"", "text", "number", "date", "bool"}

// ParseFieldType parses "text", "number", "date" or "bool".
func ParseFieldType(text string) (FieldType, error) {
	if i := slices.Index(fieldTypes, text); i > 0 {
		return FieldType(i), nil
	}
	return 0, printable.Errorf("unknown field type %q%s (want text, number, date or bool)", text, suggest.DidYouMean(text, fieldTypes[1:]))
}

// String returns "text", "number", "date" or "bool", and "" for the zero value.
func (t FieldType) String() string {
	if int(t) < len(fieldTypes) {
		return fieldTypes[t]
	}
	return fmt.Sprintf("FieldType(%d)", uint8(t))
}

// MarshalText returns the type's name. The zero value and unknown types are errors.
func (t FieldType) MarshalText() ([]byte, error) {
	if t == 0 || int(t) >= len(fieldTypes) {
		return nil, printable.Errorf("unknown field type %d", uint8(t))
	}
	return []byte(fieldTypes[t]), nil
}

// UnmarshalText parses what MarshalText returns.
func (t *FieldType) UnmarshalText(text []byte) (err error) {
	*t, err = ParseFieldType(string(text))
	return err
}

// DefineField defines a custom field of users, after all other fields. Requires field.manage.
type DefineField struct {
	Field string `usher:"field"`
	Type  FieldType
}

func (DefineField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c DefineField) propose(q *proposing) error {
	if err := checkID("field", c.Field); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if c.Type < TextField || c.Type > BoolField {
		return q.refuse(CodeInvalid, "the type of a field must be text, number, date or bool")
	}
	if f, ok := q.next.Field(c.Field); ok {
		if f.Archived {
			return q.refuse(CodeExists, "the field %s already exists and is archived; restore-field shows it again", c.Field)
		}
		return q.refuse(CodeExists, "the field %s already exists", c.Field)
	}
	if n := len(q.next.currentConfig().fields); n >= MaxFields {
		return q.refuse(CodeInvalid, "an account can have at most %d custom fields, including archived ones, and this account has %d; reuse one with rename-field", MaxFields, n)
	}
	return q.emit(FieldDefined{ID: q.next.currentConfig().lastField + 1, Field: c.Field, Type: c.Type})
}

func (c DefineField) describe() string { return word(c.Field) + " " + word(c.Type.String()) }

// RenameField gives a custom field another name; its values are kept. Requires field.manage.
type RenameField struct {
	Field string `usher:"field"`
	To    string `usher:"name"`
}

func (RenameField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c RenameField) propose(q *proposing) error {
	if err := q.checkHiddenNames(c.Field, c.To); err != nil {
		return err
	}
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	if err := checkID("field", c.To); err != nil {
		return q.refuse(CodeInvalid, "%v", err)
	}
	if c.To == c.Field {
		return nil
	}
	if _, ok := q.next.Field(c.To); ok {
		return q.refuse(CodeExists, "the field %s already exists", c.To)
	}
	return q.emit(FieldRenamed(c))
}

func (c RenameField) describe() string { return word(c.Field) + " to " + word(c.To) }

// MoveField moves a custom field before another one, or to the end. Requires field.manage.
type MoveField struct {
	Field  string `usher:"field"`
	Before string `usher:"optional,field"` // default: at the end
}

func (MoveField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c MoveField) propose(q *proposing) error {
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	fields := q.next.currentConfig().fields
	at, to := fieldIndex(fields, c.Field), len(fields)
	if c.Before != "" {
		if to = fieldIndex(fields, c.Before); to < 0 {
			return q.unknownField(c.Before)
		}
	}
	if to == at || to == at+1 {
		return nil
	}
	return q.emit(FieldMoved(c))
}

func (c MoveField) describe() string { return word(c.Field) + " " + before(c.Before) }

// ArchiveField hides a custom field; its values are kept. Requires field.manage.
type ArchiveField struct {
	Field string `usher:"field"`
}

func (ArchiveField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c ArchiveField) propose(q *proposing) error {
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	if f, _ := q.next.Field(c.Field); f.Archived {
		return nil
	}
	return q.emit(FieldArchived(c))
}

func (c ArchiveField) describe() string { return word(c.Field) }

// RestoreField shows an archived custom field again. Requires field.manage.
type RestoreField struct {
	Field string `usher:"field"`
}

func (RestoreField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c RestoreField) propose(q *proposing) error {
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	if f, _ := q.next.Field(c.Field); !f.Archived {
		return nil
	}
	return q.emit(FieldRestored(c))
}

func (c RestoreField) describe() string { return word(c.Field) }

// FieldDefined defines a custom field, after all other fields.
type FieldDefined struct {
	ID    int       `json:"id"`
	Field string    `json:"field"`
	Type  FieldType `json:"type"`
}

func (c FieldDefined) apply(d *draft) error {
	_, exists := d.next.Field(c.Field)
	switch {
	case c.Field == "" || exists:
		return printable.Errorf("the field %q already exists", c.Field)
	case c.ID != d.next.currentConfig().lastField+1:
		return printable.Errorf("the next field is number %d", d.next.currentConfig().lastField+1)
	case c.Type < TextField || c.Type > BoolField:
		return errors.New("the type must be text, number, date or bool")
	}
	plan := d.editFields()
	plan.lastField = c.ID
	plan.fields = append(plan.fields, Field{ID: c.ID, Name: c.Field, Type: c.Type})
	return nil
}

func (c FieldDefined) describe() string {
	return "the field " + word(c.Field) + " is defined, of type " + word(c.Type.String())
}

// FieldRenamed gives a custom field another name.
type FieldRenamed struct {
	Field string `json:"field"`
	To    string `json:"to"`
}

func (c FieldRenamed) apply(d *draft) error {
	at, err := d.field(c.Field)
	if err != nil {
		return err
	}
	if _, exists := d.next.Field(c.To); exists || c.To == "" {
		return printable.Errorf("the field %q already exists", c.To)
	}
	d.editFields().fields[at].Name = c.To
	return nil
}

func (c FieldRenamed) describe() string {
	return "the field " + word(c.Field) + " is renamed to " + word(c.To)
}

// FieldMoved moves a custom field before another one, or to the end.
type FieldMoved struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
}

func (c FieldMoved) apply(d *draft) error {
	at, err := d.field(c.Field)
	if err != nil {
		return err
	}
	fields := d.next.currentConfig().fields
	to := len(fields)
	if c.Before != "" {
		if to, err = d.field(c.Before); err != nil {
			return err
		}
	}
	if to == at || to == at+1 {
		return printable.Errorf("%s is already there", c.Field)
	}
	plan := d.editFields()
	moved := plan.fields[at]
	if to > at {
		to--
	}
	plan.fields = slices.Insert(slices.Delete(plan.fields, at, at+1), to, moved)
	return nil
}

func (c FieldMoved) describe() string {
	return "the field " + word(c.Field) + " moves " + before(c.Before)
}

// FieldArchived hides a custom field.
type FieldArchived struct {
	Field string `json:"field"`
}

func (c FieldArchived) apply(d *draft) error { return d.archive(c.Field, true) }

func (c FieldArchived) describe() string { return "the field " + word(c.Field) + " is archived" }

// FieldRestored shows a custom field again.
type FieldRestored struct {
	Field string `json:"field"`
}

func (c FieldRestored) apply(d *draft) error { return d.archive(c.Field, false) }

func (c FieldRestored) describe() string { return "the field " + word(c.Field) + " is restored" }

func (d *draft) archive(name string, archived bool) error {
	at, err := d.field(name)
	if err != nil {
		return err
	}
	if d.next.currentConfig().fields[at].Archived == archived {
		return printable.Errorf("the archived flag of %s does not change", name)
	}
	d.editFields().fields[at].Archived = archived
	return nil
}

func (d *draft) field(name string) (at int, err error) {
	if at = fieldIndex(d.next.currentConfig().fields, name); at < 0 {
		return 0, printable.Errorf("the field %q does not exist", name)
	}
	return at, nil
}

// knownField rejects the command with CodeUnknownField if the account lacks the field.
func (q *proposing) knownField(name string) error {
	if _, ok := q.next.Field(name); !ok {
		return q.unknownField(name)
	}
	return nil
}

func (q *proposing) unknownField(name string) error {
	var names []string
	for _, f := range q.next.currentConfig().fields {
		names = append(names, f.Name)
	}
	return q.refuse(CodeUnknownField, "%s has no field %q%s", q.next.account, name, suggest.DidYouMean(name, names))
}

// checkHiddenNames rejects renaming a field from or to a name that the policy can hide,
// unless the actor may edit every user without the field being hidden. Rules hide fields by
// name. So a field would become visible under another name, and a field that gets a hidden
// name would disappear for the users who use it.
//
// No other command on fields changes what a name stands for: define-field makes a field
// without values under an unused name; an archived field keeps its name and values; set-field
// checks the name.
func (q *proposing) checkHiddenNames(names ...string) error {
	if q.actor.Host() != "" {
		return nil
	}
	hideable := q.policy.Fields(userEdit.Resource())
	names = slices.DeleteFunc(names, func(name string) bool { return !slices.Contains(hideable, name) })
	if len(names) == 0 {
		return nil
	}
	d, err := q.authorize(userEdit, parties{})
	if err != nil {
		return err
	}
	for _, name := range names {
		if d.Hides(name) {
			r := q.refusal(CodeDenied, "%s may not see %s of users, and the new name would show or hide it; this requires %s without hiding it", q.actor, name, userEdit)
			r.Decision = d
			return r
		}
	}
	return nil
}

func before(field string) string {
	if field == "" {
		return "to the end"
	}
	return "before " + word(field)
}
