package storetest

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// odd contains ids that a store may confuse: prefixes of each other, separators and escapes, upper
// and lower case, blanks at the end.
var odd = []string{
	"a", "ab", "abc", "b", "A", "a ", " a", "a\x00", "a\x00b", "a\x00\x00", "a\x00\x01", "a\x00\x02", "a\x00\xff", "a\x01", "a\xff", "a\xff\xff",
	"\x00", "\x00\x00", "\x00\x01", "\x01", "\xff", "\xff\xff", "\xff\x00", "\x00\xff", "é", "e\u0301", "ß", "ss", "a/b", "a%", "a%2Fb", `a"b`, "a'b", "a;b",
	"a\nb", "a\tb", ".", "..", "0", "00", "1", "null", "\xed\xa0\x80", "a\x00\x00\x00\x00\x00\x00\x00\x01", "a\xff\xff\xff\xff\xff\xff\xff\xff",
	strings.Repeat("x", store.MaxID), strings.Repeat("x", store.MaxID-1), strings.Repeat("\x00", store.MaxID), strings.Repeat("\xff", store.MaxID),
}

var idRows = []row{
	{
		Name:     "OddAccounts",
		Sentence: "An id may contain any bytes, including NUL and invalid UTF-8. Ids that differ in one byte are independent.",
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
				p.wantSame(string(p.snapshot(usher.AccountID(id)).Data), "state of "+id, "Snapshot(%q)", id)
			}
			slices.Sort(want)
			p.wantSame(quoted(p.accounts("")), quoted(want), "Accounts")
			for i, id := range want {
				p.wantSame(quoted(p.accounts(id)), quoted(want[i+1:]), "Accounts(after %q)", id)
			}
			for i := 0; i < len(want); i += 2 {
				p.erase(want[i])
			}
			for i, id := range want {
				if i%2 == 0 {
					p.wantError(p.tryAppend(id, 3, ""), store.ErrErased, "Append to %q, which was erased", id)
				} else {
					p.append(id, 3, "three of "+string(id))
					p.wantCommits(id, "one of "+string(id), "two of "+string(id), "three of "+string(id))
				}
			}
		},
	},
	{
		Name:     "OddUsers",
		Sentence: "An id may contain any bytes, including NUL and invalid UTF-8. Ids that differ in one byte are independent.",
		needs:    needsUserData,
		check: func(p *probe) {
			accounts := []usher.AccountID{"a", "ab", "a\x00", "a\x00b", "\x00"}
			users := slices.Sorted(slices.Values(odd))
			at := time.Unix(1e9, 0).UTC()
			for _, account := range accounts {
				var records []store.Record
				var active []store.LastActive
				for i, id := range odd {
					records = append(records, record(usher.UserID(id), string(account)+" "+id))
					active = append(active, store.LastActive{User: usher.UserID(id), At: at.Add(time.Duration(i) * time.Second)})
				}
				p.append(account, 1, "one", records...)
				p.wantNil(p.userData.SaveLastActive(p.ctx, account, active), "SaveLastActive")
			}
			for _, account := range accounts {
				var want, got []string
				for _, id := range users {
					p.wantSame(p.record(account, usher.UserID(id)), string(account)+" "+id, "Record(%q, %q)", account, id)
					want = append(want, id+" "+string(account)+" "+id+" "+at.Add(time.Duration(slices.Index(odd, id))*time.Second).String())
				}
				times := collect(p, p.userData.LastActiveTimes(p.ctx, account, ""), "LastActiveTimes(%q)", account)
				for i, r := range collect(p, p.userData.Records(p.ctx, account, ""), "Records(%q)", account) {
					if i >= len(times) || times[i].User != r.User {
						p.Fatalf("LastActiveTimes(%q) and Records have different users at %d: %q", account, i, r.User)
					}
					got = append(got, string(r.User)+" "+string(r.Data)+" "+times[i].At.String())
				}
				p.wantSame(quoted(got), quoted(want), "Records(%q) and LastActiveTimes", account)
			}
		},
	},
	{
		Name:     "BadIDs",
		Sentence: "For an id that is empty or longer than MaxID bytes, a call returns ErrInvalid.",
		check: func(p *probe) {
			long := strings.Repeat("x", store.MaxID+1)
			for _, id := range []string{"", long} {
				account := usher.AccountID(id)
				p.wantError(p.tryAppend(account, 1, "one"), store.ErrInvalid, "Append to an id of %d bytes", len(id))
				_, err := failure(p.store.Commits(p.ctx, account, 0))
				p.wantError(err, store.ErrInvalid, "Commits of an id of %d bytes", len(id))
				p.wantError(p.store.SaveSnapshot(p.ctx, account, store.Snapshot{Version: 1}), store.ErrInvalid, "SaveSnapshot to an id of %d bytes", len(id))
				_, err = p.store.Snapshot(p.ctx, account)
				p.wantError(err, store.ErrInvalid, "Snapshot of an id of %d bytes", len(id))
				p.wantError(p.store.Erase(p.ctx, account), store.ErrInvalid, "Erase of an id of %d bytes", len(id))
			}
			p.wantSame(p.accounts(""), "[]", "Accounts")
			if p.userData == nil {
				return
			}
			for _, id := range []string{"", long} {
				user := usher.UserID(id)
				p.wantError(p.tryAppend("acme", 1, "one", record("mia", "Mia"), record(user, "data")), store.ErrInvalid, "Append of a record with a user id of %d bytes", len(id))
				_, err := p.userData.Record(p.ctx, "acme", user)
				p.wantError(err, store.ErrInvalid, "Record with a user id of %d bytes", len(id))
			}
			p.append("acme", 1, "one")
			for _, id := range []string{"", long} {
				err := p.userData.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: usher.UserID(id), At: time.Unix(1, 0)}})
				p.wantError(err, store.ErrInvalid, "SaveLastActive with a user id of %d bytes", len(id))
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
