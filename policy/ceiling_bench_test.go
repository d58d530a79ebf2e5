package policy_test

import (
	"bytes"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/team"
)

// BenchmarkCeiling makes all ceiling checks of a command on a user: what it gives, what it
// takes, and the rank of the user.
func BenchmarkCeiling(b *testing.B) {
	// Two roles with the rules of a third of the others; one covers all rules of the other. Rules that
	// require a feature must be compared one by one.
	const wide = "roles:\n  x: {includes: [r13, r18, r24, r33, r38, r44]}\n  y: {includes: [x], requires: [mfa]}\n"
	large, err := policyfile.Load("large.yaml", bytes.Replace(largePolicy(50, 500), []byte("roles:\n"), []byte(wide), 1))
	if err != nil {
		b.Fatal(err)
	}
	tree, err := team.New(map[usher.TeamID]usher.TeamID{"sales": "", "emea": "sales"})
	if err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct {
		name              string
		p                 *policy.Policy
		by, before, after string
		refused           bool
	}{
		{"set-role", onceHub(b), "admin", "member sales", "admin sales", false},
		{"set-role-refused", onceHub(b), "member sales:manager", "member sales", "admin sales", true},
		{"add-user", onceHub(b), "admin", "", "member sales", false},
		{"set-team-role", onceHub(b), "admin", "member sales", "member sales:manager", false},
		{"set-team-role-by-manager", onceHub(b), "member sales:manager +chatbots", "member emea", "member emea:manager", false},
		{"give-grant", onceHub(b), "admin", "member +chatbots", "member +chatbots +calendar.edit", false},
		{"give-feature", onceHub(b), "admin", "member", "member +chatbots", false},
		{"large", large, "x +f", "r13 +f", "y +f", false},
		{"large-refused", large, "r13", "", "x +f", true},
	} {
		b.Run(row.name, func(b *testing.B) {
			by, before, after := parseUser(row.by), parseUser(row.before), parseUser(row.after)
			b.ReportAllocs()
			for b.Loop() {
				c, err := row.p.Ceiling(by, &policy.Account{Teams: tree}, nil, midnight)
				if err != nil {
					b.Fatal(err)
				}
				_, grown, _ := c.Gives(before, after)
				touched := false
				if takes, _ := c.Takes(before, after); takes {
					_, touched, _ = c.Outranks(before)
				}
				if refused := touched || grown; refused != row.refused {
					b.Fatalf("outranked: %t, gives: %t", touched, grown)
				}
			}
		})
	}
}
