package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-go/usher"
)

const (
	maxRemedies = 4   // more are not useful to a reader
	maxTries    = 600 // decisions; tens of microseconds in all
	maxSteps    = 3
	maxTeams    = 4 // teams of the parties that are tried
)

// remedies searches for changes that turn a denial into an allow. It applies candidates to
// a copy of the facts, in order of increasing cost, and keeps those that the policy allows.
func (p *Policy) remedies(f Facts, r usher.Request) []usher.Remedy {
	var found []plan
	tried := map[string]bool{}
	tries := 0
	front := []plan{{}}
	for range maxSteps {
		var next []plan
		for _, before := range front {
			at := p.whatIf(f, r).after(before.steps)
			a, err := p.evaluate(at, &at.request)
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
				switch a, err := p.evaluate(then, &then.request); {
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
	return nearest(found)
}

// candidate is a change of one or more steps that a reader sees as one change.
type candidate struct {
	text  string // in names of the policy; unique
	title string // the display text; "" for text
	cost  int    // for comparison
	steps []usher.Step
}

// plan is a set of candidates; the order does not matter.
type plan struct {
	texts  []string // sorted
	titles []string // by text
	cost   int
	steps  []usher.Step
}

func (p plan) with(m candidate) plan {
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

// nearest returns the plans with the lowest cost, without supersets of other plans.
func nearest(found []plan) []usher.Remedy {
	slices.SortFunc(found, comparePlans)
	var kept []plan
	for _, p := range found {
		more := slices.ContainsFunc(kept, func(k plan) bool {
			return !slices.ContainsFunc(k.texts, func(t string) bool { return !slices.Contains(p.texts, t) })
		})
		if !more && len(kept) < maxRemedies {
			kept = append(kept, p)
		}
	}
	var remedies []usher.Remedy
	for _, p := range kept {
		remedies = append(remedies, usher.Remedy{Text: strings.Join(p.titles, ", and "), Steps: p.steps})
	}
	return remedies
}
