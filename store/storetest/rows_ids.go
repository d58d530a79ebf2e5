package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// odd are ids that a store may take for each other: beginnings of one another,
// bytes that separate or escape, other cases, blanks at the end.
var odd = []string{
	"a", "ab", "abc", "b", "A", "a ", " a", "a\x00", "a\x00b", "a\x00\x00", "a\x00\x01", "a\x00\x02", "a\x00\xff", "a\x01", "a\xff", "a\xff\xff",
	"\x00", "\x00\x00", "\x00\x01", "\x01", "\xff", "\xff\xff", "\xff\x00", "\x00\xff", "é", "e\u0301", "ß", "ss", "a/b", "a%", "a%2Fb", `a"b`, "a'b", "a;b",
	"a\nb", "a\tb", ".", "..", "0", "00", "1", "null", "\xed\xa0\x80", "a\x00\x00\x00\x00\x00\x00\x00\x01", "a\xff\xff\xff\xff\xff\xff\xff\xff",
	strings.Repeat("x", store.MaxID), strings.Repeat("x", store.MaxID-1), strings.Repeat("\x00", store.MaxID), strings.Repeat("\xff", store.MaxID),
}

var idRows = []row{
	{
		Name:     "OddAccounts",
		Sentence: "An id may hold any bytes, NUL and broken UTF-8 among them, and ids that differ in a byte have nothing in common.",
		check: func(p *probe) {
			var want []usher.AccountID
			for _, id := range odd {
				p.append(usher.AccountID(id), 1, "one of "+id)
				want = append(want, usher.AccountID(id))
			}
			for _, id := range odd {
				p.append(usher.AccountID(id), 2, "two of "+id)
				p.save(usher.AccountID(id), 2, "state of "+id)
			}
			for _, id := range odd {
				p.wantCommits(usher.AccountID(id), "one of "+id, "two of "+id)
				p.same(string(p.snapshot(usher.AccountID(id)).Data), "state of "+id, "Snapshot(%q)", id)
			}
			slices.Sort(want)
			p.same(quoted(p.accounts("")), quoted(want), "Accounts")
			for i, id := range want {
				p.same(quoted(p.accounts(id)), quoted(want[i+1:]), "Accounts(after %q)", id)
			}
			for i := 0; i < len(want); i += 2 {
				p.erase(want[i])
			}
			for i, id := range want {
				if i%2 == 0 {
					p.refused(p.tryAppend(id, 3, ""), store.ErrErased, "Append to %q, which was erased", id)
				} else {
					p.append(id, 3, "three of "+string(id))
					p.wantCommits(id, "one of "+string(id), "two of "+string(id), "three of "+string(id))
				}
			}
		},
	},
	{
		Name:     "OddUsers",
		Sentence: "An id may hold any bytes, NUL and broken UTF-8 among them, and ids that differ in a byte have nothing in common.",
		needs:    aKeeper,
		check: func(p *probe) {
			accounts := []usher.AccountID{"a", "ab", "a\x00", "a\x00b", "\x00"}
			users := slices.Sorted(slices.Values(odd))
			at := time.Unix(1e9, 0).UTC()
			for _, account := range accounts {
				var records []store.Record
				var seen []store.LastActive
				for i, id := range odd {
					records = append(records, record(usher.UserID(id), string(account)+" "+id))
					seen = append(seen, store.LastActive{User: usher.UserID(id), At: at.Add(time.Duration(i) * time.Second)})
				}
				p.append(account, 1, "one", records...)
				p.ok(p.keeper.SaveLastActive(p.ctx, account, seen), "Seen")
			}
			for _, account := range accounts {
				var want, got []string
				for _, id := range users {
					p.same(p.record(account, usher.UserID(id)), string(account)+" "+id, "Record(%q, %q)", account, id)
					want = append(want, id+" "+string(account)+" "+id+" "+at.Add(time.Duration(slices.Index(odd, id))*time.Second).String())
				}
				sightings := collect(p, p.keeper.LastActiveTimes(p.ctx, account, ""), "Sightings(%q)", account)
				for i, r := range collect(p, p.keeper.Records(p.ctx, account, ""), "Records(%q)", account) {
					if i >= len(sightings) || sightings[i].User != r.User {
						p.Fatalf("Sightings(%q) has not the users of Records at %d, %q", account, i, r.User)
					}
					got = append(got, string(r.User)+" "+string(r.Data)+" "+sightings[i].At.String())
				}
				p.same(quoted(got), quoted(want), "Records(%q) and Sightings", account)
			}
		},
	},
	{
		Name:     "BadIDs",
		Sentence: "An id that is empty, or longer than MaxID bytes, is refused with ErrInvalid.",
		check: func(p *probe) {
			long := strings.Repeat("x", store.MaxID+1)
			for _, id := range []string{"", long} {
				account := usher.AccountID(id)
				p.refused(p.tryAppend(account, 1, "one"), store.ErrInvalid, "Append to %d bytes of id", len(id))
				_, err := failure(p.store.Commits(p.ctx, account, 0))
				p.refused(err, store.ErrInvalid, "Commits of %d bytes of id", len(id))
				p.refused(p.store.SaveSnapshot(p.ctx, account, store.Snapshot{Version: 1}), store.ErrInvalid, "SaveSnapshot to %d bytes of id", len(id))
				_, err = p.store.Snapshot(p.ctx, account)
				p.refused(err, store.ErrInvalid, "Snapshot of %d bytes of id", len(id))
				p.refused(p.store.Erase(p.ctx, account), store.ErrInvalid, "Erase of %d bytes of id", len(id))
			}
			p.same(p.accounts(""), "[]", "Accounts")
			if p.keeper == nil {
				return
			}
			for _, id := range []string{"", long} {
				user := usher.UserID(id)
				p.refused(p.tryAppend("acme", 1, "one", record("mia", "Mia"), record(user, "data")), store.ErrInvalid, "Append of a record with %d bytes of user", len(id))
				_, err := p.keeper.Record(p.ctx, "acme", user)
				p.refused(err, store.ErrInvalid, "Record of %d bytes of user", len(id))
			}
			p.append("acme", 1, "one")
			for _, id := range []string{"", long} {
				err := p.keeper.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: usher.UserID(id), At: time.Unix(1, 0)}})
				p.refused(err, store.ErrInvalid, "Seen of %d bytes of user", len(id))
			}
			p.wantRecords("acme")
		},
	},
}

func quoted[T ~string](ids []T) string {
	var b strings.Builder
	for _, id := range ids {
		if len(id) > 40 {
			id = id[:40] + T(rune('0'+len(id)%10))
		}
		b.WriteString(strings.ToValidUTF8(string(id), "?") + "|")
	}
	return b.String()
}
