package agreement_test

import (
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy/syntax"
)

// resource is a row as checks read it. The id identifies the row. The local id is unique in an
// account, and rows of other accounts may have the same one.
type resource struct {
	typ        string
	id         int
	local      string
	original   string // the id in the test file that the row is from; "" for none
	account    usher.AccountID
	parties    map[string][]string // the teams of a party of users and teams have its name with plusTeams
	attributes map[string]bool
	unknown    map[string]bool // parties

	above   bool      // it is only a container of other rows
	chained bool      // one of a long chain of containers
	in      *resource // what contains it, nil if nothing does, or if it is lost
	lost    bool      // what contains it is unknown
	foreign *resource // what contains it, in another account; a host that reads only the account finds nothing
	ignored *resource // a container of which the layout knows nothing
}

// Container returns what a host finds that reads only rows of the account.
func (r *resource) Container() (container usher.Resource, known bool) {
	return r.in.on(), !r.lost
}

func (r *resource) Ref() usher.Ref { return usher.Ref{Type: r.typ, ID: r.local} }

func (r *resource) InAccount() usher.AccountID { return r.account }

func (r *resource) Party(name string) (ids []string, known bool) {
	return r.parties[name], !r.unknown[name]
}

// plusTeams is the end of the key of the teams of a party of users and teams.
const plusTeams = "+teams"

func (r *resource) TeamParty(name string) (ids []string, known bool) {
	return r.parties[name+plusTeams], !r.unknown[name+plusTeams]
}

// slotNames returns the keys of parties, and for each whether its ids are those of teams.
func slotNames(parties map[string]syntax.PartyKind) map[string]bool {
	names := map[string]bool{}
	for name, kind := range parties {
		names[name] = kind == syntax.OfTeams
		if kind == syntax.OfBoth {
			names[name+plusTeams] = true
		}
	}
	return names
}

func (r *resource) Attribute(name string) (value, known bool) {
	value, known = r.attributes[name]
	return value, known
}

func (r *resource) String() string {
	text := fmt.Sprintf("%s %s of %s (row %d): parties %q, not known %v, attributes %v", r.typ, r.local, r.account, r.id, r.parties, r.unknown, r.attributes)
	for in, depth := r, 0; depth < 18; depth++ {
		if in.lost {
			return text + fmt.Sprintf(" in what is unknown (foreign: %t)", in.foreign != nil)
		}
		if in = in.in; in == nil {
			return text
		}
		text += fmt.Sprintf(" in %d %q, not known %v", in.id, in.parties, in.unknown)
	}
	return text + " in more"
}

// on returns the resource of a request, nil for the account as a whole.
func (r *resource) on() usher.Resource {
	if r == nil {
		return nil
	}
	return r
}
