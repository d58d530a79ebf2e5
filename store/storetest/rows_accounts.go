package storetest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// numbered returns an id; ids sort by their numbers.
func numbered(i int) usher.AccountID { return usher.AccountID(fmt.Sprintf("account-%04d", i)) }

var accountRows = []row{
	{
		Name: "AccountsSorted",
		Sentence: "Accounts yields the ids of the accounts that have commits and whose id is greater than after, " +
			`sorted by their bytes; "" is less than all ids.`,
		check: func(p *probe) {
			const n = 640
			var want []usher.AccountID
			for i := range n {
				want = append(want, numbered(i))
			}
			p.wantSame(p.accounts(""), "[]", "Accounts of an empty store")
			p.together(16, func(g int) {
				for i := g; i < n; i += 16 {
					p.append(numbered(n-1-i), 1, "one")
				}
			})
			p.append(want[n-1], 2, "two")
			p.wantSame(p.accounts(""), want, "Accounts")
			for _, i := range []int{0, 1, 254, 255, 256, n - 2, n - 1} {
				p.wantSame(p.accounts(want[i]), want[i+1:], "Accounts(after %q)", want[i])
				p.wantSame(p.accounts(want[i]+"!"), want[i+1:], "Accounts(after %q)", want[i]+"!")
			}
			p.wantSame(p.accounts("b"), "[]", "Accounts(after the last)")
			p.wantSame(p.accounts("A"), want, "Accounts(after an id before the first)")
			var paged []usher.AccountID
			for len(paged) < n {
				page := 0
				for id, err := range p.store.Accounts(p.ctx, last(paged)) {
					p.wantNil(err, "Accounts(after %q)", last(paged))
					if paged = append(paged, id); page == 99 {
						break
					}
					page++
				}
				if page == 0 {
					break
				}
			}
			p.wantSame(paged, want, "Accounts, a hundred at a time")
		},
	},
	{
		Name:     "AccountsErased",
		Sentence: "It does not yield erased accounts.",
		check: func(p *probe) {
			for i := range 6 {
				p.append(numbered(i), 1, "one")
			}
			p.erase(numbered(0))
			p.erase(numbered(3))
			p.erase(numbered(5))
			p.erase("never used")
			p.wantSame(p.accounts(""), []usher.AccountID{numbered(1), numbered(2), numbered(4)}, "Accounts")
		},
	},
	{
		Name:     "AccountsDuring",
		Sentence: "It may or may not yield accounts that get their first commit or are erased during the loop.",
		check: func(p *probe) {
			const n = 300
			var stay, got []usher.AccountID
			for i := 0; i < n; i += 2 {
				p.append(numbered(i), 1, "one")
			}
			for id, err := range p.store.Accounts(p.ctx, "") {
				p.wantNil(err, "Accounts")
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
					p.Errorf("Accounts omits %q, which existed during the whole loop", id)
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
