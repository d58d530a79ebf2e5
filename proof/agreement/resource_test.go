package agreement_test

import (
	"fmt"

	"github.com/usher-go/usher"
)

// resource is a row as checks read it. The id identifies the row. The local id is unique in an
// account, and rows of other accounts may have the same one.
type resource struct {
	typ        string
	id         int
	local      string
	account    usher.AccountID
	parties    map[string][]string
	attributes map[string]bool
	unknown    map[string]bool // parties
}

func (r *resource) Ref() usher.Ref { return usher.Ref{Type: r.typ, ID: r.local} }

func (r *resource) InAccount() usher.AccountID { return r.account }

func (r *resource) Party(name string) (ids []string, known bool) {
	return r.parties[name], !r.unknown[name]
}

func (r *resource) Attribute(name string) (value, known bool) {
	value, known = r.attributes[name]
	return value, known
}

func (r *resource) String() string {
	return fmt.Sprintf("%s %s of %s (row %d): parties %q, not known %v, attributes %v", r.typ, r.local, r.account, r.id, r.parties, r.unknown, r.attributes)
}

// on returns the resource of a request, nil for the account as a whole.
func (r *resource) on() usher.Resource {
	if r == nil {
		return nil
	}
	return r
}
