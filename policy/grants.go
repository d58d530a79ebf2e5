package policy

import (
	"slices"

	"github.com/usher-go/usher/permission"
)

// GrantKind is what a grant of a name gives under a policy. The zero GrantKind is that of a
// name which the policy lacks: such a grant gives nothing.
type GrantKind uint8

// The kinds of grants.
const (
	GrantsPermission GrantKind = iota + 1
	GrantsBundle
	GrantsFeature
)

var grantKinds = []string{"", "permission", "bundle", "feature"}

// String returns "permission", "bundle" or "feature", "" for the zero GrantKind.
func (k GrantKind) String() string {
	if int(k) >= len(grantKinds) {
		return ""
	}
	return grantKinds[k]
}

// Grant returns what a grant of a name gives; zero for a name that the policy lacks, and
// for a nil Policy.
func (p *Policy) Grant(name string) GrantKind {
	if p == nil {
		return 0
	}
	if q, err := permission.ParseBundle(name); err == nil {
		if at, ok := p.permTable.find(q); ok && at >= 0 {
			return GrantsPermission
		} else if ok {
			return GrantsBundle
		}
	}
	if slices.Contains(p.features, name) {
		return GrantsFeature
	}
	return 0
}
