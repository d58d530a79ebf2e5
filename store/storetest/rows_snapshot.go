package storetest

import (
	"math"

	"github.com/usher-go/usher/store"
)

const olderSentence = "A snapshot older than the stored one is ignored, without an error."

var snapshotRows = []row{
	{
		Name:     "SnapshotKept",
		Sentence: "SaveSnapshot stores data as the state after the commit of a version.",
		check: func(p *probe) {
			p.fill("acme", 5)
			p.fill("other", 5)
			p.save("acme", 2, "two")
			p.save("other", 4, "four")
			p.wantSame(p.snapshot("acme"), store.Snapshot{Version: 2, Data: []byte("two")}, "Snapshot")
			p.save("acme", 5, "five")
			p.wantSame(p.snapshot("acme"), store.Snapshot{Version: 5, Data: []byte("five")}, "Snapshot, saved again")
			p.wantSame(p.snapshot("other"), store.Snapshot{Version: 4, Data: []byte("four")}, "Snapshot of the other account")
			p.wantFilled(p.commits("acme", 0), "acme", 1, 5)
		},
	},
	{
		Name:     "SnapshotOlder",
		Sentence: olderSentence,
		check: func(p *probe) {
			p.fill("acme", 300)
			p.save("acme", 256, "newer")
			for _, version := range []uint64{255, 1, 10} {
				p.save("acme", version, "older")
				p.wantSame(p.snapshot("acme"), store.Snapshot{Version: 256, Data: []byte("newer")}, "Snapshot, %d saved after 256", version)
			}
		},
	},
	{
		Name:     "SnapshotOlderTogether",
		Sentence: olderSentence,
		check: func(p *probe) {
			const last = 8
			for round := range repeats {
				account := numbered(round)
				p.fill(account, last)
				p.together(last, func(i int) {
					version := uint64(i + 1)
					p.save(account, version, dataOf(account, version))
					if s := p.snapshot(account); s.Version < version || string(s.Data) != dataOf(account, s.Version) {
						p.Errorf("Snapshot = version %d, %s, after %d was saved", s.Version, shortened(string(s.Data)), version)
					}
				})
				p.wantSame(p.snapshot(account).Version, last, "version of the Snapshot, 1 to %d saved at the same time", last)
			}
		},
	},
	{
		Name:     "SnapshotSame",
		Sentence: "A snapshot of the same version replaces the stored one, so that a damaged snapshot can be repaired.",
		check: func(p *probe) {
			p.fill("acme", 3)
			p.save("acme", 2, "damaged and longer")
			p.save("acme", 2, "mended")
			p.wantSame(p.snapshot("acme"), store.Snapshot{Version: 2, Data: []byte("mended")}, "Snapshot")
		},
	},
	{
		Name:     "SnapshotGap",
		Sentence: "For a version after the last commit, SaveSnapshot returns ErrGap, and for version 0 ErrInvalid.",
		check: func(p *probe) {
			save := func(version uint64) error {
				return p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: version, Data: []byte("refused")})
			}
			p.wantError(save(1), store.ErrGap, "SaveSnapshot of version 1 of no commits")
			p.fill("acme", 2)
			for _, version := range []uint64{3, math.MaxUint64} {
				p.wantError(save(version), store.ErrGap, "SaveSnapshot of version %d, the last is 2", version)
			}
			p.wantError(save(0), store.ErrInvalid, "SaveSnapshot of version 0")
			p.wantSame(p.snapshot("acme"), store.Snapshot{}, "Snapshot")
		},
	},
	{
		Name:     "SnapshotErased",
		Sentence: "For an erased account, SaveSnapshot returns ErrErased.",
		check: func(p *probe) {
			p.fill("acme", 2)
			p.erase("acme")
			for _, version := range []uint64{1, 2, 3} {
				err := p.store.SaveSnapshot(p.ctx, "acme", store.Snapshot{Version: version})
				p.wantError(err, store.ErrErased, "SaveSnapshot of version %d", version)
			}
		},
	},
	{
		Name:     "SnapshotNone",
		Sentence: "Snapshot returns the stored snapshot, the zero Snapshot if there is none, and ErrErased for an erased account.",
		check: func(p *probe) {
			p.wantSame(p.snapshot("acme"), store.Snapshot{}, "Snapshot of no commits")
			p.fill("acme", 2)
			p.wantSame(p.snapshot("acme"), store.Snapshot{}, "Snapshot, none saved")
			p.save("acme", 2, "two")
			p.wantSame(p.snapshot("acme"), store.Snapshot{Version: 2, Data: []byte("two")}, "Snapshot")
			p.erase("acme")
			s, err := p.store.Snapshot(p.ctx, "acme")
			p.wantError(err, store.ErrErased, "Snapshot")
			p.wantSame(s, store.Snapshot{}, "Snapshot beside the error")
		},
	},
}
