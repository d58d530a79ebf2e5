package policy_test

import (
	"bytes"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/team"
)

// BenchmarkMissing does all that a command asks about escalation: the reaches of the actor and of
// the user before and after, and what is missing of the user's role and of what is new.
func BenchmarkMissing(b *testing.B) {
	// Two roles with the rules of a third of the others, all of one covered by the other's; but for
	// rules that ask for a feature it takes a look at each to see that.
	const wide = "roles:\n  x: {includes: [r13, r18, r24, r33, r38, r44]}\n  y: {includes: [x], requires: [mfa]}\n"
	large, err := policy.Load("large.yaml", bytes.Replace(largePolicy(50, 500), []byte("roles:\n"), []byte(wide), 1))
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
		missing           bool
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
				missing := false
				actor, _ := row.p.Reach(by, tree, midnight)
				was, _ := row.p.Reach(before, tree, midnight)
				is, _ := row.p.Reach(after, tree, midnight)
				ofRole, err := row.p.RoleReach(before, midnight)
				if err != nil {
					b.Fatal(err)
				}
				_, touched := actor.Missing(ofRole, policy.Reach{})
				_, grown := actor.Missing(is, was)
				missing = touched || grown
				if missing != row.missing {
					b.Fatalf("missing: %t of the role, %t of what is new", touched, grown)
				}
			}
		})
	}
}
