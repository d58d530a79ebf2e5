package account

import (
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/permission"
)

var userEdit = permission.MustParse("user.edit")

// Value is a user's value in a custom field, as text. Numbers and bools are written as in
// JSON, dates as YYYY-MM-DD. The empty Value stands for no value: setting it deletes the
// value.
type Value string

// Fits reports whether the value is valid for a field of the type. The empty Value always is.
func (v Value) Fits(t FieldType) bool {
	if v == "" {
		return true
	}
	switch t {
	case TextField:
		return len(v) <= MaxValue && utf8.ValidString(string(v))
	case NumberField:
		return len(v) <= MaxValue && isNumber.MatchString(string(v))
	case DateField:
		_, err := time.Parse(time.DateOnly, string(v))
		return err == nil
	case BoolField:
		return v == "true" || v == "false"
	}
	return false
}

var isNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// FieldValue is a new value of a user's custom field.
type FieldValue struct {
	User  usher.UserID
	Field int // the id of the Field
	Value Value
}

// SetField sets a user's value in a custom field. Requires user.edit on {user}, with a
// decision that does not hide the field.
type SetField struct {
	User  usher.UserID
	Field string `usher:"field"`
	Value Value
}

func (c SetField) asks(*proposing) requirement { return needs(userEdit, of(c.User)) }

func (c SetField) propose(q *proposing) error {
	if q.actor.Host() == "" && q.allowed.Hides(c.Field) {
		r := q.refusal(CodeDenied, "%s may not see %s of %s", q.actor, c.Field, c.User)
		r.Decision = q.allowed
		return r
	}
	if _, err := q.user(c.User); err != nil {
		return err
	}
	f, ok := q.next.Field(c.Field)
	switch {
	case !ok:
		return q.unknownField(c.Field)
	case f.Archived:
		return q.refuse(CodeUnknownField, "the field %s is archived; restore-field shows it again", c.Field)
	case !c.Value.Fits(f.Type):
		return q.refuse(CodeInvalid, "the value of %s is not a valid %s", c.Field, f.Type)
	}
	switch same, err := q.hasValue(FieldValue{User: c.User, Field: f.ID, Value: c.Value}); {
	case err != nil:
		return err
	case same:
		return nil
	}
	q.outcome.Values = append(q.outcome.Values, FieldValue{User: c.User, Field: f.ID, Value: c.Value})
	return q.emit(FieldSet{User: c.User, Field: c.Field})
}

func (c SetField) describe() string { return word(c.User) + " " + word(c.Field) }

// FieldSet records that a user's value in a custom field was set. The value is personal data
// and is stored beside the journal.
type FieldSet struct {
	User  usher.UserID `json:"user"`
	Field string       `json:"field"`
}

func (c FieldSet) apply(d *draft) error {
	if _, err := d.lookUp(c.User); err != nil {
		return err
	}
	_, err := d.field(c.Field)
	return err
}

func (c FieldSet) describe() string {
	return "the field " + word(c.Field) + " of " + word(c.User) + " is set"
}

// hasValue reports whether a user already has a value. It returns false if the value is unknown.
func (q *proposing) hasValue(v FieldValue) (bool, error) {
	kept, known, err := q.knownValue(v.User, v.Field)
	return known && kept == v.Value && err == nil, err
}

// valueOf returns a user's value, or "" if the user has none or if it is unknown.
func (q *proposing) valueOf(user usher.UserID, field int) (Value, error) {
	kept, _, err := q.knownValue(user, field)
	return kept, err
}

// knownValue returns a user's value, from an earlier command of the batch or else from the values
// stored before the proposal. A user who was removed by an earlier command has no stored
// values.
func (q *proposing) knownValue(user usher.UserID, field int) (kept Value, known bool, err error) {
	for _, set := range slices.Backward(q.outcome.Values) {
		if set.User == user && set.Field == field {
			return set.Value, true, nil
		}
	}
	if slices.Contains(q.outcome.Removed, user) {
		return "", true, nil
	}
	if q.value == nil {
		return "", false, nil
	}
	kept, err = q.value(user, field)
	return kept, err == nil, err
}
