package account

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/role"
)

// BenchmarkRolesOnResources compares commits and look-ups in an account with few roles on resources
// with those in one where a user has them on 10,000 resources, and 10,000 users have one on a resource.
func BenchmarkRolesOnResources(b *testing.B) {
	few, err := New("acme").Apply(&Commit{Account: "acme", Version: 1, Time: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Actor: AsHost("test"), Changes: []Change{
		AccountCreated{Owner: "olga", Unique: "owner"},
		RoleOnGiven{User: "olga", Role: "editor", Type: "calendar", ID: "calendar-5000"},
		RoleOnGiven{User: "olga", Role: "editor", Type: "calendar", ID: "shared"},
	}})
	require.NoError(b, err)
	many := manyRolesOn(b)
	for _, row := range []struct {
		name string
		s    *State
		on   usher.Ref
	}{
		{"few", few, usher.Ref{Type: "calendar", ID: "new"}},
		{"many resources", many, usher.Ref{Type: "calendar", ID: "new"}},
		{"many users", many, usher.Ref{Type: "calendar", ID: "shared"}},
	} {
		b.Run("commit/"+row.name, func(b *testing.B) {
			b.ReportAllocs()
			change := Change(RoleOnGiven{User: "olga", Role: "viewer", Type: row.on.Type, ID: row.on.ID})
			for range b.N {
				d := row.s.draft()
				if err := change.apply(d); err != nil {
					b.Fatal(err)
				}
				d.finish()
			}
		})
		b.Run("find/"+row.name, func(b *testing.B) {
			b.ReportAllocs()
			on := usher.Ref{Type: "calendar", ID: "calendar-5000"}
			for range b.N {
				if roles, _ := row.s.UserRolesOn("olga", on); len(roles) == 0 {
					b.Fatal("no role")
				}
			}
		})
	}
	b.Run("memory", func(b *testing.B) {
		for range b.N {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			e := resourceRoles(nil).edit()
			const n = 20_000
			for i := range n {
				h := Holder{User: usher.UserID(fmt.Sprintf("user-%06d", i/10))}
				e.set(h, usher.Ref{Type: "calendar", ID: fmt.Sprintf("%08x-%04x-4000-8000-%012x", i, i&0xffff, i)}, []role.Name{"editor"})
			}
			s := e.finish()
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/role")
			runtime.KeepAlive(s)
		}
	})
}
