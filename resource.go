package usher

// Resource is what a question is about. A host implements it on its own type,
// with a pointer receiver and methods that return what is already there, and a
// check then allocates nothing:
//
//	func (c *Calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.ID} }
//
//	func (c *Calendar) Party(name string) (ids []string, known bool) {
//		switch name {
//		case "host":
//			return c.Hosts, true // built on the spot, []string{c.Host} would allocate
//		case "team":
//			return c.Teams, true
//		}
//		return nil, false
//	}
//
//	func (c *Calendar) Attribute(name string) (value, known bool) { return false, false }
//
// [Object] is the literal form, for tests and single calls. The methods are
// called on the goroutine that asks, and only when a rule looks at what they
// tell. A check may ask for the same more than once, so an answer should be cheap
// and must be steady.
type Resource interface {
	// Ref says what this is. Its Type must be the resource of the permission
	// that is asked for, or the check is an error.
	Ref() Ref

	// Party returns the ids in a relation of the resource: of users or of
	// teams, as the policy declares the party. Where it is not known, only
	// rules that reach any resource can match.
	Party(name string) (ids []string, known bool)

	// Attribute returns a yes/no fact of the resource. What is not known holds
	// for nobody: neither a condition on it nor the opposite.
	Attribute(name string) (value, known bool)
}

// Ref names a resource. The zero Ref has no type, and every check on it is an
// error.
type Ref struct {
	Type string // as in the policy: calendar
	ID   string // for people who read logs and messages; may be empty

	// Account is the account that the resource belongs to. If it is set and
	// another than the request's, the check is an error.
	Account AccountID
}

// Object is a resource spelled out. Parties and attributes that it does not name
// are empty and unknown, in this order; one that the policy does not declare is
// an error. Writing an Object costs allocations that a host's own type avoids.
// A nil Object, and one without a type, make every check an error.
type Object struct {
	Type       string
	ID         string
	Account    AccountID
	Parties    map[string][]string
	Attributes map[string]bool
}

// Ref returns the object's type, id and account.
func (o *Object) Ref() Ref {
	if o == nil {
		return Ref{}
	}
	return Ref{Type: o.Type, ID: o.ID, Account: o.Account}
}

// Party returns the ids of the party; a party that is not named is empty, not
// unknown.
func (o *Object) Party(name string) (ids []string, known bool) {
	if o == nil {
		return nil, false
	}
	return o.Parties[name], true
}

// Attribute returns the attribute's value if the object names it.
func (o *Object) Attribute(name string) (value, known bool) {
	if o == nil {
		return false, false
	}
	value, known = o.Attributes[name]
	return value, known
}
