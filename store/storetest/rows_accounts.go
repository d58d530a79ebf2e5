package storetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// numbered makes ids that sort as their numbers do.
func numbered(i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("account-%04d", i)) }

var accountRows = []row{
	{
		Name: "AccountsSorted",
		Sentence: "Accounts yields the ids of the accounts that have commits and come after the one given, sorted by their bytes; " +
			`"" comes before all.`,
		check: func(p *probe) {
			const n = 640
			var want []usher.AccountID
			for i := range n {
				want = append(want, numbered(i))
			}
			p.same(p.accounts(""), "[]", "Accounts of nothing")
			p.together(16, func(g int) {
				for i := g; i < n; i += 16 {
					p.append(numbered(n-1-i), 1, "one")
				}
			})
			p.append(want[n-1], 2, "two")
			p.same(p.accounts(""), want, "Accounts")
			for _, i := range []int{0, 1, 254, 255, 256, n - 2, n - 1} {
				p.same(p.accounts(want[i]), want[i+1:], "Accounts(after %q)", want[i])
				p.same(p.accounts(want[i]+"!"), want[i+1:], "Accounts(after %q)", want[i]+"!")
			}
			p.same(p.accounts("b"), "[]", "Accounts(after the last)")
			p.same(p.accounts("A"), want, "Accounts(after one before the first)")
			var paged []usher.AccountID
			for len(paged) < n {
				page := 0
				for id, err := range p.store.Accounts(p.ctx, last(paged)) {
					p.ok(err, "Accounts(after %q)", last(paged))
					if paged = append(paged, id); page == 99 {
						break
					}
					page++
				}
				if page == 0 {
					break
				}
			}
			p.same(paged, want, "Accounts, a hundred at a time")
		},
	},
	{
		Name:     "AccountsErased",
		Sentence: "Erased accounts are not among them.",
		check: func(p *probe) {
			for i := range 6 {
				p.append(numbered(i), 1, "one")
			}
			p.erase(numbered(0))
			p.erase(numbered(3))
			p.erase(numbered(5))
			p.erase("never used")
			p.same(p.accounts(""), []usher.AccountID{numbered(1), numbered(2), numbered(4)}, "Accounts")
		},
	},
	{
		Name:     "AccountsDuring",
		Sentence: "Accounts that begin or are erased during the loop may be among them or not.",
		check: func(p *probe) {
			const n = 300
			var stay, got []usher.AccountID
			for i := 0; i < n; i += 2 {
				p.append(numbered(i), 1, "one")
			}
			for id, err := range p.store.Accounts(p.ctx, "") {
				p.ok(err, "Accounts")
				if len(got) > 0 && id <= got[len(got)-1] {
					p.Fatalf("Accounts yields %q after %q", id, got[len(got)-1])
				}
				if got = append(got, id); len(got)%10 == 5 {
					p.append(id+"x", 1, "one")
					p.erase(id)
				}
			}
			for i := 0; i < n; i += 2 {
				if _, err := failure(p.store.Commits(p.ctx, numbered(i), 0)); !errors.Is(err, store.ErrErased) {
					stay = append(stay, numbered(i))
				}
			}
			for _, id := range stay {
				if !slices.Contains(got, id) {
					p.Errorf("Accounts leaves out %q, which was there throughout", id)
				}
			}
		},
	},
}

func last(ids []usher.AccountID) usher.AccountID {
	if len(ids) == 0 {
		return ""
	}
	return ids[len(ids)-1]
}
