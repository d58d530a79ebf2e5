package usher

// UserKind is what a user of an account is. The zero value is a person.
type UserKind string

// ServiceAccount is the kind of a user that is a program: an integration, a robot. Roles, teams, grants and
// decisions are those of any user. A service account is never invited, holds no seat and not the unique role, does not
// count for the least number of users of a role, and does not merge with another user.
const ServiceAccount UserKind = "service"

// Valid reports whether the kind is one of the kinds of users.
func (k UserKind) Valid() bool { return k == "" || k == ServiceAccount }
