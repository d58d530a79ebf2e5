package account

import "github.com/usher-go/usher"

// Actor is who asks for a change: a user of the account, or the host itself. The
// zero Actor is nobody, and is denied everything.
type Actor struct {
	user usher.UserID
	host string
}

// User returns the actor who is a user of the account, whom the host has
// authenticated. An empty id is nobody.
func AsUser(id usher.UserID) Actor { return Actor{user: id} }

// Host returns the actor who is the host itself, by the name of its part that
// acts: "billing", "scim". No policy is asked for it, and it may give more than
// anybody has; what no account may be, it cannot make. An empty name is nobody.
func AsHost(name string) Actor { return Actor{host: name} }

// User returns the user's id, "" for the host.
func (a Actor) User() usher.UserID { return a.user }

// Host returns the name of the host's part, "" for a user.
func (a Actor) Host() string { return a.host }

// IsZero reports whether the actor is nobody.
func (a Actor) IsZero() bool { return a == Actor{} }

// String returns the user's id, or "host billing", or "nobody". It is for messages: what
// is not one plain word is quoted.
func (a Actor) String() string {
	switch {
	case a.user != "":
		return word(a.user)
	case a.host != "":
		return "host " + word(a.host)
	default:
		return "nobody"
	}
}
