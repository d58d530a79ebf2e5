package account_test

import (
	"slices"
	"testing"

	"github.com/usher-go/usher"
)

// BenchmarkUsers measures a page of fifty at the start and in the middle, an iteration over
// all users, and as a reference sorting all ids.
func BenchmarkUsers(b *testing.B) {
	for _, size := range sizes {
		s := company(b, size.users)
		v := s.View(nil)
		take := func(after usher.UserID, n int) func(*testing.B) {
			return func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					page(v.Users(after), n)
				}
			}
		}
		b.Run(size.name+"/first-page", take("", 50))
		b.Run(size.name+"/middle-page", take(userID(size.users/2), 50))
		b.Run(size.name+"/all", take("", size.users+1))
		b.Run(size.name+"/sort", func(b *testing.B) {
			b.ReportAllocs()
			ids := page(v.Users(""), size.users+1)
			shuffled := make([]usher.UserID, len(ids))
			for b.Loop() {
				for i := range ids {
					shuffled[i] = ids[i*7919%len(ids)]
				}
				slices.Sort(shuffled)
			}
		})
	}
}
