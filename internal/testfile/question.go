package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// Question is what a check or a step of a scenario asks, without who asks.
type Question struct {
	Can      syntax.Name // a permission or a bundle
	Resource []Fact      // nil where the file gives none
	With     []Flag      // facts of the request
	At       time.Time   // zero: the time of the file
}

// Fact is what a file says of a resource: the ids of a party, or an attribute.
// Which of the two it is, the policy knows.
type Fact struct {
	Name syntax.Name
	IDs  []syntax.Name // of an attribute the word true or false
	Bare bool          // one value without quotes, and true or false
}

// flag returns the value of an attribute; ok is false for what is none.
func (f *Fact) flag() (value, ok bool) {
	ok = f.Bare && len(f.IDs) == 1
	return ok && f.IDs[0].Text == "true", ok
}

// Check says who of all users may.
type Check struct {
	Pos  syntax.Pos
	Name string // for people; may be empty
	Question
	Allow  []syntax.Name // the users who may; all others may not
	Deny   []Denial
	Hidden []Masked
}

// Denial pins why a user may not: an entry of deny.
type Denial struct {
	User   syntax.Name  // its key
	Reason usher.Reason // its value
}

// Masked pins which fields are hidden from a user who may: an entry of hidden.
type Masked struct {
	User   syntax.Name   // its key
	Fields []syntax.Name // its value: fields, and no groups of them
}

// Asked returns the question in the words of the file: calendar.edit {host: [mia]}
// with {mfa: true} at 2026-03-01T00:00:00Z.
func (q *Question) Asked() string {
	text := q.Can.Text
	if q.Resource != nil {
		text += " " + resourceFlow(q.Resource).String()
	}
	if q.With != nil {
		text += " with " + flagsFlow(q.With).String()
	}
	if !q.At.IsZero() {
		text += " at " + timeText(q.At)
	}
	return text
}
