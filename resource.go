package usher

// Resource is what a question is about. A host implements it on its own type,
// with a pointer receiver and methods that return what is already there, and a
// check then allocates nothing:
//
//	func (c *Calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.ID} }
//
//	func (c *Calendar) InAccount() usher.AccountID { return c.Company }
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
// A resource that also has yes/no facts for the conditions of a policy implements
// [Attributer]. [Object] is the literal form, for tests and single calls. The methods
// are called on the goroutine that asks, and only when a rule looks at what they
// tell. A check may ask for the same more than once, so an answer should be cheap
// and must be steady. What is not known of a party or attribute is better said so
// than guessed: a party that comes into the policy later is then noticed.
//
// A nil pointer of the host's type in a Request is a Resource whose methods are
// called, which mostly is a panic; a nil Resource asks about the account as a whole.
type Resource interface {
	// Ref says what this is. Its Type must be the resource of the permission
	// that is asked for, or the check is an error.
	Ref() Ref

	// InAccount says which account this belongs to. If that is another than the
	// request's, the check is an error, so that a mix-up never shows one
	// customer's data to another; "" says nothing.
	InAccount() AccountID

	// Party returns the ids in a relation of the resource: of users or of
	// teams, as the policy declares the party. Where it is not known, no rule
	// allows but one that reaches any resource, and each rule under never that
	// looks at the party forbids.
	Party(name string) (ids []string, known bool)
}

// Attributer is an optional interface of a Resource that has attributes: yes/no facts
// that a policy declares, such as "public". A type that wraps a Resource forwards its
// attributes by calling [Attribute].
type Attributer interface {
	// Attribute returns an attribute. If it is unknown, no rule allows that looks at
	// it or at its opposite, and each such rule under never forbids.
	Attribute(name string) (value, known bool)
}

// Attribute returns an attribute of r. If r is nil or not an [Attributer], every
// attribute is unknown, so a check that depends on one fails closed.
func Attribute(r Resource, name string) (value, known bool) {
	if a, ok := r.(Attributer); ok {
		return a.Attribute(name)
	}
	return false, false
}

// Ref names a resource. The zero Ref has no type, and every check on it is an
// error.
type Ref struct {
	Type string // as in the policy: calendar
	ID   string // for people who read logs and messages; may be empty
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

// Ref returns the object's type and id.
func (o *Object) Ref() Ref {
	if o == nil {
		return Ref{}
	}
	return Ref{Type: o.Type, ID: o.ID}
}

// InAccount returns the object's account.
func (o *Object) InAccount() AccountID {
	if o == nil {
		return ""
	}
	return o.Account
}

// Party returns the ids of the party; a party that is not named is empty, not
// unknown.
func (o *Object) Party(name string) (ids []string, known bool) {
	if o == nil {
		return nil, false
	}
	return o.Parties[name], true
}

// Attribute implements [Attributer]: it returns the attribute's value if the object
// names it.
func (o *Object) Attribute(name string) (value, known bool) {
	if o == nil {
		return false, false
	}
	value, known = o.Attributes[name]
	return value, known
}
