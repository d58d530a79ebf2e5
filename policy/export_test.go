package policy

// Limits are the sizes up to which a policy compiles, in words of FORMAT.md.
var Limits = map[string]int{
	"roles":                maxRoles,
	"permissions":          maxPermissions,
	"bundles":              maxBundles,
	"rules in a cell":      maxCellRules,
	"parties":              maxParties,
	"fields":               maxFields,
	"different conditions": maxLiterals,
}

// MomentsOf returns at how many moments Gives compares all permissions, and at how
// many those of single grants.
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
