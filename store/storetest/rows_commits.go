package storetest

import (
	"errors"
	"fmt"
	"math"

	"github.com/usher-go/usher/internal/raced"
	"github.com/usher-go/usher/store"
)

const commitsSentence = "Commits yields the commits with a version greater than after, in ascending order and without a " +
	"gap, up to the last commit when the loop began."

// many is more commits than a store is likely to read in one batch.
const many = 600

var commitRows = []row{
	{
		Name:     "CommitsAfter",
		Sentence: commitsSentence,
		check: func(p *probe) {
			p.append("acm", 1, "a neighbour")
			p.append("acmee", 1, "a neighbour")
			p.fill("acme", many)
			for _, after := range []uint64{0, 1, 9, 10, 99, 127, 128, 255, 256, 257, 511, 512, many - 1} {
				p.wantFilled(p.commits("acme", after), "acme", after+1, many)
			}
			for _, after := range []uint64{many, many + 1, math.MaxInt64, math.MaxUint64 - 1, math.MaxUint64} {
				p.wantSame(len(p.commits("acme", after)), 0, "number of Commits(after %d), the last is %d", after, many)
			}
		},
	},
	{
		Name:     "CommitsEnd",
		Sentence: commitsSentence,
		check: func(p *probe) {
			p.fill("acme", 3)
			last := uint64(3)
			var read []store.Commit
			for c, err := range p.store.Commits(p.ctx, "acme", 0) {
				p.wantNil(err, "Commits")
				read = append(read, c)
				if len(read) > 3 {
					break // otherwise the loop might not end
				}
				last++
				p.append("acme", last, dataOf("acme", last))
			}
			p.wantFilled(read, "acme", 1, 3)
			p.wantFilled(p.commits("acme", 0), "acme", 1, 6)
		},
	},
	{
		Name:     "CommitsNone",
		Sentence: "An account without commits yields none.",
		check: func(p *probe) {
			p.append("other", 1, "one")
			p.wantCommits("acme")
			p.wantSame(len(p.commits("acme", 7)), 0, "number of Commits(after 7)")
		},
	},
	{
		Name:     "CommitsErased",
		Sentence: "An erased account yields ErrErased.",
		check: func(p *probe) {
			p.fill("acme", 3)
			p.erase("acme")
			for _, after := range []uint64{0, 2, 3, 4} {
				before, err := failure(p.store.Commits(p.ctx, "acme", after))
				p.wantError(err, store.ErrErased, "Commits(after %d)", after)
				p.wantSame(len(before), 0, "number of Commits(after %d) before the error", after)
			}
		},
	},
	{
		Name:     "CommitsErasedMidway",
		Sentence: "If the account is erased during the loop, the loop goes on to its end or stops with ErrErased.",
		check: func(p *probe) {
			p.fill("acme", many)
			var read []store.Commit
			for c, err := range p.store.Commits(p.ctx, "acme", 0) {
				if err != nil {
					p.wantError(err, store.ErrErased, "Commits, erased after the first")
					p.wantFilled(read, "acme", 1, uint64(len(read)))
					return
				}
				if read = append(read, c); len(read) == 1 {
					p.erase("acme")
				}
			}
			p.wantFilled(read, "acme", 1, many)
		},
	},
}

var raceRows = []row{
	{
		Name:     "OneWins",
		Sentence: "Of concurrent calls with the same version, one returns nil.",
		check: func(p *probe) {
			for version := uint64(1); version <= 5; version++ {
				var won [64]bool
				p.together(len(won), func(i int) {
					err := p.tryAppend("acme", version, fmt.Sprint(i))
					won[i] = err == nil
					if err != nil {
						p.wantError(err, store.ErrConflict, "Append of version %d by one of %d", version, len(won))
					}
				})
				var winners []string
				for i, w := range won {
					if w {
						winners = append(winners, fmt.Sprint(i))
					}
				}
				stored := p.commits("acme", version-1)
				if len(winners) != 1 || len(stored) != 1 || string(stored[0].Data) != winners[0] {
					p.Fatalf("version %d: nil for %q, want exactly one; stored: %v", version, winners, stored)
				}
			}
		},
	},
	{
		Name:     "RejectedNeighbours",
		Sentence: "A rejected entry never makes another entry fail.",
		check: func(p *probe) {
			p.append("shared", 1, "one")
			p.append("erased", 1, "one")
			p.erase("erased")
			p.together(48, func(i int) {
				for version := uint64(1); version <= 10; version++ {
					switch i % 6 {
					case 0:
						p.wantError(p.tryAppend("shared", 1, "late"), store.ErrConflict, "Append of version 1 again")
					case 1:
						p.wantError(p.tryAppend("shared", 3, "far"), store.ErrGap, "Append of version 3 after 1")
					case 2:
						p.wantError(p.tryAppend("erased", 2, "late"), store.ErrErased, "Append to an erased account")
					default:
						account := numbered(i)
						p.append(account, version, dataOf(account, version))
					}
				}
			})
			p.wantCommits("shared", "one")
			for i := range 48 {
				if i%6 > 2 {
					p.wantFilled(p.commits(numbered(i), 0), numbered(i), 1, 10)
				}
			}
		},
	},
	{
		Name:     "ManyGoroutines",
		Sentence: "Its methods may be called concurrently.",
		check: func(p *probe) {
			last := uint64(raced.Part(60, 12))
			writes := newSteps(4)
			p.together(12, func(i int) {
				switch i % 3 {
				case 0: // writers that race for each version
					defer writes.end()
					for version := uint64(1); version <= last; version++ {
						writes.step()
						err := p.tryAppend("acme", version, dataOf("acme", version))
						if err != nil && !errors.Is(err, store.ErrConflict) {
							p.Fatalf("Append of version %d: %v", version, err)
						}
					}
				case 1: // readers of all commits
					for step, read := 0, 0; read < int(last) && !p.Failed(); {
						step = writes.after(step)
						all := p.commits("acme", 0)
						if len(all) < read {
							p.Fatalf("Commits: %d, after %d had been read", len(all), read)
						}
						read = len(all)
						p.wantFilled(all, "acme", 1, uint64(read))
					}
				default: // readers of new commits, which save snapshots
					for step, seen := 0, uint64(0); seen < last && !p.Failed(); {
						step = writes.after(step)
						more := p.commits("acme", seen)
						p.wantFilled(more, "acme", seen+1, seen+uint64(len(more)))
						if seen += uint64(len(more)); seen > 0 {
							p.save("acme", seen, dataOf("acme", seen))
						}
						if s := p.snapshot("acme"); s.Version > 0 && string(s.Data) != dataOf("acme", s.Version) {
							p.Fatalf("Snapshot = version %d, %s, data of another version", s.Version, shortened(string(s.Data)))
						}
					}
				}
			})
			p.wantFilled(p.commits("acme", 0), "acme", 1, last)
		},
	},
}
