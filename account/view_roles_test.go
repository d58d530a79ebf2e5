package account_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/role"
)

// RoleHolders agrees with a count over Users, which has an order of its own.
func TestViewOfRoleHolders(t *testing.T) {
	v := busy(t).View(compile(t, club))
	for _, n := range []int{0, 1, 2, 100} {
		for name, keep := range map[string]func(account.Member) bool{"all": nil, "active": account.Member.Active} {
			want := map[role.Name]account.RoleHolders{}
			for m := range v.Users("") {
				if keep != nil && !keep(m) {
					continue
				}
				names := map[role.Name]bool{m.Role: true}
				for _, in := range m.Teams {
					for _, r := range in.Roles {
						names[r] = true
					}
				}
				for r := range names {
					h := want[r]
					if h.Count++; len(h.First) < n {
						h.First = append(h.First, m.ID)
					}
					want[r] = h
				}
			}
			assert.NotEmpty(t, want)
			assert.Equal(t, want, v.RoleHolders(n, keep), "the first %d of %s", n, name)
		}
	}
	assert.Contains(t, v.RoleHolders(1, nil)["captain"].First, usher.UserID("mia"), "a role on a team")
	assert.Empty(t, account.View{}.RoleHolders(1, nil))
}

// BenchmarkRoleHolders measures one pass over all users.
func BenchmarkRoleHolders(b *testing.B) {
	for _, size := range sizes {
		v := company(b, size.users).View(nil)
		b.Run(size.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.RoleHolders(5, nil)
			}
		})
	}
}
