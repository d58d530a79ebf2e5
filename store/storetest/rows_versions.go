package storetest

import (
	"strings"
	"sync/atomic"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

var versionRows = []row{
	{
		Name:     "VersionsInOrder",
		Sentence: "Versions returns the version of the last commit of each account, in the order of the ids: 0 for an account without commits, and Erased for an erased account.",
		needs:    needsVersions,
		check: func(p *probe) {
			p.wantVersions(nil)
			p.wantVersions([]usher.AccountID{"acme"}, 0)
			p.fill("acme", 3)
			p.fill("acm", 2)
			p.append("a\x00\xff", 1, "one")
			p.append("gone", 1, "one")
			p.erase("gone")
			p.erase("never used")
			p.wantVersions([]usher.AccountID{"gone", "acme", "none", "a\x00\xff", "acm", "never used", "acme"},
				store.Erased, 3, 0, 1, 2, store.Erased, 3)
			for version := uint64(4); version < 10; version++ {
				p.append("acme", version, "more")
				p.wantVersions([]usher.AccountID{"acme"}, version)
			}
		},
	},
	{
		Name:     "VersionsMany",
		Sentence: "VersionReader is a Store that reads the versions of many accounts at once.",
		needs:    needsVersions,
		check: func(p *probe) {
			var ids []usher.AccountID
			var want []uint64
			for i := range many {
				id, last := numbered(many-1-i), uint64(i%3)
				p.fill(id, last)
				ids, want = append(ids, id), append(want, last)
			}
			p.wantVersions(ids, want...)
		},
	},
	{
		Name:     "VersionsBadIDs",
		Sentence: "For an id that is empty or longer than MaxID bytes, a call returns ErrInvalid.",
		needs:    needsVersions,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for _, id := range []usher.AccountID{"", usher.AccountID(strings.Repeat("x", store.MaxID+1))} {
				_, err := p.versioned.Versions(p.ctx, []usher.AccountID{"acme", id})
				p.wantError(err, store.ErrInvalid, "Versions of %q", shortened(id))
			}
		},
	},
	{
		Name:     "VersionsAfterCall",
		Sentence: "It reads all versions from one state of the store, or each from a state after the call began.",
		needs:    needsVersions,
		check: func(p *probe) {
			const last = 100
			ids := []usher.AccountID{"a", "b", "c"}
			var appended [3]atomic.Uint64
			p.together(2*len(ids), func(i int) {
				i, reads := i/2, i%2 == 0
				if !reads {
					for version := uint64(1); version <= last; version++ {
						p.append(ids[i], version, "data")
						appended[i].Store(version)
					}
					return
				}
				for done := false; !done && !p.Failed(); {
					var before [3]uint64
					for j := range before {
						before[j] = appended[j].Load()
					}
					got, err := p.versioned.Versions(p.ctx, ids)
					p.wantNil(err, "Versions(%q)", ids)
					done = len(got) == len(ids)
					for j, version := range got {
						if version < before[j] {
							p.Errorf("Versions(%q) = %d, after version %d of %q was appended", ids, got, before[j], ids[j])
						}
						done = done && version == last
					}
				}
			})
		},
	},
}

// wantVersions reports a failure unless the accounts have exactly these versions.
func (p *probe) wantVersions(accounts []usher.AccountID, want ...uint64) {
	p.Helper()
	got, err := p.versioned.Versions(p.ctx, accounts)
	p.wantNil(err, "Versions")
	p.wantSame(got, want, "Versions(%q)", shortened(accounts))
}
