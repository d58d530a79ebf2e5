package policytest

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/policy"
)

// FieldType is what the values of a custom field are. The zero value is none.
type FieldType uint8

// The types of custom fields.
const (
	TextField   FieldType = iota + 1 // any text
	NumberField                      // a decimal number, without quotes
	DateField                        // a day: 2026-01-31
	BoolField                        // true or false, without quotes
)

var fieldTypes = []string{"", "text", "number", "date", "bool"}

// String returns "text", "number", "date" or "bool", and "" for the zero value.
func (t FieldType) String() string {
	if int(t) < len(fieldTypes) {
		return fieldTypes[t]
	}
	return fmt.Sprintf("FieldType(%d)", uint8(t))
}

func parseFieldType(text string) (FieldType, error) {
	if i := slices.Index(fieldTypes, text); i > 0 {
		return FieldType(i), nil
	}
	return 0, fmt.Errorf("%q is no type of a field%s (text, number, date, bool)", text, suggest.DidYouMean(text, fieldTypes[1:]))
}

// FieldDefinition defines a custom field that the users of an account have.
type FieldDefinition struct {
	Field    policy.Name
	Type     FieldType // zero where the file does not say
	Archived *bool     // nil where the file does not say
}

// FieldValue is what a user has in a custom field.
type FieldValue struct {
	Field policy.Name
	Value Value
}

// Value is a value of a custom field as it is written.
type Value struct {
	Text string
	Bare bool // without quotes, and true, false or a number
	Pos  policy.Pos
}

// Fits reports whether a field of the type can have the value.
func (v Value) Fits(t FieldType) bool {
	switch t {
	case TextField:
		return true
	case NumberField:
		return v.Bare && isNumber.MatchString(v.Text)
	case DateField:
		_, err := time.Parse(time.DateOnly, v.Text)
		return err == nil
	case BoolField:
		return v.Bare && !isNumber.MatchString(v.Text)
	}
	return false
}

var isNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
