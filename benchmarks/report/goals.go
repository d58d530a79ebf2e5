package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-go/usher/benchmarks/measure"
)

// Goal is a goal for usher, and whether a run reaches it.
type Goal struct {
	Text  string `json:"goal"`
	Found string `json:"found"`
	Holds bool   `json:"holds"`
}

// atMost is the maximum time of a check as a multiple of the reference, by the number of
// users.
var atMost = map[int]float64{100: 1.4, 10_000: 1.2, 1_000_000: 1.1}

const (
	faster     = 12  // times the fastest peer, up to 10,000 users
	changed    = 20  // µs until a role change is seen
	perCheck   = 2.0 // the maximum time of all actions, in checks
	heapFactor = 3   // the minimum heap of the smallest peer, as a multiple of usher's
)

// goals returns the goals for the measured sizes.
func goals(r *Report) (list []Goal) {
	judge := func(text string, each func(users int, usher *measure.Result) (found string, holds bool)) {
		g := Goal{Text: text, Holds: true}
		var found []string
		for _, users := range r.sizes() {
			usher := r.find(Usher, users)
			if usher == nil {
				continue
			}
			text, holds := each(users, usher)
			if text == "" {
				continue
			}
			found = append(found, count(users)+": "+text)
			g.Holds = g.Holds && holds
		}
		if len(found) > 0 {
			g.Found = strings.Join(found, "; ")
			list = append(list, g)
		}
	}
	judge("A check takes at most 1.4, 1.2 and 1.1 times the hand-written reference at 100, 10,000 and 1,000,000 users",
		func(users int, usher *measure.Result) (string, bool) {
			most, ok := atMost[users]
			if !ok {
				return "", true
			}
			return fmt.Sprintf("%.2f", usher.Check.Ratio), usher.Check.Ratio <= most
		})
	judge(fmt.Sprintf("A check is at least %d times faster than the fastest peer's, at 100 and 10,000 users", faster),
		func(users int, usher *measure.Result) (string, bool) {
			peers := r.others(users, func(a *measure.Result) float64 { return a.Check.Ratio })
			if users > 10_000 || len(peers) == 0 {
				return "", true
			}
			var text []string
			for _, p := range peers[:min(3, len(peers))] {
				text = append(text, fmt.Sprintf("%.1f times %s", p.Check.Ratio/usher.Check.Ratio, r.title(p.Peer)))
			}
			return strings.Join(text, ", "), peers[0].Check.Ratio >= faster*usher.Check.Ratio
		})
	judge("A check allocates nothing", func(_ int, usher *measure.Result) (string, bool) {
		return fmt.Sprintf("%.2f", usher.Allocs), usher.Allocs < 0.005
	})
	judge(fmt.Sprintf("A role change is seen within %d µs (median), at a million users in one account", changed),
		func(_ int, usher *measure.Result) (string, bool) {
			return Duration(usher.Change.Peer), usher.Change.Peer <= changed*1000
		})
	judge("All actions on a calendar take at most twice one check", func(_ int, usher *measure.Result) (string, bool) {
		return fmt.Sprintf("%.2f", usher.ActionsEach), usher.ActionsEach <= perCheck
	})
	judge("The heap for a user is at most a third of the smallest peer's, at the largest size",
		func(users int, usher *measure.Result) (string, bool) {
			peers := r.others(users, func(a *measure.Result) float64 { return a.Heap })
			if sizes := r.sizes(); users != sizes[len(sizes)-1] || len(peers) == 0 {
				return "", true
			}
			text := []string{fmt.Sprintf("usher %.0f B", usher.Heap)}
			for _, p := range peers[:min(3, len(peers))] {
				text = append(text, fmt.Sprintf("%s %.0f B", r.title(p.Peer), p.Heap))
			}
			return strings.Join(text, ", "), peers[0].Heap >= heapFactor*usher.Heap
		})
	return list
}

// others returns the other peers measured at a size, the smallest value first.
func (r *Report) others(users int, by func(*measure.Result) float64) (list []*measure.Result) {
	for _, p := range r.Peers {
		if one := r.find(p.Name, users); one != nil && p.Name != ByHand && p.Name != Usher {
			list = append(list, one)
		}
	}
	slices.SortStableFunc(list, func(a, b *measure.Result) int { return cmp.Compare(by(a), by(b)) })
	return list
}
