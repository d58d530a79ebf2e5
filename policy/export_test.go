package policy

import (
	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/criteria"
)

// Limits are the limits of a policy, in words of FORMAT.md.
var Limits = map[string]int{
	"roles":                            maxRoles,
	"permissions":                      maxPermissions,
	"bundles":                          maxBundles,
	"rules in a cell":                  maxCellRules,
	"roles that are held on resources": maxRolesOnTypes,
	"parties":                          maxParties,
	"fields":                           maxFields,
	"different conditions":             maxLiterals,
}

// MomentsOf returns the number of moments at which Gives compares all permissions, and the
// number at which it compares those of single grants.
func (c Ceiling) MomentsOf(before, after *User) (all, some int) {
	for _, m := range c.momentsOfBoth(before, after) {
		if m.ended == nil {
			all++
		} else {
			some++
		}
	}
	return all, some
}

// Contain is contain, and ContainMany what it does with long lists.
var Contain, ContainMany = contain, containMany

// Criteria returns the criteria of a filter, from which conditions in SQL are made.
func (p *Policy) Criteria(f Facts, r *usher.Request) (criteria.Criteria, error) {
	s := &filterSource{binding: Binding{policy: p, facts: f, account: r.Account, basis: p}}
	if err := s.begin(r); err != nil {
		return criteria.Criteria{}, err
	}
	return s.Criteria()
}
