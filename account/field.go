package account

import (
	"fmt"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
)

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

// Field is a custom field that the users of an account have: "phone", "shoe-size".
// What a user has in it is personal data, so it is no part of the state and stands
// beside the journal.
type Field struct {
	ID       int    // counts from 1 in the account and stays, whatever the name
	Name     string // as people see it
	Type     FieldType
	Archived bool // nobody sees or sets it; the values are kept
}

// Value is what a user has in a custom field, of the field's type. The text of a
// number, a date and a bool is as JSON writes it, a date without the quotes. The
// empty Value is none: to set it takes away what was there.
type Value string

// FieldValue is what a user gets in a custom field.
type FieldValue struct {
	User  usher.UserID
	Field int // the id of the Field
	Value Value
}
