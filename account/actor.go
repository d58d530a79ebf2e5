package account

import "github.com/usher-go/usher"

// Actor is the author of a command: a user of the account, or a part of the host application.
// The zero Actor is neither, and is denied everything.
type Actor struct {
	user usher.UserID
	by   usher.UserID // the user who acts on behalf of user; "": user
	host string
}

// AsUser returns an actor that is a user of the account. The host application must have
// authenticated the user. An empty id gives the zero Actor.
func AsUser(id usher.UserID) Actor { return Actor{user: id} }

// By returns the actor that is the same user, on whose behalf another user acts: an assistant, or an
// employee of support. Each command then requires the permissions of both users and is checked against the
// ceilings of both, and the commit names both. Both must be active users of the account. Commands that
// require no permission because they concern the actor alone are denied, such as
// accept-invitation. An empty id and the actor's own id change nothing. A user acts only on behalf of a
// user: for the host and the zero Actor, the result is the zero Actor, which is denied everything.
func (a Actor) By(id usher.UserID) Actor {
	switch {
	case a.user == "":
		return Actor{}
	case id == a.user:
		id = ""
	}
	a.by = id
	return a
}

// OnBehalf returns the user who acts on behalf of User, or "" if User acts.
func (a Actor) OnBehalf() usher.UserID { return a.by }

// AsHost returns an actor that is a part of the host application, by its name: "billing",
// "scim". The policy's permissions and the ceiling do not apply to it, but the rules of
// accounts do. An empty name gives the zero Actor.
func AsHost(name string) Actor { return Actor{host: name} }

// User returns the user's id, or "" for the host and the zero Actor.
func (a Actor) User() usher.UserID { return a.user }

// Host returns the name of the part of the host, or "" for a user and the zero Actor.
func (a Actor) Host() string { return a.host }

// IsZero reports whether the actor is neither a user nor the host.
func (a Actor) IsZero() bool { return a == Actor{} }

// String returns the user's id, "host billing", or "no actor" for the zero Actor. It is for
// messages: ids and names that are not a plain word are quoted.
func (a Actor) String() string {
	switch {
	case a.by != "":
		return word(a.by) + " for " + word(a.user)
	case a.user != "":
		return word(a.user)
	case a.host != "":
		return "host " + word(a.host)
	default:
		return "no actor"
	}
}
