package testfile

import (
	"regexp"
	"time"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy/syntax"
)

// FieldDefinition defines a custom field that the users of an account have.
type FieldDefinition struct {
	Field    syntax.Name
	Type     account.FieldType // zero where the file does not say
	Archived *bool             // nil where the file does not say
}

// FieldValue is what a user has in a custom field.
type FieldValue struct {
	Field syntax.Name
	Value Value
}

// Value is a value of a custom field as it is written.
type Value struct {
	Text string
	Bare bool // without quotes, and true, false or a number
	Pos  syntax.Pos
}

// Fits reports whether a field of the type can have the value.
func (v Value) Fits(t account.FieldType) bool {
	switch t {
	case account.TextField:
		return true
	case account.NumberField:
		return v.Bare && isNumber.MatchString(v.Text)
	case account.DateField:
		_, err := time.Parse(time.DateOnly, v.Text)
		return err == nil
	case account.BoolField:
		return v.Bare && !isNumber.MatchString(v.Text)
	}
	return false
}

var isNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
