package policy

import (
	"crypto/sha256"
	"sync"
	"weak"
)

// WithCustom returns the policy with the roles that an account defines. The result is an
// ordinary policy: check, actions, lists, explanations and the ceiling treat these roles like
// the roles of the file, and a check on one costs the same. It has the digest and the warnings of the
// policy of the file, which WithCustom always starts from.
//
// WithCustom leaves out a role that the policy cannot have, so that its holders have an
// undeclared role, and a choice that the policy does not offer, so that the role does not give it:
// [Policy.CustomFaults] lists both. Titles have no effect on decisions. Without roles, and for a
// nil policy, the result is Base.
//
// Policies with equal roles are shared as long as one of them is in use, so the result for many
// accounts with equal roles takes the memory of one. WithCustom is safe for concurrent use.
func (p *Policy) WithCustom(roles []CustomRole) *Policy {
	base := p.Base()
	if base == nil || base.custom.derived == nil || len(roles) == 0 {
		return base
	}
	kept, _ := base.resolve(roles)
	if len(kept) == 0 {
		return base
	}
	return base.custom.derived.get(base, kept)
}

// derive compiles the policy with resolved roles. If the policy has no room for them, which
// Compile prevents for as many as at-most, the result has none of them.
func (p *Policy) derive(roles []CustomRole) *Policy {
	custom := make([]customRole, len(roles))
	for i, r := range roles {
		custom[i] = customRole{CustomRole: r, under: string(r.Name)}
	}
	return p.deriveFrom(custom, roles)
}

func (p *Policy) deriveFrom(custom []customRole, roles []CustomRole) *Policy {
	derived, err := compile(p.custom.doc, custom)
	if err != nil {
		return p
	}
	for i := range custom {
		if custom[i].as == 0 {
			continue
		}
		if derived.custom.as == nil {
			for held := range derived.roles {
				derived.custom.as = append(derived.custom.as, held)
			}
		}
		derived.custom.as[len(p.roles)+i] = custom[i].as - 1
	}
	derived.digest, derived.warnings = p.digest, p.warnings
	derived.custom.base, derived.custom.roles = p, roles
	return derived
}

// derivedCache has the derived policies of a policy. It keeps those in use by others, and the
// latest few.
type derivedCache struct {
	mu     sync.Mutex
	byKey  map[[sha256.Size]byte]weak.Pointer[Policy]
	purge  int // the size of byKey at which entries of unused policies are removed
	latest [8]*Policy
	next   int // the place of the next policy in latest
}

// minPurge is the least number of entries of which unused ones are removed.
const minPurge = 64

func (c *derivedCache) get(p *Policy, roles []CustomRole) *Policy {
	key := sha256.Sum256([]byte(customKey(roles)))
	c.mu.Lock()
	found := c.byKey[key].Value()
	c.mu.Unlock()
	if found != nil {
		return found
	}
	derived := p.derive(roles)
	c.mu.Lock()
	defer c.mu.Unlock()
	if found := c.byKey[key].Value(); found != nil {
		return found // of a concurrent call
	}
	if c.byKey == nil {
		c.byKey = map[[sha256.Size]byte]weak.Pointer[Policy]{}
	}
	if len(c.byKey) >= max(c.purge, minPurge) {
		for k, w := range c.byKey {
			if w.Value() == nil {
				delete(c.byKey, k)
			}
		}
		c.purge = 2 * len(c.byKey)
	}
	c.byKey[key] = weak.Make(derived)
	c.latest[c.next] = derived
	c.next = (c.next + 1) % len(c.latest)
	return derived
}
