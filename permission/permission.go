// Package permission defines the names of permissions. A permission is one action on one
// type of resource, written "resource.action". A bundle is a named set of permissions that
// is granted and checked like one permission. The package only checks the spelling; a
// policy declares which names exist.
package permission

import (
	"errors"
	"strings"
	"unique"

	"github.com/usher-go/usher/internal/printable"
)

// Permission is the parsed name of a permission or of a bundle. It is small, comparable and
// usable as a map key. Lookups are fast, because each name is stored once per process. The
// zero value has no name: no policy declares it, so checking it is an error, which denies.
//
// Parse a name once, into a package variable:
//
//	var editCalendar = permission.MustParse("calendar.edit")
type Permission struct {
	name unique.Handle[spelling]
}

// spelling is the data that is computed once for each distinct name.
type spelling struct {
	text string
	hash uint32
	dot  int // the index of the dot; -1 for a bundle without one
}

// ErrSyntax is the sentinel for the errors of Parse and ParseBundle.
var ErrSyntax = errors.New("not a permission")

// Parse returns the permission with a name "resource.action": two names with exactly one
// dot between them. The error wraps ErrSyntax.
func Parse(s string) (Permission, error) {
	resource, action, found := strings.Cut(s, ".")
	switch {
	case !found:
		return Permission{}, printable.Errorf("%w: %q has no dot; write resource.action, for example calendar.edit", ErrSyntax, s)
	case strings.Contains(action, "."):
		return Permission{}, printable.Errorf("%w: %q has more than one dot; write resource.action, for example calendar.edit", ErrSyntax, s)
	case !IsName(resource) || !IsName(action):
		return Permission{}, printable.Errorf("%w: %q: names are lower-case letters, digits and dashes, and begin with a letter", ErrSyntax, s)
	}
	return intern(s), nil
}

// ParseBundle returns the bundle with a name. The name may be spelled like a permission, or
// have no dot. The error wraps ErrSyntax.
func ParseBundle(s string) (Permission, error) {
	if IsName(s) {
		return intern(s), nil
	}
	return Parse(s)
}

// MustParse is Parse for names in source code. It panics on an error.
func MustParse(s string) Permission {
	p, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return p
}

func intern(s string) Permission {
	return Permission{unique.Make(spelling{text: s, hash: fnv1a(s), dot: strings.IndexByte(s, '.')})}
}

// IsName reports whether s is a valid name in a policy: [a-z][a-z0-9-]*.
func IsName(s string) bool {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := 1; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// IsZero reports whether p is the zero Permission.
func (p Permission) IsZero() bool { return p == Permission{} }

// String returns the name, or "" for the zero Permission.
func (p Permission) String() string {
	if p.IsZero() {
		return ""
	}
	return p.name.Value().text
}

// Resource returns the part before the dot: the type of resource. It returns "" for the
// zero Permission and for a bundle without a dot.
func (p Permission) Resource() string {
	if p.IsZero() {
		return ""
	}
	s := p.name.Value()
	return s.text[:max(s.dot, 0)]
}

// Action returns the part after the dot, or the whole name of a bundle without a dot.
func (p Permission) Action() string {
	if p.IsZero() {
		return ""
	}
	s := p.name.Value()
	return s.text[s.dot+1:]
}

// Hash returns a hash of the name that is the same in every process, for tables of
// permissions. It does not protect against chosen names: use it only for names that a
// policy declares. For the zero Permission it returns 0.
func (p Permission) Hash() uint32 {
	if p.IsZero() {
		return 0
	}
	return p.name.Value().hash
}

// Equal reports whether p and q have the same name, as == does.
func (p Permission) Equal(q Permission) bool { return p == q }

// MarshalText returns the name, or an empty text for the zero Permission.
func (p Permission) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText parses a name with ParseBundle. An empty text gives the zero Permission.
func (p *Permission) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Permission{}
		return nil
	}
	parsed, err := ParseBundle(string(text))
	if err != nil {
		return err
	}
	*p = parsed
	return nil
}

// fnv1a is the 32-bit FNV-1a hash. The package hash/fnv would allocate for each name.
func fnv1a(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
