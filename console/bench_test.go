package console_test

import (
	"fmt"
	"testing"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/console"
)

// manyUsers returns a Console over an account with 100,000 users.
func manyUsers(b *testing.B) *world {
	w := newWorld(b, "oncehub", func(o *console.Options) { o.People = nil })
	for i := range 200 {
		var more []account.Command
		for j := range 500 {
			team := usher.TeamID("support")
			if j%100 == 0 {
				team = "sales"
			}
			more = append(more, account.AddUser{User: usher.UserID(fmt.Sprintf("user-%06d", i*500+j)), Teams: []usher.TeamID{team}})
		}
		w.must(more...)
	}
	return w
}

// BenchmarkPeople opens the page of people of an account with 100,000 users.
func BenchmarkPeople(b *testing.B) {
	w := manyUsers(b)
	for name, at := range map[string]string{
		"first": "", "middle": "after=user-050000", "filter": "status=inactive", "sort": "sort=-role", "search": "q=099999", "json": "format=json",
	} {
		for _, by := range []viewer{{"admin", "adam", false}, {"manager", "tom", false}, {"member", "mia", false}} {
			b.Run(by.name+"/"+name, func(b *testing.B) {
				for b.Loop() {
					if rec := w.get(by, "/people?"+at); rec.Code != 200 {
						b.Fatal(body(rec))
					}
				}
			})
		}
	}
	b.Run("person", func(b *testing.B) {
		for b.Loop() {
			if rec := w.get(adam, "/person?id=mia&ask=calendar.edit"); rec.Code != 200 {
				b.Fatal(body(rec))
			}
		}
	})
}

// BenchmarkRolesAndSeats opens the pages that count or list the users of an account with 100,000
// users.
func BenchmarkRolesAndSeats(b *testing.B) {
	w := manyUsers(b)
	for _, at := range []string{"/roles", "/seats", "/seats?list=without"} {
		for _, by := range []viewer{{"admin", "adam", false}, {"manager", "tom", false}} {
			b.Run(by.name+at, func(b *testing.B) {
				for b.Loop() {
					if rec := w.get(by, at); rec.Code != 200 {
						b.Fatal(body(rec))
					}
				}
			})
		}
	}
}
