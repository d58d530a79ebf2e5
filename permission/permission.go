// Package permission names what may be allowed. A permission is one action on
// one type of resource, written "resource.action"; a bundle is a named set of
// permissions that is granted and asked for like one. The package knows only
// how such names are spelled: which of them exist, a policy says.
package permission

import (
	"errors"
	"strings"
	"unique"

	"github.com/usher-go/usher/internal/printable"
)

// Permission is the parsed name of a permission or of a bundle. It is small,
// comparable, usable as a map key, and cheap to look up, since its name is kept
// once for the whole process. Its zero value names nothing: no policy knows it,
// so asking for it is an error, and an error denies.
//
// Parse one once, into a package variable:
//
//	var editCalendar = permission.MustParse("calendar.edit")
type Permission struct {
	name unique.Handle[spelling]
}

// spelling is what is worked out once for each distinct name.
type spelling struct {
	text string
	hash uint32
	dot  int // of a permission; of a bundle without a dot, -1
}

// ErrSyntax is wrapped by every error of Parse and ParseBundle.
var ErrSyntax = errors.New("not a permission")

// Parse reads "resource.action": two names with exactly one dot between them.
// The error wraps ErrSyntax.
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

// ParseBundle reads the name of a bundle, which may be spelled like a
// permission or have no dot at all. The error wraps ErrSyntax.
func ParseBundle(s string) (Permission, error) {
	if IsName(s) {
		return intern(s), nil
	}
	return Parse(s)
}

// MustParse is Parse for names that stand in the source; it panics on a bad one.
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

// IsName reports whether s can be a name in a policy: [a-z][a-z0-9-]*.
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

// IsZero reports whether p names nothing.
func (p Permission) IsZero() bool { return p == Permission{} }

// String returns the name as it was parsed, "" for the zero Permission.
func (p Permission) String() string {
	if p.IsZero() {
		return ""
	}
	return p.name.Value().text
}

// Resource returns the part before the dot: the type of resource that the
// permission is about. It is "" for the zero Permission and for a bundle
// without a dot.
func (p Permission) Resource() string {
	if p.IsZero() {
		return ""
	}
	s := p.name.Value()
	return s.text[:max(s.dot, 0)]
}

// Action returns the part behind the dot, or all of a bundle's name without one.
func (p Permission) Action() string {
	if p.IsZero() {
		return ""
	}
	s := p.name.Value()
	return s.text[s.dot+1:]
}

// Hash returns a number that depends on the name alone and is the same in every
// process, for tables of permissions. It is no defence against chosen names: a
// table keyed by it holds only names that a policy declares. The zero
// Permission has 0.
func (p Permission) Hash() uint32 {
	if p.IsZero() {
		return 0
	}
	return p.name.Value().hash
}

// Equal reports whether p and q have the same name, as == does.
func (p Permission) Equal(q Permission) bool { return p == q }

// MarshalText returns the name.
func (p Permission) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is ParseBundle, except that an empty text gives the zero
// Permission, as MarshalText writes it.
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

// fnv1a is the 32-bit FNV-1a hash; hash/fnv would need an allocation a name.
func fnv1a(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
