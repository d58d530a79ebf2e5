package storetest

import (
	"errors"
	"math"
	"strings"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const (
	shortenSentence   = "Shorten deletes the commits of an account up to a version, which must be less than that of the stored snapshot, and keeps a seal of up to MaxSeal bytes for the error of Commits."
	shortenedSentence = "For a version less than that of the last deleted commit, Commits yields a ShortenedError with the version and the seal of the last call that deleted commits."
	shortenEndless    = "A loop that runs meanwhile goes on to its end or stops with a ShortenedError, and never leaves out a commit."
	shortenOtherwise  = "Versions, appends, hints and erasures work as before, and the contract of Store applies to it too, except that Commits may yield ErrShortened."
)

var shortenRows = []row{
	{
		Name:     "ShortenDeletes",
		Sentence: shortenSentence,
		needs:    needsShortener,
		check: func(p *probe) {
			other := p.second()
			for _, id := range []usher.AccountID{"acm", "acme", "acmee", "ac\x00\xff"} {
				p.fill(id, many)
				p.save(id, many-1, "the state")
			}
			long := strings.Repeat("\x00\xff", store.MaxSeal/2)
			p.shorten("acme", 300, long)
			p.shorten("ac\x00\xff", many-2, "")
			for _, p := range []*probe{p, other} {
				p.wantShortened("acme", 300, long, many)
				p.wantShortened("ac\x00\xff", many-2, "", many)
				p.wantFilled(p.commits("acm", 0), "acm", 1, many)
				p.wantFilled(p.commits("acmee", 0), "acmee", 1, many)
				p.wantSame(p.snapshot("acme"), store.Snapshot{Version: many - 1, Data: []byte("the state")}, "Snapshot")
			}
		},
	},
	{
		Name:     "ShortenAgain",
		Sentence: "If the commits up to that version are deleted already, nothing changes.",
		needs:    needsShortener,
		check: func(p *probe) {
			p.fill("acme", 20)
			p.save("acme", 15, "fifteen")
			p.shorten("acme", 10, "ten")
			p.shorten("acme", 10, "another ten")
			p.shorten("acme", 1, "one")
			p.wantShortened("acme", 10, "ten", 20)
			p.shorten("acme", 14, "fourteen")
			p.wantShortened("acme", 14, "fourteen", 20)
		},
	},
	{
		Name:     "ShortenRejected",
		Sentence: "For a version that is not less than that of the snapshot, and for an account without a snapshot, Shorten returns ErrNeeded. For an erased account it returns ErrErased, and for version 0 or a seal that is too long ErrInvalid.",
		needs:    needsShortener,
		check: func(p *probe) {
			shorten := func(account usher.AccountID, upTo uint64, seal string) error {
				return p.shortener.Shorten(p.ctx, account, upTo, []byte(seal))
			}
			p.wantError(shorten("acme", 1, ""), store.ErrNeeded, "Shorten of an account without commits")
			p.fill("acme", 20)
			p.wantError(shorten("acme", 1, ""), store.ErrNeeded, "Shorten of an account without a snapshot")
			p.save("acme", 7, "seven")
			for _, upTo := range []uint64{7, 8, 20, 21, math.MaxInt64, math.MaxUint64} {
				p.wantError(shorten("acme", upTo, "seal"), store.ErrNeeded, "Shorten up to %d, the snapshot is of 7", upTo)
			}
			p.wantError(shorten("acme", 0, "seal"), store.ErrInvalid, "Shorten up to 0")
			p.wantError(shorten("acme", 3, strings.Repeat("x", store.MaxSeal+1)), store.ErrInvalid, "Shorten with a seal that is too long")
			for _, id := range []usher.AccountID{"", usher.AccountID(strings.Repeat("x", store.MaxID+1))} {
				p.wantError(shorten(id, 3, "seal"), store.ErrInvalid, "Shorten of %q", shortened(id))
			}
			p.fill("gone", 2)
			p.save("gone", 2, "two")
			p.erase("gone")
			p.wantError(shorten("gone", 1, "seal"), store.ErrErased, "Shorten of an erased account")
			p.wantFilled(p.commits("acme", 0), "acme", 1, 20)
		},
	},
	{
		Name:     "ShortenMidway",
		Sentence: shortenEndless,
		needs:    needsShortener,
		check: func(p *probe) {
			p.fill("acme", many)
			p.save("acme", many, "all")
			var read []store.Commit
			_, err := failure(func(yield func(store.Commit, error) bool) {
				for c, err := range p.store.Commits(p.ctx, "acme", 0) {
					if err == nil {
						read = append(read, c)
					}
					if len(read) == 1 {
						p.shorten("acme", many-1, "seal")
					}
					if !yield(c, err) {
						return
					}
				}
			})
			if err == nil {
				p.wantFilled(read, "acme", 1, many)
				return
			}
			p.wantError(err, store.ErrShortened, "Commits, shortened after the first")
			p.wantFilled(read, "acme", 1, uint64(len(read)))
		},
	},
	{
		Name:     "ShortenTogether",
		Sentence: "Commits are deleted either all or none.",
		needs:    needsShortener,
		check: func(p *probe) {
			const last, step = 60, 7
			p.append("acme", 1, dataOf("acme", 1))
			p.together(4, func(i int) {
				switch i {
				case 0:
					for version := uint64(2); version <= last; version++ {
						p.append("acme", version, dataOf("acme", version))
						if version%step == 0 {
							p.save("acme", version, dataOf("acme", version))
						}
					}
				case 1:
					for upTo := uint64(0); upTo < last-step && !p.Failed(); {
						if s := p.snapshot("acme"); s.Version > upTo+1 {
							upTo = s.Version - 1
							p.shorten("acme", upTo, dataOf("acme", upTo)[:8])
						}
					}
				default:
					for read := uint64(0); read < last && !p.Failed(); {
						all, err := failure(p.store.Commits(p.ctx, "acme", read))
						p.wantFilled(all, "acme", read+1, read+uint64(len(all)))
						read += uint64(len(all))
						switch of := (*store.ShortenedError)(nil); {
						case errors.As(err, &of):
							p.wantSame(string(of.Seal), dataOf("acme", of.UpTo)[:8], "seal up to %d", of.UpTo)
							if of.UpTo <= read {
								p.Fatalf("Commits(after %d) says that commits up to %d were deleted", read, of.UpTo)
							}
							read = of.UpTo
						default:
							p.wantNil(err, "Commits(after %d)", read)
						}
					}
				}
			})
		},
	},
	{
		Name:     "ShortenOtherwise",
		Sentence: shortenOtherwise,
		needs:    needsShortener,
		check: func(p *probe) {
			p.fill("acme", 9)
			p.save("acme", 6, "six")
			p.shorten("acme", 5, "five")
			p.wantError(p.tryAppend("acme", 1, "one"), store.ErrConflict, "Append of version 1, which was deleted")
			p.wantError(p.tryAppend("acme", 5, "five"), store.ErrConflict, "Append of version 5, which was deleted")
			p.wantError(p.tryAppend("acme", 9, "nine"), store.ErrConflict, "Append of version 9")
			p.wantError(p.tryAppend("acme", 11, "eleven"), store.ErrGap, "Append of version 11, the last is 9")
			p.append("acme", 10, dataOf("acme", 10))
			p.save("acme", 3, "an older one")
			p.wantSame(p.snapshot("acme"), store.Snapshot{Version: 6, Data: []byte("six")}, "Snapshot")
			p.save("acme", 10, "ten")
			p.wantSame(p.snapshot("acme"), store.Snapshot{Version: 10, Data: []byte("ten")}, "Snapshot")
			p.wantShortened("acme", 5, "five", 10)
			p.wantSame(p.accounts(""), []usher.AccountID{"acme"}, "Accounts")
			if p.versioned != nil {
				p.wantVersions([]usher.AccountID{"acme"}, 10)
			}
			if p.indexed != nil {
				p.wantNil(p.indexed.IndexUsers(p.ctx, "acme", 10, []usher.UserID{"mia"}), "IndexUsers")
				p.wantIndex("mia", "acme")
			}
			if p.transactor != nil {
				p.shortenedInTx()
			}
		},
	},
	{
		Name:     "ShortenErased",
		Sentence: "Erase removes the seal too.",
		needs:    needsShortener,
		check: func(p *probe) {
			p.fill("acme", 9)
			p.save("acme", 6, "six")
			p.shorten("acme", 5, "seal")
			p.erase("acme")
			p.wantErased("acme")
			if p.suite.Remains != nil {
				p.wantSame(p.suite.Remains(p, p.store, "acme"), "", "Remains")
			}
		},
	},
	{
		Name:     "ShortenHints",
		Sentence: shortenOtherwise,
		needs:    needsShortenerWatcher,
		check: func(p *probe) {
			p.fill("acme", 4)
			p.hinted("acme", "new commits, and the earlier ones deleted", func(n int) {
				version := uint64(4 + n)
				p.append("acme", version, "more")
				p.save("acme", version, "state")
				p.shorten("acme", version-1, "seal")
			})
		},
	},
	{
		Name:     "ShortenDurable",
		Sentence: shortenedSentence,
		needs:    needsDurableShortener,
		check: func(p *probe) {
			p.fill("acme", 9)
			p.save("acme", 6, "six")
			p.shorten("acme", 5, "five")
			p.reopen()
			p.wantShortened("acme", 5, "five", 9)
			p.wantError(p.tryAppend("acme", 5, "again"), store.ErrConflict, "Append of version 5, which was deleted")
			p.append("acme", 10, dataOf("acme", 10))
			p.shorten("acme", 4, "four")
			p.reopen()
			p.wantShortened("acme", 5, "five", 10)
		},
	},
	{
		Name:     "ShortenSeals",
		Sentence: shortenedSentence,
		needs:    needsShortener,
		check: func(p *probe) {
			p.fill("acme", 40)
			p.save("acme", 40, "forty")
			var calls sync.Mutex
			highest := uint64(0)
			p.together(8, func(i int) {
				upTo := uint64(i%4+1) * 9
				p.shorten("acme", upTo, dataOf("acme", upTo)[:6])
				calls.Lock()
				defer calls.Unlock()
				highest = max(highest, upTo)
			})
			p.wantShortened("acme", highest, dataOf("acme", highest)[:6], 40)
		},
	},
}

func (p *probe) shorten(account usher.AccountID, upTo uint64, seal string) {
	p.Helper()
	p.wantNil(p.shortener.Shorten(p.ctx, account, upTo, []byte(seal)), "Shorten(%q, up to %d)", account, upTo)
}

// wantShortened reports a failure unless the account has exactly the commits after upTo, which fill
// appended, and says so for all earlier versions.
func (p *probe) wantShortened(account usher.AccountID, upTo uint64, seal string, last uint64) {
	p.Helper()
	for _, after := range []uint64{0, 1, upTo / 2, upTo - 1} {
		if after >= upTo {
			continue
		}
		before, err := failure(p.store.Commits(p.ctx, account, after))
		p.wantSame(len(before), 0, "number of Commits(%q, after %d) before the error", account, after)
		p.wantShortenedError(err, upTo, seal, "Commits(%q, after %d)", account, after)
	}
	for after := upTo; after <= last; after += (last-upTo)/3 + 1 {
		p.wantFilled(p.commits(account, after), account, after+1, last)
	}
}

func (p *probe) wantShortenedError(err error, upTo uint64, seal, what string, args ...any) {
	p.Helper()
	p.wantError(err, store.ErrShortened, what, args...)
	if of := (*store.ShortenedError)(nil); errors.As(err, &of) {
		p.wantSame(of.UpTo, upTo, "UpTo of the error")
		p.wantSame(string(of.Seal), seal, "Seal of the error")
	} else {
		p.Errorf(what+": error %v, want a ShortenedError", append(args, err)...)
	}
}

// shortenedInTx reads, and appends to, an account with the commits 6 to 10 in a transaction.
func (p *probe) shortenedInTx() {
	p.Helper()
	err := p.transactor.InTx(p.ctx, func(tx store.Tx) error {
		at, err := tx.Lock(p.ctx, "acme", store.WriteLock)
		p.wantNil(err, "Tx.Lock")
		p.wantSame(at.Last, 10, "Last of Tx.Lock")
		_, err = failure(tx.Commits(p.ctx, "acme", 4))
		p.wantShortenedError(err, 5, "five", "Tx.Commits(after 4)")
		p.wantNil(tx.Append(p.ctx, "acme", entry(11, dataOf("acme", 11))), "Tx.Append")
		p.wantFilled(collect(p, tx.Commits(p.ctx, "acme", 5), "Tx.Commits"), "acme", 6, 11)
		p.wantFilled(collect(p, tx.Commits(p.ctx, "acme", 10), "Tx.Commits"), "acme", 11, 11)
		return nil
	})
	p.wantNil(err, "InTx")
	p.wantShortened("acme", 5, "five", 11)
}
