package storetest

import (
	"fmt"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const laterSentence = "Of two times for one user the later one is stored, in whatever order the calls come."

// noon is a time without fractions of a second.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// repeats is how often a row repeats concurrent calls whose order decides the result of a store with a
// fault: by chance, the calls of one round may come in the right order.
const repeats = 8

func at(user usher.UserID, t time.Time) store.LastActive { return store.LastActive{User: user, At: t} }

var lastActiveRows = []row{
	{
		Name:     "LastActiveLater",
		Sentence: "SaveLastActive stores when users were last active. " + laterSentence,
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.append("other", 1, "one")
			p.saveLastActive("acme", at("mia", noon), at("max", noon))
			p.saveLastActive("acme", at("mia", noon.Add(time.Second)), at("max", noon.Add(-time.Second)))
			p.saveLastActive("acme", at("mia", noon.Add(-time.Hour)), at("old", time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)))
			p.saveLastActive("acme", at("two", noon), at("two", noon.Add(time.Minute)), at("two", noon.Add(time.Second)))
			p.saveLastActive("acme", at("old", time.Date(1949, 1, 1, 0, 0, 0, 0, time.UTC)))
			p.saveLastActive("acme")
			p.wantSame(p.lastActive("acme", ""), []store.LastActive{
				at("max", noon), at("mia", noon.Add(time.Second)), at("old", time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)), at("two", noon.Add(time.Minute)),
			}, "LastActiveTimes")
			p.wantSame(p.lastActive("other", ""), "[]", "LastActiveTimes of the other account")
		},
	},
	{
		Name:     "LastActiveLaterTogether",
		Sentence: laterSentence,
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			var want []store.LastActive
			for round := range repeats {
				user := usher.UserID(fmt.Sprint("user", round))
				p.together(8, func(i int) { p.saveLastActive("acme", at(user, noon.Add(time.Duration(i)*time.Minute))) })
				want = append(want, at(user, noon.Add(7*time.Minute)))
			}
			p.wantSame(p.lastActive("acme", ""), want, "LastActiveTimes")
		},
	},
	{
		Name:     "LastActiveVisible",
		Sentence: "Every read that begins after a nil error returns the times, but a crash may lose the latest.",
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for i := range 20 {
				t := noon.Add(time.Duration(i) * time.Second)
				p.saveLastActive("acme", at("mia", t))
				p.wantSame(p.lastActive("acme", ""), []store.LastActive{at("mia", t)}, "LastActiveTimes")
			}
		},
	},
	{
		Name:     "LastActiveAgain",
		Sentence: "After an error for which IsRejected returns false, some times may be stored; saving them again is safe.",
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			for range 3 {
				p.saveLastActive("acme", at("mia", noon), at("max", noon), at("mia", noon))
			}
			p.wantSame(p.lastActive("acme", ""), []store.LastActive{at("max", noon), at("mia", noon)}, "LastActiveTimes")
		},
	},
	{
		Name:     "LastActiveWithoutRecord",
		Sentence: "A user needs no record, and a time that is saved after the user's record was deleted is stored.",
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			p.saveLastActive("acme", at("mia", noon))
			p.append("acme", 2, "two", record("mia", ""))
			p.wantSame(p.lastActive("acme", ""), "[]", "LastActiveTimes after the record was deleted")
			p.saveLastActive("acme", at("mia", noon.Add(-time.Hour)))
			p.wantSame(p.lastActive("acme", ""), []store.LastActive{at("mia", noon.Add(-time.Hour))}, "LastActiveTimes, saved again")
			p.wantRecords("acme")
		},
	},
	{
		Name: "LastActiveRejected",
		Sentence: "For an account without commits, SaveLastActive returns usher.ErrUnknownAccount, for an erased " +
			"account ErrErased, and for a zero time or a time after the year 9999 ErrInvalid.",
		needs: needsUserData,
		check: func(p *probe) {
			save := func(account usher.AccountID, t time.Time) error {
				return p.userData.SaveLastActive(p.ctx, account, []store.LastActive{at("mia", t)})
			}
			p.append("acme", 1, "one")
			p.append("gone", 1, "one")
			p.erase("gone")
			p.wantError(save("unknown", noon), usher.ErrUnknownAccount, "SaveLastActive, no commits")
			p.wantError(save("gone", noon), store.ErrErased, "SaveLastActive, erased")
			p.wantError(save("acme", time.Time{}), store.ErrInvalid, "SaveLastActive, zero time")
			p.wantError(save("acme", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), store.ErrInvalid, "SaveLastActive in the year 10000")
			p.wantSame(p.lastActive("acme", ""), "[]", "LastActiveTimes")
			p.wantSame(p.lastActive("unknown", ""), "[]", "LastActiveTimes, no commits")
			p.append("unknown", 1, "one")
			p.wantSame(p.lastActive("unknown", ""), "[]", "LastActiveTimes after the first commit")
			latest := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
			p.saveLastActive("acme", at("mia", latest))
			p.wantSame(p.lastActive("acme", ""), []store.LastActive{at("mia", latest)}, "LastActiveTimes")
		},
	},
	{
		Name:     "LastActiveSorted",
		Sentence: "LastActiveTimes yields the last-active times of the users whose id is greater than after, sorted by the bytes of the ids, and ErrErased for an erased account.",
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acm", 1, "one")
			p.append("acme", 1, "one")
			p.append("acmee", 1, "one")
			p.saveLastActive("acm", at("neighbour", noon))
			p.saveLastActive("acmee", at("neighbour", noon))
			var given, want []store.LastActive
			for i := range many {
				given = append(given, at(usher.UserID(numbered(many-1-i)), noon.Add(time.Duration(i))))
				want = append(want, at(usher.UserID(numbered(i)), noon))
			}
			p.saveLastActive("acme", given...)
			p.wantSame(p.lastActive("acme", ""), want, "LastActiveTimes")
			for _, i := range []int{0, 254, 255, 256, 511, many - 2, many - 1} {
				p.wantSame(p.lastActive("acme", want[i].User), want[i+1:], "LastActiveTimes(after %q)", want[i].User)
			}
			p.erase("acme")
			before, err := failure(p.userData.LastActiveTimes(p.ctx, "acme", ""))
			p.wantError(err, store.ErrErased, "LastActiveTimes of an erased account")
			p.wantSame(len(before), 0, "number of LastActiveTimes before the error")
		},
	},
	{
		Name:     "LastActiveTruncated",
		Sentence: "A store truncates it to milliseconds, and returns it in UTC.",
		needs:    needsUserData,
		check: func(p *probe) {
			p.append("acme", 1, "one")
			elsewhere := time.FixedZone("elsewhere", -5*60*60)
			precise := noon.Add(250 * time.Millisecond)
			before1970 := time.Date(1960, 1, 1, 0, 0, 0, 999_999, time.UTC)
			p.saveLastActive("acme", at("mia", precise.Add(999_999).In(elsewhere)), at("old", before1970))
			got := p.lastActive("acme", "")
			p.wantSame(got, []store.LastActive{at("mia", precise), at("old", before1970.Truncate(time.Millisecond))}, "LastActiveTimes")
			for _, s := range got {
				if s.At.Location() != time.UTC {
					p.Errorf("the time of %q is in %v, want UTC", s.User, s.At.Location())
				}
			}
		},
	},
}
