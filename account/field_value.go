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

// Value is what a user has in a custom field, of the field's type. The text of a
// number, a date and a bool is as JSON writes it, a date without the quotes. The
// empty Value is none: to set it takes away what was there.
type Value string

// Fits reports whether a field of the type can have the value. No value fits
// always.
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

// FieldValue is what a user gets in a custom field.
type FieldValue struct {
	User  usher.UserID
	Field int // the id of the Field
	Value Value
}

// SetField sets what a user has in a custom field. user.edit on {user}, and the
// decision must not hide the field.
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
		return q.refuse(CodeUnknownField, "%s is archived; restore-field shows it again", c.Field)
	case !c.Value.Fits(f.Type):
		return q.refuse(CodeInvalid, "%s is a field of type %s, and the value is none", c.Field, f.Type)
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

// FieldSet says that a user's custom field was set. What it was set to is personal
// data, and stands beside the journal.
type FieldSet struct {
	User  usher.UserID `json:"user"`
	Field string       `json:"field"`
}

func (c FieldSet) apply(d *draft) error {
	if _, err := d.known(c.User); err != nil {
		return err
	}
	_, err := d.field(c.Field)
	return err
}

func (c FieldSet) describe() string {
	return "the field " + word(c.Field) + " of " + word(c.User) + " is set"
}

// hasValue reports whether a user is known to have a value already, by a command before
// this one or else by what was kept before the proposal. Of a user who was removed
// before this command nothing is kept.
func (q *proposing) hasValue(v FieldValue) (bool, error) {
	for _, set := range slices.Backward(q.outcome.Values) {
		if set.User == v.User && set.Field == v.Field {
			return set.Value == v.Value, nil
		}
	}
	if slices.Contains(q.outcome.Removed, v.User) {
		return v.Value == "", nil
	}
	if q.value == nil {
		return false, nil
	}
	kept, err := q.value(v.User, v.Field)
	return kept == v.Value && err == nil, err
}
