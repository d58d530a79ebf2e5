package storetest

import (
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const togetherSentence = "The records of an Entry become visible together with its commit: after a read has returned one of them, later reads return all."

var recordRows = []row{
	{
		Name:     "RecordKept",
		Sentence: "Record returns the user's record, nil if there is none, and ErrErased for an erased account.",
		needs:    needsUserData,
		check: func(p *probe) {
			none := func(account usher.AccountID, user usher.UserID) {
				p.Helper()
				data, err := p.userData.Record(p.ctx, account, user)
				if data != nil || err != nil {
					p.Errorf("Record(%q, %q) = %q, %v; want nil, nil", account, user, data, err)
				}
			}
			none("acme", "mia")
			p.append("acme", 1, "one", record("mia", "Mia"))
			p.append("other", 1, "one", record("mia", "another Mia"))
			p.append("acme", 2, "two")
			p.wantSame(p.record("acme", "mia"), "Mia", "Record")
			p.wantSame(p.record("other", "mia"), "another Mia", "Record of the other account")
			none("acme", "max")
			none("third", "mia")
			p.erase("acme")
			data, err := p.userData.Record(p.ctx, "acme", "mia")
			p.wantError(err, store.ErrErased, "Record of an erased account")
			p.wantSame(data, "[]", "data beside the error")
		},
	},
	{
		Name:     "RecordsTogether",
		Sentence: togetherSentence,
		needs:    needsUserData,
		check: func(p *probe) {
			const last = 100
			p.append("acme", 1, "1", record("a", "1"), record("z", "1"))
			p.together(4, func(i int) {
				if i == 0 {
					for version := uint64(2); version <= last; version++ {
						data := fmt.Sprint(version)
						p.append("acme", version, data, record("a", data), record("z", data))
					}
					return
				}
				at := func(user usher.UserID) (version uint64) {
					if _, err := fmt.Sscan(p.record("acme", user), &version); err != nil {
						p.Fatalf("Record(%q): %v", user, err)
					}
					return version
				}
				for read := uint64(0); read < last && !p.Failed(); {
					first := at("z")
					for _, c := range p.commits("acme", read) {
						read = c.Version
					}
					if second := at("a"); first > read || read > second {
						p.Fatalf("consecutive reads: a record of version %d, the commit of %d, a record of %d", first, read, second)
					}
				}
			})
		},
	},
	{
		Name:     "RecordsOrder",
		Sentence: "Records are written in order, and each replaces the user's previous record.",
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acme", 1, "one", record("mia", "first and long"), record("max", "first"), record("mia", "second"))
			p.wantRecords("acme", "max=first", "mia=second")
			p.append("acme", 2, "two", record("mia", ""), record("mia", "third"), record("max", "other"), record("max", ""))
			p.wantRecords("acme", "mia=third")
		},
	},
	{
		Name:     "RecordErased",
		Sentence: "A record without data deletes the user's record and last-active time.",
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acme", 1, "one", record("max", "Max"), record("mia", "Mia"), record("mi", "Mi"))
			at := time.Unix(1, 0).UTC()
			p.wantNil(p.userData.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "max", At: at}, {User: "mia", At: at}, {User: "no record", At: at}}), "SaveLastActive")
			p.append("acme", 2, "two", record("mia", ""), record("no record", ""), record("no such user", ""))
			p.wantRecords("acme", "max=Max", "mi=Mi")
			p.wantSame(p.lastActive("acme", ""), []store.LastActive{{User: "max", At: at}}, "LastActiveTimes")
			p.wantSame(p.record("acme", "mia"), "", "Record that was deleted")
		},
	},
	{
		Name:     "RecordsSorted",
		Sentence: "Records yields the records of the users whose id is greater than after, sorted by the bytes of the ids, and ErrErased for an erased account.",
		needs:    needsUserData,
		check: func(p *probe) {
			var records []store.Record
			for i := range many {
				records = append(records, record(usher.UserID(numbered(many-1-i)), fmt.Sprint(many-1-i)))
			}
			p.append("acme", 1, "one", records...)
			p.append("acm", 1, "one", record("neighbour", "data"))
			p.append("acmee", 1, "one", record("neighbour", "data"))
			for _, i := range []int{-1, 0, 254, 255, 256, 511, many - 2, many - 1} {
				after, want := usher.UserID(""), []string(nil)
				if i >= 0 {
					after = usher.UserID(numbered(i))
				}
				for j := i + 1; j < many; j++ {
					want = append(want, fmt.Sprintf("%s=%d", numbered(j), j))
				}
				var got []string
				for _, r := range collect(p, p.userData.Records(p.ctx, "acme", after), "Records(after %q)", after) {
					got = append(got, fmt.Sprintf("%s=%s", r.User, r.Data))
				}
				p.wantSame(got, want, "Records(after %q)", after)
			}
			p.erase("acme")
			before, err := failure(p.userData.Records(p.ctx, "acme", ""))
			p.wantError(err, store.ErrErased, "Records of an erased account")
			p.wantSame(len(before), 0, "number of Records before the error")
		},
	},
}

func (p *probe) lastActive(account usher.AccountID, after usher.UserID) []store.LastActive {
	p.Helper()
	return collect(p, p.userData.LastActiveTimes(p.ctx, account, after), "LastActiveTimes(%q, after %q)", account, after)
}

func (p *probe) saveLastActive(account usher.AccountID, times ...store.LastActive) {
	p.Helper()
	p.wantNil(p.userData.SaveLastActive(p.ctx, account, times), "SaveLastActive(%q)", account)
}
