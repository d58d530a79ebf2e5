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
	Type     account.FieldType // zero if not in the file
	Archived *bool             // nil if not in the file
}

// FieldValue is the value of a custom field of a user.
type FieldValue struct {
	Field syntax.Name
	Value Value
}

// Value is a value of a custom field as written.
type Value struct {
	Text string
	Bare bool // true, false or a number, without quotes
	Pos  syntax.Pos
}

// Fits reports whether the value is valid for a field of the type.
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
