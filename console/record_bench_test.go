package console_test

import (
	"fmt"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
)

// BenchmarkRecord opens the pages about the past of an account with 100,000 users and 20,000 commits.
func BenchmarkRecord(b *testing.B) {
	w := newWorld(b, "calcom", func(o *console.Options) { o.People = nil })
	for i := range 200 {
		var more []account.Command
		for j := range 500 {
			more = append(more, account.AddUser{User: usher.UserID(fmt.Sprintf("user-%06d", i*500+j)), Role: "admin-only"})
		}
		w.must(more...)
	}
	for i := range 20000 {
		w.must(account.SetStatus{User: usher.UserID(fmt.Sprintf("user-%06d", i)), Status: usher.Inactive})
	}
	for _, at := range []string{"/record", "/record?from=2026-01-01&until=2026-01-02", "/record?kind=seats", "/record?user=mia", "/record?format=csv", "/then?version=20000", "/then?version=150", "/then-person?version=20000&id=mia"} {
		b.Run(at, func(b *testing.B) {
			for b.Loop() {
				if rec := w.get(adminMfa, at); rec.Code != 200 {
					b.Fatal(body(rec))
				}
			}
		})
	}
	b.Run("/ownership", func(b *testing.B) {
		for b.Loop() {
			if rec := w.get(olivia, "/ownership?to=adam"); rec.Code != 200 {
				b.Fatal(body(rec))
			}
		}
	})
}
