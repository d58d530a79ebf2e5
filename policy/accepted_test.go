package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
)

// The files of testdata/accepted have between them every part of the format.
func TestAccepted(t *testing.T) {
	for _, file := range examples(t, "accepted") {
		t.Run(file.name, func(t *testing.T) {
			p, err := policy.Load(file.name, file.src)
			require.NoError(t, err)
			assert.Empty(t, p.Warnings())
			printsBack(t, file.src)
		})
	}
}

// The order of keys and of what has no order, titles and comments leave the digest alone.
func TestDigest(t *testing.T) {
	const written = `
usher: 1
conditions: {a: {context: x}, b: {context: y}}
roles:
  owner: {title: Owner, unique: true, includes: [admin, clerk], hands-over-to: admin}
  admin: {}
  clerk: {default: true, requires: [a, b]}
resources:
  page: {parties: {host: users, guest: users}, permissions: {view: {clerk: [own as host or guest if a and not b, any if b]}, edit: {}}}
never: {user.delete: own}
`
	const otherwise = `
never: {user.delete: [own]}
resources:
  page:
    permissions: {edit: {}, view: {clerk: [any if b, own as guest or host if not b and a]}}
    parties: {guest: users, host: users}
roles:
  clerk: {requires: [b, a], default: true} # the order of this list is nobody's business
  owner: {hands-over-to: admin, includes: [clerk, admin], unique: true, all: false}
  admin: {title: Administrator}
conditions: {b: {context: y}, a: {context: x}}
usher: "1"
`
	a, err := policy.Load("a.yaml", []byte(written))
	require.NoError(t, err)
	b, err := policy.Load("b.yaml", []byte(otherwise))
	require.NoError(t, err)
	assert.Equal(t, a.Digest(), b.Digest())
}

// printsBack checks of a file that loads: what Print writes of it loads too, and says the same.
func printsBack(t *testing.T, src []byte) {
	t.Helper()
	doc, err := policy.Parse("written.yaml", src)
	require.NoError(t, err)
	before, err := doc.Compile()
	require.NoError(t, err)

	printed := doc.Print()
	again, err := policy.Parse("printed.yaml", printed)
	require.NoError(t, err, "Parse of what Print wrote:\n%s", printed)
	diff := cmp.Diff(doc, again, cmpopts.IgnoreTypes(policy.Pos{}), cmpopts.IgnoreFields(policy.Document{}, "File"))
	require.Empty(t, diff, "Parse of what Print wrote (-written +printed):\n%s", printed)
	after, err := again.Compile()
	require.NoError(t, err, "Compile of what Print wrote:\n%s", printed)
	require.Equal(t, before.Digest(), after.Digest(), "Digest of what Print wrote:\n%s", printed)
}
