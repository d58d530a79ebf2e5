package policy

// Limits are the limits of a policy, in words of FORMAT.md.
var Limits = map[string]int{
	"roles":                maxRoles,
	"permissions":          maxPermissions,
	"bundles":              maxBundles,
	"rules in a cell":      maxCellRules,
	"parties":              maxParties,
	"fields":               maxFields,
	"different conditions": maxLiterals,
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
