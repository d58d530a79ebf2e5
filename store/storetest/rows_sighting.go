package storetest

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const laterSentence = "Of two times for one user the later stays, in whatever order they come."

// noon is some moment of whole seconds.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(user usher.UserID, t time.Time) store.LastActive { return store.LastActive{User: user, At: t} }

var sightingRows = []row{
	{
		Name:     "SeenLater",
		Sentence: "Seen keeps when users were last seen. " + laterSentence,
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.append("other", 1, "one")
			p.seen("acme", at("mia", noon), at("max", noon))
			p.seen("acme", at("mia", noon.Add(time.Second)), at("max", noon.Add(-time.Second)))
			p.seen("acme", at("mia", noon.Add(-time.Hour)), at("old", time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)))
			p.seen("acme", at("two", noon), at("two", noon.Add(time.Minute)), at("two", noon.Add(time.Second)))
			p.seen("acme", at("old", time.Date(1949, 1, 1, 0, 0, 0, 0, time.UTC)))
			p.seen("acme")
			p.same(p.sightings("acme", ""), []store.LastActive{
				at("max", noon), at("mia", noon.Add(time.Second)), at("old", time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)), at("two", noon.Add(time.Minute)),
			}, "Sightings")
			p.same(p.sightings("other", ""), "[]", "Sightings of the other account")
		},
	},
	{
		Name:     "SeenLaterTogether",
		Sentence: laterSentence,
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.together(32, func(i int) { p.seen("acme", at("mia", noon.Add(time.Duration(i)*time.Second))) })
			p.same(p.sightings("acme", ""), []store.LastActive{at("mia", noon.Add(31*time.Second))}, "Sightings")
		},
	},
	{
		Name:     "SeenVisible",
		Sentence: "Every read that begins after a nil error sees them, but a crash may lose the latest.",
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for i := range 20 {
				t := noon.Add(time.Duration(i) * time.Second)
				p.seen("acme", at("mia", t))
				p.same(p.sightings("acme", ""), []store.LastActive{at("mia", t)}, "Sightings")
			}
		},
	},
	{
		Name:     "SeenAgain",
		Sentence: "After an error some may be kept; giving them again does no harm.",
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for range 3 {
				p.seen("acme", at("mia", noon), at("max", noon), at("mia", noon))
			}
			p.same(p.sightings("acme", ""), []store.LastActive{at("max", noon), at("mia", noon)}, "Sightings")
		},
	},
	{
		Name:     "SeenWithoutRecord",
		Sentence: "A sighting needs no record, and one given after the user was erased is kept again.",
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.seen("acme", at("mia", noon))
			p.append("acme", 2, "two", record("mia", ""))
			p.same(p.sightings("acme", ""), "[]", "Sightings after the user was erased")
			p.seen("acme", at("mia", noon.Add(-time.Hour)))
			p.same(p.sightings("acme", ""), []store.LastActive{at("mia", noon.Add(-time.Hour))}, "Sightings, seen again")
			p.wantRecords("acme")
		},
	},
	{
		Name: "SeenRefused",
		Sentence: "An account that has no commits is refused with usher.ErrUnknownAccount, an erased one with ErrErased, " +
			"a zero time or one past the year 9999 with ErrInvalid.",
		needs: aKeeper,
		check: func(p *probe) {
			seen := func(account usher.AccountID, t time.Time) error {
				return p.keeper.SaveLastActive(p.ctx, account, []store.LastActive{at("mia", t)})
			}
			p.append("acme", 1, "one")
			p.append("gone", 1, "one")
			p.erase("gone")
			p.refused(seen("unknown", noon), usher.ErrUnknownAccount, "Seen, no commits")
			p.refused(seen("gone", noon), store.ErrErased, "Seen, erased")
			p.refused(seen("acme", time.Time{}), store.ErrInvalid, "Seen, zero time")
			p.refused(seen("acme", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), store.ErrInvalid, "Seen in the year 10000")
			p.same(p.sightings("acme", ""), "[]", "Sightings")
			p.same(p.sightings("unknown", ""), "[]", "Sightings, no commits")
			p.append("unknown", 1, "one")
			p.same(p.sightings("unknown", ""), "[]", "Sightings after the first commit")
			latest := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
			p.seen("acme", at("mia", latest))
			p.same(p.sightings("acme", ""), []store.LastActive{at("mia", latest)}, "Sightings")
		},
	},
	{
		Name:     "SightingsSorted",
		Sentence: "Sightings yields the sightings of the users who come after the one given, sorted by the bytes of their ids, and ErrErased for an erased account.",
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acm", 1, "one")
			p.append("acme", 1, "one")
			p.append("acmee", 1, "one")
			p.seen("acm", at("neighbour", noon))
			p.seen("acmee", at("neighbour", noon))
			var given, want []store.LastActive
			for i := range many {
				given = append(given, at(usher.UserID(numbered(many-1-i)), noon.Add(time.Duration(i))))
				want = append(want, at(usher.UserID(numbered(i)), noon))
			}
			p.seen("acme", given...)
			p.same(p.sightings("acme", ""), want, "Sightings")
			for _, i := range []int{0, 254, 255, 256, 511, many - 2, many - 1} {
				p.same(p.sightings("acme", want[i].User), want[i+1:], "Sightings(after %q)", want[i].User)
			}
			p.erase("acme")
			before, err := failure(p.keeper.LastActiveTimes(p.ctx, "acme", ""))
			p.refused(err, store.ErrErased, "Sightings of an erased account")
			p.same(len(before), 0, "number of Sightings before the error")
		},
	},
	{
		Name:     "SightingTime",
		Sentence: "A store keeps whole milliseconds, the rest is cut off, and hands the time out in UTC.",
		needs:    aKeeper,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			elsewhere := time.FixedZone("elsewhere", -5*60*60)
			precise := noon.Add(250 * time.Millisecond)
			before1970 := time.Date(1960, 1, 1, 0, 0, 0, 999_999, time.UTC)
			p.seen("acme", at("mia", precise.Add(999_999).In(elsewhere)), at("old", before1970))
			got := p.sightings("acme", "")
			p.same(got, []store.LastActive{at("mia", precise), at("old", before1970.Truncate(time.Millisecond))}, "Sightings")
			for _, s := range got {
				if s.At.Location() != time.UTC {
					p.Errorf("the time of %q is in %v, want UTC", s.User, s.At.Location())
				}
			}
		},
	},
}
