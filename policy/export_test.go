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
	"names":                maxListed,
}

// Reserved returns the words that cannot be names.
func Reserved() []string { return reserved }
