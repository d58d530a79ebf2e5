package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const (
	indexedSentence    = "AccountsOf yields the ids of the accounts that have the user in the index and whose id is greater than after, sorted by their bytes. It does not yield erased accounts."
	unindexedSentence  = "It loses the account by an entry that states nothing about users: Users.Known is false, or an earlier version of the store wrote it. IndexUsers gives it the account again."
	indexUsersSentence = "IndexUsers replaces the users that the index has of an account by those after the commit of a version. If the index has the account at that version or a later one, nothing changes. If the account has later commits, the index still does not have it. For a version after the last commit, IndexUsers returns ErrGap, and for version 0 or an invalid user id ErrInvalid."
)

var indexRows = []row{
	{
		Name:     "IndexAddsAndRemoves",
		Sentence: indexedSentence,
		needs:    needsUserIndex,
		check: func(p *probe) {
			p.wantIndex("mia")
			p.index("acme", 1, store.Users{Known: true, Added: []usher.UserID{"mia", "max"}})
			p.index("other", 1, store.Users{Known: true, Added: []usher.UserID{"mia"}})
			p.index("acm", 1, store.Users{Known: true, Added: []usher.UserID{"m", "mia", "mi\x00a", "\xff"}})
			p.wantIndex("mia", "acm", "acme", "other")
			p.wantIndex("max", "acme")
			p.wantIndex("mi")
			p.wantIndex("m", "acm")
			p.wantIndex("mi\x00a", "acm")
			p.wantIndex("\xff", "acm")
			p.index("acme", 2, store.Users{Known: true})
			p.wantIndex("max", "acme")
			p.index("acme", 3, store.Users{Known: true, Added: []usher.UserID{"zoe", "max"}, Removed: []usher.UserID{"mia", "nobody"}})
			p.wantIndex("mia", "acm", "other")
			p.wantIndex("max", "acme")
			p.wantIndex("zoe", "acme")
			p.index("acme", 4, store.Users{Known: true, Added: []usher.UserID{"mia"}, Removed: []usher.UserID{"zoe"}})
			p.wantIndex("mia", "acm", "acme", "other")
			p.index("acme", 5, store.Users{Known: true, Cleared: true})
			p.wantIndex("max")
			p.wantIndex("mia", "acm", "other")
			p.wantUnindexed()
		},
	},
	{
		Name:     "IndexSorted",
		Sentence: indexedSentence,
		needs:    needsUserIndex,
		check: func(p *probe) {
			var ids []usher.AccountID
			for i := range many {
				id := numbered(many - 1 - i)
				ids = append(ids, id)
				p.index(id, 1, store.Users{Known: true, Added: []usher.UserID{"mia", usher.UserID(fmt.Sprint("user ", i))}})
			}
			slices.Sort(ids)
			p.wantIndex("mia", ids...)
			for _, i := range []int{0, 1, many / 2, many - 2, many - 1} {
				p.wantSame(collect(p, p.indexed.AccountsOf(p.ctx, "mia", ids[i]), "AccountsOf"), append([]usher.AccountID{}, ids[i+1:]...), "AccountsOf after %q", ids[i])
			}
			p.wantSame(len(collect(p, p.indexed.AccountsOf(p.ctx, "mia", "~"), "AccountsOf")), 0, "number of accounts after the last")
			for id, err := range p.indexed.AccountsOf(p.ctx, "mia", "") {
				p.wantNil(err, "AccountsOf")
				p.wantSame(id, ids[0], "the first of a loop that breaks")
				break
			}
		},
	},
	{
		Name:     "IndexBadUser",
		Sentence: "For a user id that is empty or longer than MaxID, it yields ErrInvalid.",
		needs:    needsUserIndex,
		check: func(p *probe) {
			p.index("acme", 1, store.Users{Known: true, Added: []usher.UserID{"mia"}})
			long := usher.UserID(strings.Repeat("x", store.MaxID+1))
			for _, user := range []usher.UserID{"", long} {
				_, err := failure(p.indexed.AccountsOf(p.ctx, user, ""))
				p.wantError(err, store.ErrInvalid, "AccountsOf(%q)", shortened(user))
				p.wantError(p.indexed.IndexUsers(p.ctx, "acme", 1, []usher.UserID{"mia", user}), store.ErrInvalid, "IndexUsers with %q", shortened(user))
				for _, users := range []store.Users{{Known: true, Added: []usher.UserID{user}}, {Known: true, Removed: []usher.UserID{user}}} {
					e := entry(2, "two")
					e.Users = users
					p.wantError(p.store.Append(p.ctx, "acme", e), store.ErrInvalid, "Append with %q", shortened(user))
				}
			}
			user := usher.UserID(strings.Repeat("x", store.MaxID))
			p.index("acme", 2, store.Users{Known: true, Added: []usher.UserID{user}})
			p.wantIndex(user, "acme")
		},
	},
	{
		Name:     "IndexLost",
		Sentence: unindexedSentence,
		needs:    needsUserIndex,
		check: func(p *probe) {
			p.wantUnindexed()
			p.append("acme", 1, "one")
			p.index("other", 1, store.Users{Known: true, Added: []usher.UserID{"mia"}})
			p.wantUnindexed("acme")
			p.append("other", 2, "two")
			p.wantUnindexed("acme", "other")
			p.index("other", 3, store.Users{Known: true, Added: []usher.UserID{"max"}})
			p.wantUnindexed("acme", "other")
			p.wantSame(collect(p, p.indexed.Unindexed(p.ctx, "acme"), "Unindexed"), []usher.AccountID{"other"}, "Unindexed after acme")
			p.reindex("other", 3, "max", "zoe")
			p.wantUnindexed("acme")
			p.wantIndex("mia")
			p.wantIndex("zoe", "other")
			p.reindex("acme", 1)
			p.wantUnindexed()
			p.index("acme", 2, store.Users{Known: true, Added: []usher.UserID{"zoe"}})
			p.wantUnindexed()
			p.wantIndex("zoe", "acme", "other")
		},
	},
	{
		Name:     "IndexReplaced",
		Sentence: indexUsersSentence,
		needs:    needsUserIndex,
		check: func(p *probe) {
			p.fill("acme", 3)
			p.wantError(p.indexed.IndexUsers(p.ctx, "acme", 4, nil), store.ErrGap, "IndexUsers of a version after the last")
			p.wantError(p.indexed.IndexUsers(p.ctx, "none", 1, nil), store.ErrGap, "IndexUsers of an account without commits")
			p.wantError(p.indexed.IndexUsers(p.ctx, "acme", 0, nil), store.ErrInvalid, "IndexUsers of version 0")
			p.reindex("acme", 2, "old", "mia")
			p.wantUnindexed("acme")
			var users []usher.UserID
			for i := range many {
				users = append(users, usher.UserID(fmt.Sprint("user ", i)))
			}
			p.reindex("acme", 3, append(users, "mia")...)
			p.wantUnindexed()
			p.wantIndex("old")
			p.wantIndex("mia", "acme")
			p.wantIndex(users[many-1], "acme")
			p.reindex("acme", 2, "old")
			p.reindex("acme", 3, "old")
			p.wantIndex("old")
			p.index("acme", 4, store.Users{Known: true, Removed: users, Added: []usher.UserID{"max"}})
			p.wantIndex(users[0])
			p.wantIndex("mia", "acme")
			p.wantIndex("max", "acme")
			p.wantUnindexed()
		},
	},
	{
		Name:     "UnindexedSorted",
		Sentence: "Unindexed yields the ids of the accounts that the index does not have and whose id is greater than after, sorted by their bytes.",
		needs:    needsUserIndex,
		check: func(p *probe) {
			var ids []usher.AccountID
			for i := range many {
				id := numbered(many - 1 - i)
				p.append(id, 1, "one")
				ids = append(ids, id)
			}
			slices.Sort(ids)
			p.wantUnindexed(ids...)
			for _, i := range []int{0, many / 2, many - 1} {
				p.wantSame(collect(p, p.indexed.Unindexed(p.ctx, ids[i]), "Unindexed"), append([]usher.AccountID{}, ids[i+1:]...), "Unindexed after %q", ids[i])
			}
			for _, id := range ids {
				p.reindex(id, 1)
			}
			p.wantUnindexed()
		},
	},
	{
		Name:     "IndexRejected",
		Sentence: "The index changes together with the journal: after a read of the index that shows the change, every read shows the entry, and after an error of Append that says that nothing was stored, the index is unchanged.",
		needs:    needsUserIndex,
		check: func(p *probe) {
			p.index("acme", 1, store.Users{Known: true, Added: []usher.UserID{"mia"}})
			for version, want := range map[uint64]error{1: store.ErrConflict, 3: store.ErrGap, 0: store.ErrInvalid} {
				e := entry(version, "other")
				e.Users = store.Users{Known: true, Added: []usher.UserID{"max"}, Removed: []usher.UserID{"mia"}, Cleared: true}
				p.wantError(p.store.Append(p.ctx, "acme", e), want, "Append of version %d", version)
			}
			p.wantIndex("mia", "acme")
			p.wantIndex("max")
			p.wantUnindexed()
		},
	},
	{
		Name:     "IndexErased",
		Sentence: "For an erased account, it removes the users and returns ErrErased.",
		needs:    needsUserIndex,
		check: func(p *probe) {
			p.index("acme", 1, store.Users{Known: true, Added: []usher.UserID{"mia"}})
			p.index("other", 1, store.Users{Known: true, Added: []usher.UserID{"mia"}})
			p.append("third", 1, "one")
			p.erase("acme")
			p.erase("third")
			p.wantIndex("mia", "other")
			p.wantUnindexed()
			p.wantError(p.indexed.IndexUsers(p.ctx, "acme", 1, []usher.UserID{"mia"}), store.ErrErased, "IndexUsers of an erased account")
			p.wantIndex("mia", "other")
			p.wantUnindexed()
		},
	},
	{
		Name:     "IndexConcurrent",
		Sentence: "The index has an account if it has the users of the account after its last commit.",
		needs:    needsUserIndex,
		check: func(p *probe) {
			const last = 60
			other := p.second()
			users := func(version uint64) []usher.UserID { // after a version: u1, and each second one later
				list := []usher.UserID{"u1"}
				for v := uint64(2); v <= version; v += 2 {
					list = append(list, usher.UserID(fmt.Sprint("u", v)))
				}
				return list
			}
			p.append("acme", 1, "1")
			p.together(2, func(i int) {
				if i == 0 {
					for version := uint64(2); version <= last; version++ {
						u := store.Users{Known: true}
						if version%2 == 0 {
							u.Added = []usher.UserID{usher.UserID(fmt.Sprint("u", version))}
						}
						p.index("acme", version, u)
					}
					return
				}
				for {
					version := uint64(len(other.commits("acme", 0)))
					other.wantNil(other.indexed.IndexUsers(other.ctx, "acme", version, users(version)), "IndexUsers")
					if version == last || other.Failed() {
						return
					}
				}
			})
			p.wantUnindexed()
			for version := uint64(1); version <= last; version++ {
				want := []usher.AccountID{}
				if version == 1 || version%2 == 0 {
					want = append(want, "acme")
				}
				p.wantIndex(usher.UserID(fmt.Sprint("u", version)), want...)
			}
		},
	},
}

// index appends an entry that states which users it adds and removes.
func (p *probe) index(account usher.AccountID, version uint64, users store.Users) {
	p.Helper()
	e := entry(version, dataOf(account, version))
	e.Users = users
	p.wantNil(p.store.Append(p.ctx, account, e), "Append(%q, version %d)", account, version)
}

func (p *probe) reindex(account usher.AccountID, version uint64, users ...usher.UserID) {
	p.Helper()
	p.wantNil(p.indexed.IndexUsers(p.ctx, account, version, users), "IndexUsers(%q, version %d)", account, version)
}

// wantIndex reports a failure unless the index has a user in exactly these accounts.
func (p *probe) wantIndex(user usher.UserID, want ...usher.AccountID) {
	p.Helper()
	for _, h := range []*probe{p, p.second()} {
		p.wantSame(collect(p, h.indexed.AccountsOf(p.ctx, user, ""), "AccountsOf(%q)", user), append([]usher.AccountID{}, want...), "AccountsOf(%q)", user)
	}
}

// wantUnindexed reports a failure unless the index has all accounts but these.
func (p *probe) wantUnindexed(want ...usher.AccountID) {
	p.Helper()
	p.wantSame(collect(p, p.indexed.Unindexed(p.ctx, ""), "Unindexed"), append([]usher.AccountID{}, want...), "Unindexed")
}

var txIndexRows = []row{
	{
		Name:     "TxIndex",
		Sentence: "The entry is stored when the transaction commits.",
		needs:    needsUserIndex,
		check: func(p *probe) {
			p.index("acme", 1, store.Users{Known: true, Added: []usher.UserID{"mia"}})
			add := func(x *txProbe, version uint64, users store.Users) {
				e := entry(version, "in a transaction")
				e.Users = users
				x.wantNil(x.tx.Append(x.ctx, "acme", e), "Tx.Append")
			}
			x := p.begin()
			defer x.end()
			add(x, 2, store.Users{Known: true, Added: []usher.UserID{"max"}, Removed: []usher.UserID{"mia"}})
			x.rollback()
			p.wantIndex("mia", "acme")
			p.wantIndex("max")
			p.wantUnindexed()
			p.inside(func(x *txProbe) {
				add(x, 2, store.Users{Known: true, Added: []usher.UserID{"max"}, Removed: []usher.UserID{"mia"}})
				add(x, 3, store.Users{Known: true, Added: []usher.UserID{"mia"}, Removed: []usher.UserID{"max"}})
			})
			p.wantIndex("mia", "acme")
			p.wantIndex("max")
			p.wantUnindexed()
			p.inside(func(x *txProbe) { add(x, 4, store.Users{}) })
			p.wantUnindexed("acme")
		},
	},
}
