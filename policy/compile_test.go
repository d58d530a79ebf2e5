package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
)

// A Document that no file was read into is held to the same: what the parser would
// refuse does not compile.
func TestCompileByHand(t *testing.T) {
	name := func(s string) policy.Name { return policy.Name{Text: s} }
	rules := func(r ...policy.Rule) []policy.Rule { return r }
	for _, row := range []struct {
		change func(*policy.Document)
		want   string
	}{
		{func(*policy.Document) {}, ""},
		{func(d *policy.Document) {
			d.Never = []policy.Never{{Permission: name("user.delete"), Rules: rules(policy.Rule{})}}
		}, "by-hand:0:0: a rule for user.delete has no scope"},
		{func(d *policy.Document) {
			d.Never = []policy.Never{{Permission: name("user.delete"), Rules: rules(policy.Rule{Scope: 6})}}
		}, "by-hand:0:0: a rule for user.delete has no scope"},
		{func(d *policy.Document) { d.Bundles = []policy.Bundle{{Name: name("desk")}} }, "by-hand:0:0: bundle desk is empty, and asking for nothing would allow nothing; list permissions"},
		{func(d *policy.Document) { d.Conditions = []policy.Condition{{Name: name("mfa")}} }, "by-hand:0:0: condition mfa has no fact"},
		{func(d *policy.Document) { d.Roles = append(d.Roles, d.Roles[1]) }, "by-hand:0:0: role member is declared twice"},
		{func(d *policy.Document) {
			d.Resources = []policy.Resource{{Name: name("Page"), Permissions: []policy.Permission{{Action: name("view")}}}}
		}, "by-hand:0:0: not a permission"},
	} {
		d := &policy.Document{File: "by-hand", Roles: []policy.Role{
			{Name: name("owner"), Unique: true, HandsOverTo: name("member")},
			{Name: name("member"), Default: true},
		}}
		row.change(d)
		_, err := d.Compile()
		if row.want == "" {
			require.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, row.want)
	}
}
