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

// Field is a custom field that the users of an account have: "phone", "shoe-size".
// What a user has in it is personal data, so it is no part of the state and stands
// beside the journal.
type Field struct {
	ID       int    // counts from 1 in the account and stays, whatever the name
	Name     string // as people see it
	Type     FieldType
	Archived bool // nobody sees or sets it; the values are kept
}

// FieldType is what the values of a custom field are. The zero value is none.
type FieldType uint8

// The types of custom fields.
const (
	TextField   FieldType = iota + 1 // any text
	NumberField                      // a decimal number: -3.5
	DateField                        // a day: 2026-01-31
	BoolField                        // true or false
)

var fieldTypes = []string{"", "text", "number", "date", "bool"}

// ParseFieldType reads "text", "number", "date" or "bool".
func ParseFieldType(text string) (FieldType, error) {
	if i := slices.Index(fieldTypes, text); i > 0 {
		return FieldType(i), nil
	}
	return 0, printable.Errorf("%q is no type of a field%s (text, number, date, bool)", text, suggest.DidYouMean(text, fieldTypes[1:]))
}

// String returns "text", "number", "date" or "bool", and "" for the zero value.
func (t FieldType) String() string {
	if int(t) < len(fieldTypes) {
		return fieldTypes[t]
	}
	return fmt.Sprintf("FieldType(%d)", uint8(t))
}

// MarshalText writes the type's name; the zero value has none, and is an error.
func (t FieldType) MarshalText() ([]byte, error) {
	if t == 0 || int(t) >= len(fieldTypes) {
		return nil, printable.Errorf("%d is no type of a field", uint8(t))
	}
	return []byte(fieldTypes[t]), nil
}

// UnmarshalText reads what MarshalText writes.
func (t *FieldType) UnmarshalText(text []byte) (err error) {
	*t, err = ParseFieldType(string(text))
	return err
}

// DefineField defines a custom field of users, after all others. field.manage.
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
		return q.refuse(CodeInvalid, "a field is of type text, number, date or bool")
	}
	if f, ok := q.next.Field(c.Field); ok {
		if f.Archived {
			return q.refuse(CodeExists, "there is a field %s, archived; restore-field shows it again", c.Field)
		}
		return q.refuse(CodeExists, "there is a field %s already", c.Field)
	}
	if n := len(q.next.planned().fields); n >= MaxFields {
		return q.refuse(CodeInvalid, "an account has at most %d custom fields, archived ones included, and this one has %d; rename-field gives one another name", MaxFields, n)
	}
	return q.emit(FieldDefined{ID: q.next.planned().lastField + 1, Field: c.Field, Type: c.Type})
}

func (c DefineField) describe() string { return word(c.Field) + " " + word(c.Type.String()) }

// RenameField gives a custom field another name; the values stay. field.manage.
type RenameField struct {
	Field string `usher:"field"`
	To    string `usher:"name"`
}

func (RenameField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c RenameField) propose(q *proposing) error {
	if err := q.uncovers(c.Field, c.To); err != nil {
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
		return q.refuse(CodeExists, "there is a field %s already", c.To)
	}
	return q.emit(FieldRenamed(c))
}

func (c RenameField) describe() string { return word(c.Field) + " to " + word(c.To) }

// MoveField puts a custom field before another one, or at the end.
// field.manage.
type MoveField struct {
	Field  string `usher:"field"`
	Before string `usher:"optional,field"` // default: at the end
}

func (MoveField) asks(*proposing) requirement { return needs(fieldManage, parties{}) }

func (c MoveField) propose(q *proposing) error {
	if err := q.knownField(c.Field); err != nil {
		return err
	}
	fields := q.next.planned().fields
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

// ArchiveField hides a custom field; its values are kept. field.manage.
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

// RestoreField shows an archived custom field again. field.manage.
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

// FieldDefined makes a custom field, as the last.
type FieldDefined struct {
	ID    int       `json:"id"`
	Field string    `json:"field"`
	Type  FieldType `json:"type"`
}

func (c FieldDefined) apply(d *draft) error {
	_, exists := d.next.Field(c.Field)
	switch {
	case c.Field == "" || exists:
		return printable.Errorf("there is a field %q already", c.Field)
	case c.ID != d.next.planned().lastField+1:
		return printable.Errorf("the next field is number %d", d.next.planned().lastField+1)
	case c.Type < TextField || c.Type > BoolField:
		return errors.New("it needs a type")
	}
	plan := d.fieldPlan()
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
		return printable.Errorf("there is a field %q already", c.To)
	}
	d.fieldPlan().fields[at].Name = c.To
	return nil
}

func (c FieldRenamed) describe() string {
	return "the field " + word(c.Field) + " is called " + word(c.To) + " from now on"
}

// FieldMoved puts a custom field before another one, or at the end.
type FieldMoved struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
}

func (c FieldMoved) apply(d *draft) error {
	at, err := d.field(c.Field)
	if err != nil {
		return err
	}
	fields := d.next.planned().fields
	to := len(fields)
	if c.Before != "" {
		if to, err = d.field(c.Before); err != nil {
			return err
		}
	}
	if to == at || to == at+1 {
		return printable.Errorf("%s is there already", c.Field)
	}
	plan := d.fieldPlan()
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
	if d.next.planned().fields[at].Archived == archived {
		return printable.Errorf("%s is so already", name)
	}
	d.fieldPlan().fields[at].Archived = archived
	return nil
}

func (d *draft) field(name string) (at int, err error) {
	if at = fieldIndex(d.next.planned().fields, name); at < 0 {
		return 0, printable.Errorf("there is no field %q", name)
	}
	return at, nil
}

// knownField refuses a field that the account does not have.
func (q *proposing) knownField(name string) error {
	if _, ok := q.next.Field(name); !ok {
		return q.unknownField(name)
	}
	return nil
}

func (q *proposing) unknownField(name string) error {
	var names []string
	for _, f := range q.next.planned().fields {
		names = append(names, f.Name)
	}
	return q.refuse(CodeUnknownField, "%s has no field %q%s", q.next.account, name, suggest.DidYouMean(name, names))
}

// uncovers refuses new names for what the policy can hide, unless the actor may edit
// every user without the field being hidden. Rules hide fields by their names, so a
// field would be shown under another name, and one that is given a hidden name would be
// lost to those who use it. No other command on fields changes what a name stands for:
// define-field makes a field without values, under a name that no field has; values stay
// with a field that is archived, and it keeps its name; and set-field checks the name.
func (q *proposing) uncovers(names ...string) error {
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
			r := q.refusal(CodeDenied, "%s may not see %s of users, and a new name would show or hide it; %s without hiding it is needed", q.actor, name, userEdit)
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
