package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/policy/policyfile"
	"github.com/usher-go/usher/policy/syntax"
	"github.com/usher-go/usher/role"
)

// Together, the files of testdata/accepted use every part of the format.
func TestAccepted(t *testing.T) {
	for _, file := range examples(t, "accepted") {
		t.Run(file.name, func(t *testing.T) {
			p, err := policyfile.Load(file.name, file.src)
			require.NoError(t, err)
			assert.Empty(t, p.Warnings())
			printsBack(t, file.src)
		})
	}
}

// The digest does not depend on the order of keys and unordered lists, on titles or on comments.
func TestDigest(t *testing.T) {
	const written = `
usher: 1
settings: {open: {title: Open doors, default: true}}
conditions: {a: {context: x}, b: {context: y, title: a strong login}}
roles:
  owner: {title: Owner, unique: true, includes: [admin, clerk], hands-over-to: admin}
  admin: {}
  clerk: {default: true, requires: [a, b]}
resources:
  page: {parties: {host: users, guest: users}, permissions: {view: {clerk: [own as host or guest if a and not b, any if b]}, edit: {title: change a page}}}
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
conditions: {b: {context: y}, a: {title: an office, context: x}}
settings: {open: true}
usher: "1"
`
	a, err := policyfile.Load("a.yaml", []byte(written))
	require.NoError(t, err)
	b, err := policyfile.Load("b.yaml", []byte(otherwise))
	require.NoError(t, err)
	assert.Equal(t, a.Digest(), b.Digest())
}

// A role's seats can be written in two ways. They are the same policy if they mean the same.
func TestDigestOfSeats(t *testing.T) {
	digest := func(member string) string {
		p, err := policyfile.Load("p.yaml", []byte("usher: 1\nseats: {a: {}, b: {}}\nroles: {owner: {unique: true, hands-over-to: member}, member: {default: true"+member+"}}"))
		require.NoError(t, err)
		return p.Digest()
	}
	seen := map[string]string{}
	for _, same := range [][]string{
		{"", ", seat: optional", ", seats: {b: optional, a: optional}"},
		{", seat: none", ", seats: {}", ", seats: {a: none}", ", seats: {a: none, b: none}"},
		{", seat: required", ", seats: {a: required, b: required}"},
		{", seats: {a: required}", ", seats: {a: required, b: none}"},
		{", seats: {b: optional, a: required}", ", seats: {a: required, b: optional}"},
		{", seats: {b: optional}"},
	} {
		for _, member := range same {
			assert.Equal(t, digest(same[0]), digest(member), "%q and %q", same[0], member)
		}
		other, twice := seen[digest(same[0])]
		assert.False(t, twice, "%q and %q", same[0], other)
		seen[digest(same[0])] = same[0]
	}
}

// The seat rule of a role for each pool.
func TestSeatsOfRoles(t *testing.T) {
	const src = `
usher: 1
seats: {a: {}, b: {}}
roles:
  owner:  {unique: true, hands-over-to: member}
  member: {default: true, seat: required}
  named:  {seats: {a: required}}
  both:   {seats: {a: optional, b: required}}
  closed: {seats: {}}
  short:  {seat: none}
  heir:   {includes: [member]}
`
	p, err := policyfile.Load("p.yaml", []byte(src))
	require.NoError(t, err)
	for name, want := range map[role.Name][2]role.Seat{
		"owner":  {role.SeatOptional, role.SeatOptional},
		"member": {role.SeatRequired, role.SeatRequired},
		"named":  {role.SeatRequired, role.SeatNone},
		"both":   {role.SeatOptional, role.SeatRequired},
		"closed": {role.SeatNone, role.SeatNone},
		"short":  {role.SeatNone, role.SeatNone},
		"heir":   {role.SeatOptional, role.SeatOptional},
	} {
		r, ok := p.Role(name)
		require.True(t, ok)
		assert.Equal(t, want, [2]role.Seat{r.SeatIn("a"), r.SeatIn("b")}, "%s", name)
	}
}

// A holder of a role that includes another one, directly or indirectly, counts for its at-least.
func TestBounds(t *testing.T) {
	const src = `
usher: 1
roles:
  owner:   {unique: true, includes: [admin], hands-over-to: admin, at-most: 1}
  admin:   {includes: [planner, auditor], at-least: 2}
  planner: {includes: [reader]}
  auditor: {includes: [reader], at-least: 1, at-most: 3}
  reader:  {at-least: 1}
  member:  {default: true}
`
	p, err := policyfile.Load("p.yaml", []byte(src))
	require.NoError(t, err)
	assert.Equal(t, []policy.Bound{
		{Role: "owner", AtMost: 1, Holders: []role.Name{"owner"}},
		{Role: "admin", AtLeast: 2, Holders: []role.Name{"owner", "admin"}},
		{Role: "auditor", AtLeast: 1, AtMost: 3, Holders: []role.Name{"owner", "admin", "auditor"}},
		{Role: "reader", AtLeast: 1, Holders: []role.Name{"owner", "admin", "planner", "auditor", "reader"}},
	}, p.Bounds())
	assert.Empty(t, new(policy.Policy).Bounds())
}

// printsBack checks that the printed form of a file loads, and is an equal document.
func printsBack(t *testing.T, src []byte) {
	t.Helper()
	doc, err := policyfile.Parse("written.yaml", src)
	require.NoError(t, err)
	before, err := policy.Compile(doc)
	require.NoError(t, err)

	printed := doc.Print()
	again, err := policyfile.Parse("printed.yaml", printed)
	require.NoError(t, err, "Parse of what Print wrote:\n%s", printed)
	diff := cmp.Diff(doc, again, cmpopts.IgnoreTypes(syntax.Pos{}), cmpopts.IgnoreFields(syntax.Document{}, "File"))
	require.Empty(t, diff, "Parse of what Print wrote (-written +printed):\n%s", printed)
	after, err := policy.Compile(again)
	require.NoError(t, err, "Compile of what Print wrote:\n%s", printed)
	require.Equal(t, before.Digest(), after.Digest(), "Digest of what Print wrote:\n%s", printed)
}
