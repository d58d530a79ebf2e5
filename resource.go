package usher

// Resource is the object of a request. A host implements it on its own type, with a pointer
// receiver. If the methods return stored values, a check allocates nothing:
//
//	func (c *Calendar) Ref() usher.Ref { return usher.Ref{Type: "calendar", ID: c.ID} }
//
//	func (c *Calendar) InAccount() usher.AccountID { return c.Company }
//
//	func (c *Calendar) Party(name string) (ids []string, known bool) {
//		switch name {
//		case "host":
//			return c.Hosts, true // a new slice, such as []string{c.Host}, would allocate
//		case "team":
//			return c.Teams, true
//		}
//		return nil, false
//	}
//
// A resource with yes/no facts for the conditions of a policy also implements [Attributer].
// [Object] is a literal resource, for tests and single calls. A check calls the methods on
// its own goroutine, and only if a rule depends on the result. It may call them several
// times, so they must be fast and return the same each time. Return false for a party or an
// attribute that the type does not know, instead of a guess. Then a party that is added to
// the policy later fails closed.
//
// A nil Resource in a Request asks about the account as a whole. A nil pointer of the
// host's type is not a nil Resource: a check calls its methods, which usually panics.
type Resource interface {
	// Ref returns the type and the id of the resource. If the Type is not the resource type
	// of the permission in the request, the check is an error.
	Ref() Ref

	// InAccount returns the account of the resource. If it is not the account of the
	// request, the check is an error, so that a bug cannot show one account's data to
	// another. The id "" skips this test.
	InAccount() AccountID

	// Party returns the ids of the users or of the teams in a relation of the resource, as
	// the policy declares the party; for a party of users and teams, those of the users (see
	// [TeamParties]). If known is false, no rule that depends on the party allows, and each
	// rule under never that depends on it forbids. The scopes any and here depend on no
	// party, and own as host only on host; without as, a scope depends on every party.
	Party(name string) (ids []string, known bool)
}

// Attributer is an optional interface of a Resource with attributes: yes/no facts that a
// policy declares, such as "public". A type that wraps a Resource forwards its attributes
// with [Attribute].
type Attributer interface {
	// Attribute returns an attribute. If known is false, no rule that depends on the
	// attribute or on its opposite allows, and each such rule under never forbids.
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

// TeamParties is an optional interface of a Resource with parties of users and teams, which a
// policy declares as [users, teams]. Party then returns the users of such a party. A type that
// wraps a Resource forwards its teams with [TeamParty].
type TeamParties interface {
	// TeamParty returns the ids of the teams in a party of users and teams. If known is
	// false, no rule that depends on the party allows, and each rule under never that depends
	// on it forbids. It is not called for a party of teams alone, which Party returns.
	TeamParty(name string) (ids []string, known bool)
}

// TeamParty returns the teams in a party of users and teams. If r is nil or not a
// [TeamParties], they are unknown, so a check that depends on the party fails closed.
func TeamParty(r Resource, name string) (ids []string, known bool) {
	if t, ok := r.(TeamParties); ok {
		return t.TeamParty(name)
	}
	return nil, false
}

// Contained is an optional interface of a Resource whose type is in another one, as a policy
// declares with in: an event in a calendar, a folder in a folder. A type that wraps a Resource
// forwards its container with [Container].
type Contained interface {
	// Container returns what directly contains the resource: a resource of the type that
	// the policy declares and of the same account, or a nil Resource if nothing contains
	// it. Another type or another account is an error of the check. If known is false, no
	// rule allows that depends on the container, and each such rule under never forbids.
	// A check calls it only if a rule has a scope with "or above" that does not match below.
	Container() (r Resource, known bool)
}

// Container returns what directly contains r, nil for nothing. If r is nil or not a
// [Contained], the container is unknown, so a check that depends on it fails closed.
func Container(r Resource) (container Resource, known bool) {
	if c, ok := r.(Contained); ok {
		return c.Container()
	}
	return nil, false
}

// Ref identifies a resource. The zero Ref has no type; every check on it is an error.
type Ref struct {
	Type string // as in the policy: calendar

	// ID decides for roles on single resources (here): it is then unique and never reused.
	// Otherwise it is only for messages, and may be empty.
	ID string
}

// Object is a Resource with literal values. A party that Parties and Teams lack is empty; an
// attribute that Attributes lacks is unknown. A name that the policy does not declare is an
// error. An Object costs allocations that a host's own type avoids. For a nil Object, or
// one without a Type, every check is an error.
type Object struct {
	Type       string
	ID         string
	Account    AccountID
	Parties    map[string][]string
	Teams      map[string][]string // the teams in parties of users and teams; Parties has their users
	Attributes map[string]bool
	In         Resource // what contains it; nil: nothing
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

// Party returns the ids of the party. A party that Parties lacks is empty, not unknown.
func (o *Object) Party(name string) (ids []string, known bool) {
	if o == nil {
		return nil, false
	}
	return o.Parties[name], true
}

// TeamParty implements [TeamParties]. The teams of a party that Teams lacks are none, not
// unknown.
func (o *Object) TeamParty(name string) (ids []string, known bool) {
	if o == nil {
		return nil, false
	}
	return o.Teams[name], true
}

// Container implements [Contained]. A nil In means that nothing contains the object, not that
// its container is unknown.
func (o *Object) Container() (r Resource, known bool) {
	if o == nil {
		return nil, false
	}
	return o.In, true
}

// Attribute implements [Attributer]. An attribute that Attributes lacks is unknown.
func (o *Object) Attribute(name string) (value, known bool) {
	if o == nil {
		return false, false
	}
	value, known = o.Attributes[name]
	return value, known
}
