package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-go/usher"
)

const (
	maxWaysTold  = 4   // more would not be read
	maxTries     = 600 // decisions; some tens of microseconds
	maxWayMoves  = 3
	maxMoveTeams = 4 // teams of others that are worth a try
)

// ways looks for what would turn a denial: it does one move after the other on a
// copy of the facts, nearest first, and keeps what the policy then allows.
func (p *Policy) remedies(f Facts, r usher.Request) []usher.Remedy {
	var found []plan
	tried := map[string]bool{}
	tries := 0
	front := []plan{{}}
	for range maxWayMoves {
		var next []plan
		for _, before := range front {
			at := p.whatIf(f, r).after(before.steps)
			a, err := p.ask(at, &at.request)
			if err != nil {
				continue
			}
			for _, m := range p.candidates(at, a.outcome) {
				after := before.with(m)
				if key := after.key(); tried[key] || tries == maxTries {
					continue
				} else {
					tried[key] = true
				}
				tries++
				then := at.after(m.steps)
				switch a, err := p.ask(then, &then.request); {
				case err != nil:
				case a.outcome.reason() == usher.ReasonGranted:
					found = append(found, after)
				default:
					next = append(next, after)
				}
			}
		}
		slices.SortFunc(next, comparePlans)
		front = next
	}
	return tell(found)
}

// move is a few steps that somebody would see as one.
type move struct {
	text  string // in names of the policy, which tells moves apart
	title string // what people call it; "" for text
	cost  int    // how far away it is, to compare by
	steps []usher.Step
}

// plan is some moves, in any order.
type plan struct {
	texts  []string // sorted
	titles []string // of each text
	cost   int
	steps  []usher.Step
}

func (p plan) with(m move) plan {
	title := m.title
	if title == "" {
		title = m.text
	}
	at, _ := slices.BinarySearch(p.texts, m.text)
	p.texts = slices.Insert(slices.Clone(p.texts), at, m.text)
	p.titles = slices.Insert(slices.Clone(p.titles), at, title)
	p.cost += m.cost
	p.steps = slices.Concat(p.steps, m.steps)
	return p
}

func (p plan) key() string { return strings.Join(p.texts, "\n") }

func comparePlans(a, b plan) int {
	return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(len(a.texts), len(b.texts)), slices.Compare(a.texts, b.texts))
}

// tell picks the nearest plans, without those that do more than another one.
func tell(found []plan) []usher.Remedy {
	slices.SortFunc(found, comparePlans)
	var kept []plan
	for _, p := range found {
		more := slices.ContainsFunc(kept, func(k plan) bool {
			return !slices.ContainsFunc(k.texts, func(t string) bool { return !slices.Contains(p.texts, t) })
		})
		if !more && len(kept) < maxWaysTold {
			kept = append(kept, p)
		}
	}
	var ways []usher.Remedy
	for _, p := range kept {
		ways = append(ways, usher.Remedy{Text: strings.Join(p.titles, ", and "), Steps: p.steps})
	}
	return ways
}
