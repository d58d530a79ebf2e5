package report

import (
	"cmp"
	"fmt"
	"maps"
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

// form is a form of calls, with the maximum time as a multiple of the reference, by the number of
// users.
type form struct {
	name, goal string
	atMost     map[int]float64
	of         func(*measure.Result) float64
}

// forms are the forms of calls in the order of the report. Those but the first need a
// peer.Caller, or are those of every peer.
var forms = []form{
	{
		"one check by Request", "One check by Request",
		map[int]float64{100: 1.35, 10_000: 1.15, 1_000_000: 0.9},
		func(r *measure.Result) float64 { return r.Check.Ratio },
	},
	{
		"one check by arguments", "One check by arguments, on the engine's short form",
		map[int]float64{100: 1.25, 10_000: 1.0, 1_000_000: 0.8},
		func(r *measure.Result) float64 { return r.Forms.Arguments.Ratio },
	},
	{
		"each of five checks, As included", "Each of five checks of a request, As included",
		map[int]float64{100: 1.0, 10_000: 0.8, 1_000_000: 0.75},
		func(r *measure.Result) float64 { return r.Forms.Visit.Ratio },
	},
	{
		"five actions on a calendar", "All five actions on a calendar",
		map[int]float64{100: 1.8, 10_000: 1.4, 1_000_000: 1.2},
		func(r *measure.Result) float64 { return r.Actions.Ratio },
	},
	{
		"list of calendars", "List of calendars, in Go",
		map[int]float64{100: 1.8, 10_000: 1.8, 1_000_000: 1.7},
		func(r *measure.Result) float64 { return r.List.Ratio },
	},
	{
		"batch of 16 users", "Batch of 16 users",
		map[int]float64{1_000_000: 0.7},
		func(r *measure.Result) float64 { return r.Forms.Batch.Ratio },
	},
}

const (
	faster     = 12   // times the fastest peer, up to 10,000 users
	changed    = 10   // µs until a role change is seen
	cores      = 0.95 // of the number of processors: how many times as much they do as one
	heapMost   = 72   // bytes for a user, at the largest size
	heapFactor = 3    // the minimum heap of the smallest peer, as a multiple of usher's
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
	for _, f := range forms {
		judge(f.goal+" takes at most "+f.limits()+" times the reference", func(users int, usher *measure.Result) (string, bool) {
			most, ok := f.atMost[users]
			if !ok || usher.Forms == nil {
				return "", true
			}
			return fmt.Sprintf("%.2f", f.of(usher)), f.of(usher) <= most
		})
	}
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
	judge("No form of a check allocates", func(_ int, usher *measure.Result) (string, bool) {
		allocs := usher.Allocs
		if usher.Forms != nil {
			allocs += usher.Forms.Allocs
		}
		return fmt.Sprintf("%.2f", allocs), allocs < 0.005
	})
	judge(fmt.Sprintf("A role change is seen within %d µs (median), at a million users in one account", changed),
		func(_ int, usher *measure.Result) (string, bool) {
			return Duration(usher.Change.Peer), usher.Change.Peer <= changed*1000
		})
	judge(fmt.Sprintf("%d processors make at least %.1f times as many checks as one, also with 10,000 commits a second alongside", r.Cores, cores*float64(r.Cores)),
		func(_ int, usher *measure.Result) (string, bool) {
			f := usher.Forms
			if f == nil {
				return "", true
			}
			return fmt.Sprintf("%.2f, and %.2f with %s commits a second", f.Cores, f.CoresChanged, count(int(f.Commits))), min(f.Cores, f.CoresChanged) >= cores*float64(r.Cores)
		})
	judge(fmt.Sprintf("The heap for a user is at most %d bytes, at the largest size", heapMost), func(users int, usher *measure.Result) (string, bool) {
		if sizes := r.sizes(); users != sizes[len(sizes)-1] {
			return "", true
		}
		return fmt.Sprintf("%.0f B", usher.Heap), usher.Heap <= heapMost
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

// limits returns "1.8, 1.4 and 1.2", in the order of the sizes.
func (f *form) limits() string {
	var list []string
	for _, users := range slices.Sorted(maps.Keys(f.atMost)) {
		list = append(list, fmt.Sprint(f.atMost[users])+" (at "+count(users)+")")
	}
	return strings.Join(list, ", ")
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
