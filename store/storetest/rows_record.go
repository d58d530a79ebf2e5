package storetest

import (
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const togetherSentence = "The records of an Entry appear together with its commit: whoever sees the one sees the others."

var recordRows = []row{
	{
		Name:     "RecordKept",
		Sentence: "Record returns the user's record, nil if there is none, and ErrErased for an erased account.",
		needs:    aKeeper,
		check: func(p *probe) {
			none := func(account usher.AccountID, user usher.UserID) {
				p.Helper()
				data, err := p.keeper.Record(p.ctx, account, user)
				if data != nil || err != nil {
					p.Errorf("Record(%q, %q) = %q, %v; want nil, nil", account, user, data, err)
				}
			}
			none("acme", "mia")
			p.append("acme", 1, "one", record("mia", "Mia"))
			p.append("other", 1, "one", record("mia", "another Mia"))
			p.append("acme", 2, "two")
			p.same(p.record("acme", "mia"), "Mia", "Record")
			p.same(p.record("other", "mia"), "another Mia", "Record of the other account")
			none("acme", "max")
			none("third", "mia")
			p.erase("acme")
			data, err := p.keeper.Record(p.ctx, "acme", "mia")
			p.refused(err, store.ErrErased, "Record of an erased account")
			p.same(data, "[]", "data beside the error")
		},
	},
	{
		Name:     "RecordsTogether",
		Sentence: togetherSentence,
		needs:    aKeeper,
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
				for seen := uint64(0); seen < last && !p.Failed(); {
					first := at("z")
					for _, c := range p.commits("acme", seen) {
						seen = c.Version
					}
					if second := at("a"); first > seen || seen > second {
						p.Fatalf("one after the other: the record of version %d, the commit of %d, the record of %d", first, seen, second)
					}
				}
			})
		},
	},
	{
		Name:     "RecordsOrder",
		Sentence: "They are written in their order, and each replaces what the user had.",
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acme", 1, "one", record("mia", "first and long"), record("max", "first"), record("mia", "second"))
			p.wantRecords("acme", "max=first", "mia=second")
			p.append("acme", 2, "two", record("mia", ""), record("mia", "third"), record("max", "other"), record("max", ""))
			p.wantRecords("acme", "mia=third")
		},
	},
	{
		Name:     "RecordErased",
		Sentence: "One without data erases the user's record, and the sighting with it.",
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acme", 1, "one", record("max", "Max"), record("mia", "Mia"), record("mi", "Mi"))
			at := time.Unix(1, 0).UTC()
			p.ok(p.keeper.SaveLastActive(p.ctx, "acme", []store.LastActive{{User: "max", At: at}, {User: "mia", At: at}, {User: "no record", At: at}}), "Seen")
			p.append("acme", 2, "two", record("mia", ""), record("no record", ""), record("nobody", ""))
			p.wantRecords("acme", "max=Max", "mi=Mi")
			p.same(p.sightings("acme", ""), []store.LastActive{{User: "max", At: at}}, "Sightings")
			p.same(p.record("acme", "mia"), "", "Record of the one erased")
		},
	},
	{
		Name:     "RecordsSorted",
		Sentence: "Records yields the records of the users who come after the one given, sorted by the bytes of their ids, and ErrErased for an erased account.",
		needs:    aKeeper,
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
				for _, r := range collect(p, p.keeper.Records(p.ctx, "acme", after), "Records(after %q)", after) {
					got = append(got, fmt.Sprintf("%s=%s", r.User, r.Data))
				}
				p.same(got, want, "Records(after %q)", after)
			}
			p.erase("acme")
			before, err := failure(p.keeper.Records(p.ctx, "acme", ""))
			p.refused(err, store.ErrErased, "Records of an erased account")
			p.same(len(before), 0, "number of Records before the error")
		},
	},
}

func (p *probe) sightings(account usher.AccountID, after usher.UserID) []store.LastActive {
	p.Helper()
	return collect(p, p.keeper.LastActiveTimes(p.ctx, account, after), "Sightings(%q, after %q)", account, after)
}

func (p *probe) seen(account usher.AccountID, sightings ...store.LastActive) {
	p.Helper()
	p.ok(p.keeper.SaveLastActive(p.ctx, account, sightings), "Seen(%q)", account)
}
