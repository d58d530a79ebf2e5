package policy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
)

// A Document that was not parsed from a file does not compile if its names or its rules have a
// fault that the parser rejects.
func TestCompileByHand(t *testing.T) {
	name := func(s string) syntax.Name { return syntax.Name{Text: s} }
	rules := func(r ...syntax.Rule) []syntax.Rule { return r }
	for _, row := range []struct {
		change func(*syntax.Document)
		want   string
	}{
		{func(*syntax.Document) {}, ""},
		{func(d *syntax.Document) {
			d.Never = []syntax.Never{{Permission: name("user.delete"), Rules: rules(syntax.Rule{})}}
		}, "by-hand:0:0: a rule for user.delete has no scope"},
		{func(d *syntax.Document) {
			d.Never = []syntax.Never{{Permission: name("user.delete"), Rules: rules(syntax.Rule{Scope: 7})}}
		}, "by-hand:0:0: a rule for user.delete has no scope"},
		{func(d *syntax.Document) { d.Bundles = []syntax.Bundle{{Name: name("desk")}} }, "by-hand:0:0: bundle desk is empty; list permissions"},
		{func(d *syntax.Document) { d.Conditions = []syntax.Condition{{Name: name("mfa")}} }, "by-hand:0:0: condition mfa has no fact"},
		{func(d *syntax.Document) { d.Roles = append(d.Roles, d.Roles[1]) }, "by-hand:0:0: role member is declared twice"},
		{func(d *syntax.Document) {
			d.Resources = []syntax.Resource{{Name: name("Page"), Permissions: []syntax.Permission{{Action: name("view")}}}}
		}, "by-hand:0:0: not a permission"},
		{func(d *syntax.Document) { d.Roles = append(d.Roles, syntax.Role{Name: name("everyone")}) }, `by-hand:0:0: "everyone" is a reserved word and cannot name a role`},
		{func(d *syntax.Document) { d.Roles = append(d.Roles, syntax.Role{Name: name("a: {}\n  b")}) }, `by-hand:0:0: "a: {}\n  b" cannot name a role`},
		{func(d *syntax.Document) {
			d.Settings = []syntax.Setting{{Name: name("open"), Default: true}, {Name: name("open")}}
		}, "by-hand:0:0: setting open is declared twice"},
		{func(d *syntax.Document) {
			d.Resources = []syntax.Resource{{Name: name("page"), Parties: []syntax.Party{{Name: name("a b")}}}}
		}, `by-hand:0:0: "a b" cannot name a party`},
		{func(d *syntax.Document) {
			d.Resources = []syntax.Resource{{Name: name("page"), Fields: []syntax.FieldGroup{{Name: name("g"), Fields: []syntax.Name{name("a, b")}}}}}
		}, `by-hand:0:0: "a, b" cannot name a field`},
		{func(d *syntax.Document) { d.Name = "a\nb" }, `by-hand:0:0: "a\nb" cannot name a policy`},
		{func(d *syntax.Document) {
			d.Conditions = []syntax.Condition{{Name: name("mfa"), Kind: syntax.OnContext, Of: name("a b")}}
		}, `by-hand:0:0: "a b" cannot name a fact`},
		{func(d *syntax.Document) { d.Never = []syntax.Never{{Permission: name("user.delete")}} }, "by-hand:0:0: never user.delete has no rule, and would forbid nothing"},
		{func(d *syntax.Document) {
			d.Resources = []syntax.Resource{{Name: name("page"), Fields: []syntax.FieldGroup{{Name: name("g"), Fields: []syntax.Name{name("f")}}}, Permissions: []syntax.Permission{{Action: name("view")}}}}
			d.Never = []syntax.Never{{Permission: name("page.view"), Rules: rules(syntax.Rule{Scope: syntax.ScopeAny, Hiding: []syntax.Name{name("g")}})}}
		}, "by-hand:0:0: a rule under never cannot hide fields; remove hiding"},
	} {
		d := &syntax.Document{File: "by-hand", Roles: []syntax.Role{
			{Name: name("owner"), Unique: true, HandsOverTo: name("member")},
			{Name: name("member"), Default: true},
		}}
		row.change(d)
		_, err := policy.Compile(d)
		if row.want == "" {
			require.NoError(t, err)
			continue
		}
		assert.ErrorContains(t, err, row.want)
	}
}

// A document with problems does not compile. Compile adds its problems to the error, and not to
// the document.
func TestCompileWithProblems(t *testing.T) {
	d, err := policyfile.Parse("p.yaml", []byte(roles))
	require.NoError(t, err)
	d.Problems = &syntax.Problems{File: "p.yaml"}
	_, err = policy.Compile(d)
	require.NoError(t, err, "there are none yet")
	d.Problems.Add(syntax.Pos{Line: 7, Col: 1}, "something was not read")
	d.Never = []syntax.Never{{Permission: syntax.Name{Text: "gone.gone", Pos: syntax.Pos{Line: 5, Col: 3}}}}
	p, err := policy.Compile(d)
	assert.EqualError(t, err, "p.yaml:5:3: unknown permission or bundle \"gone.gone\"\np.yaml:7:1: something was not read")
	assert.Nil(t, p)
	assert.Equal(t, 1, d.Problems.Len())
	_, err = policy.Compile(nil)
	assert.Error(t, err)
}
