package filter

import "testing"

// LowerLimits lowers the limits for a test, so that short lists are divided: bytes of an id, of an
// argument, and of all arguments in PostgreSQL.
func LowerLimits(t *testing.T, id, argument, arguments int) {
	before := limits
	limits.id, limits.array, limits.json, limits.arguments = id, argument, argument, arguments
	t.Cleanup(func() { limits = before })
}
