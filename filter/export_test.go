package filter

import "testing"

// LowerLimits lets a test see lists divided that are short: bytes of an id, of an argument, and of all
// arguments in PostgreSQL.
func LowerLimits(t *testing.T, id, argument, arguments int) {
	before := limits
	limits.id, limits.array, limits.json, limits.arguments = id, argument, argument, arguments
	t.Cleanup(func() { limits = before })
}
