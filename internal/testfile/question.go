package testfile

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// Question is the question of a check or a step, without the subject.
type Question struct {
	Can      syntax.Name // a permission or a bundle
	Resource []Fact      // nil if not in the file
	With     []Flag      // facts of the request
	Gives    syntax.Name // the role that the command of the request gives; empty: unknown
	At       time.Time   // zero for the time of the file
}

// Fact is a fact about a resource: the ids of a party, or the value of an attribute. The
// policy determines which of the two it is.
type Fact struct {
	Name syntax.Name
	IDs  []syntax.Name // for an attribute, the word true or false
	Bare bool          // the single value true or false, without quotes

	// Apart is set if users and teams are written apart: {users: [mia], teams: [sales]}. IDs
	// are then the users.
	Apart bool
	Teams []syntax.Name

	// In has the facts of what contains the resource, under the key in; otherwise it is nil.
	In []Fact
}

// InKey is the key of what contains a resource.
const InKey = "in"

// IDKey is the key of the id of a resource, unless the policy has a party or an attribute of this
// name.
const IDKey = "id"

// Resource is a resource that commands name, with its facts.
type Resource struct {
	On    usher.Ref // keys type and id
	Pos   syntax.Pos
	Type  syntax.Pos // of the type
	Facts []Fact     // its other keys
}

// flow returns the resource as it is written in a command.
func (r *Resource) flow() (m flow) {
	m.add("type", Word(r.On.Type))
	m.add(IDKey, Word(r.On.ID))
	return append(m, resourceFlow(r.Facts)...)
}

// flag returns the value of an attribute. It returns false as ok if the fact is not an
// attribute.
func (f *Fact) flag() (value, ok bool) {
	ok = f.Bare && len(f.IDs) == 1
	return ok && f.IDs[0].Text == "true", ok
}

// Check states which users are allowed. All other users must be denied.
type Check struct {
	Pos  syntax.Pos
	Name string // may be empty
	Question
	Allow  []syntax.Name // the users who must be allowed
	Deny   []Denial
	Hidden []Masked

	Visitor *Public // what a caller who is not logged in gets; nil for a denial
}

// Public states that a caller who is not logged in is allowed: the value of visitor.
type Public struct {
	Pos    syntax.Pos
	Hidden []syntax.Name // all fields that must be hidden; nil for visitor: allow, which compares none
}

// Denial states the reason of a denial: an entry of deny.
type Denial struct {
	User   syntax.Name  // its key
	Reason usher.Reason // its value
}

// Masked states the fields that are hidden from an allowed user: an entry of hidden.
type Masked struct {
	User   syntax.Name   // its key
	Fields []syntax.Name // its value: fields, not groups of fields
}

// Asked returns the question in one line: calendar.edit {host: [mia]} with {mfa: true}
// at 2026-03-01T00:00:00Z.
func (q *Question) Asked() string {
	text := q.Can.Text
	if q.Resource != nil {
		text += " " + resourceFlow(q.Resource).String()
	}
	if q.With != nil {
		text += " with " + flagsFlow(q.With).String()
	}
	if q.Gives.Text != "" {
		text += " gives " + Word(q.Gives.Text)
	}
	if !q.At.IsZero() {
		text += " at " + timeText(q.At)
	}
	return text
}
