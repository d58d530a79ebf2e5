package report

import (
	"fmt"
	"strings"

	"github.com/usher-go/usher/benchmarks/measure"
)

// Markdown returns the report as a page.
func (r *Report) Markdown() string {
	var w strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&w, format+"\n", args...) }
	p("# Results\n")
	p("Written by `go run .` on %s: %s, %s, %d cores, seed %d, %.0f minutes. What is measured, and how, is in", r.Date, r.Go, r.Machine, r.Cores, r.Seed, r.Minutes)
	p("[README.md](README.md). **Ratios count**: each is to the hand-written reference, which took turns with the peer in the same")
	p("process, in the same minute. Times are this machine's.\n")
	r.noise(p)
	if r.Quick {
		p("This was a quick run: the figures say nothing.\n")
	}
	p("![A check, as a multiple of the hand-written reference](chart.svg)\n")
	p("## What usher is held against\n")
	p("| goal | holds | found, by the number of users |\n|---|---|---|")
	for _, g := range r.Goals {
		p("| %s | %s | %s |", g.Text, map[bool]string{true: "yes", false: "**no**"}[g.Holds], g.Found)
	}
	r.forms(p)
	for _, users := range r.sizes() {
		p("\n## %s users\n", count(users))
		r.checks(p, users)
		r.rest(p, users)
	}
	p("\n## Versions\n")
	p("| module | version |\n|---|---|")
	listed := map[string]bool{"": true}
	for _, one := range r.Peers {
		if !listed[one.Module] {
			p("| %s | %s |", one.Module, one.Version)
		}
		listed[one.Module] = true
	}
	return w.String()
}

// noise states what the reference measures against itself, which would be 1 on a quiet machine.
func (r *Report) noise(p func(string, ...any)) {
	var found []string
	for _, users := range r.sizes() {
		if one := r.find(ByHand, users); one != nil {
			found = append(found, fmt.Sprintf("%.2f at %s", one.Check.Ratio, count(users)))
		}
	}
	if len(found) > 0 {
		p("**Noise**: against itself, the reference takes %s users. Differences of that size mean nothing.\n", strings.Join(found, ", "))
	}
}

// forms writes the forms of calls of usher, each with the time as a multiple of the reference.
func (r *Report) forms(p func(string, ...any)) {
	p("\n## Forms of calls\n")
	p("The time of usher as a multiple of the reference, which answers the same questions one by one.\n")
	head, line := "| |", "|---|"
	for _, users := range r.sizes() {
		head += " " + count(users) + " users | goal |"
		line += "---|---|"
	}
	p("%s\n%s", head, line)
	for _, f := range forms {
		row := "| " + f.name + " |"
		for _, users := range r.sizes() {
			usher, goal := r.find(Usher, users), ""
			if most, ok := f.atMost[users]; ok {
				goal = fmt.Sprintf("%.2f", most)
			}
			if usher == nil || usher.Forms == nil {
				row += " | |"
				continue
			}
			row += fmt.Sprintf(" %.2f | %s |", f.of(usher), goal)
		}
		p("%s", row)
	}
}

func (r *Report) checks(p func(string, ...any), users int) {
	p("| a check | **times the reference** | on all cores | single calls, p50 | time | on all cores | p50 | p99 | allocations | bytes | agreed |")
	p("|---|---|---|---|---|---|---|---|---|---|---|")
	for _, result := range r.at(users) {
		title := r.title(result.Peer)
		if result.Refused != "" {
			p("| %s | %s | | | | | | | | | |", title, strings.ReplaceAll(result.Refused, "|", "/"))
			continue
		}
		p("| %s | **%s** | %s | %s | %s | %s | %s | %s | %s | %.0f | %s |", title,
			times(result.Check.Ratio), times(result.Parallel.Ratio), times(result.P50.Ratio),
			Duration(result.Check.Peer), Duration(result.Parallel.Peer), Duration(result.P50.Peer), Duration(result.P99.Peer),
			number(result.Allocs), result.Bytes, count(result.Agreed))
	}
}

func (r *Report) rest(p func(string, ...any), users int) {
	p("\n| the rest | load | first import | heap a user | with its store | role change seen | p99 | all actions | × one check | × the reference | list of %s | × the reference |", r.page(users))
	p("|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, result := range r.at(users) {
		if result.Refused != "" {
			continue
		}
		imported := ""
		if result.PrepareTime > 0 {
			imported = Duration(result.PrepareTime * 1e9)
		}
		p("| %s | %s | %s | %.0f B | %.0f B | %s | %s | %s | %.2f | %s | %s | %s |", r.title(result.Peer),
			Duration(result.LoadTime*1e9), imported, result.Heap, result.HeapStored, Duration(result.Change.Peer), Duration(result.ChangeP99),
			Duration(result.Actions.Peer), result.ActionsEach, times(result.Actions.Ratio), Duration(result.List.Peer), times(result.List.Ratio))
	}
}

func (r *Report) page(users int) string {
	for _, result := range r.at(users) {
		if result.ListOf > 0 {
			return fmt.Sprintf("%.0f calendars", result.ListOf)
		}
	}
	return "calendars"
}

// at returns the results at a size, in the order of the peers.
func (r *Report) at(users int) (list []measure.Result) {
	for _, p := range r.Peers {
		for _, result := range r.Results {
			if result.Peer == p.Name && result.Users == users {
				list = append(list, result)
			}
		}
	}
	return list
}

// Duration returns a number of nanoseconds as text with two or three digits.
func Duration(ns float64) string {
	for _, unit := range []struct {
		of   float64
		name string
	}{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}} {
		if ns >= unit.of {
			return digits(ns/unit.of) + " " + unit.name
		}
	}
	return fmt.Sprintf("%.0f ns", ns)
}

func digits(x float64) string {
	switch {
	case x < 10:
		return fmt.Sprintf("%.1f", x)
	case x < 1000:
		return fmt.Sprintf("%.0f", x)
	}
	return count(int(x + 0.5))
}

// times returns a ratio as text.
func times(x float64) string {
	if x < 10 {
		return fmt.Sprintf("%.2f", x)
	}
	return digits(x)
}

// number returns a number of allocations as text, "0" if it is almost zero.
func number(x float64) string {
	if x < 0.005 {
		return "0"
	}
	return digits(x)
}

// count returns a number as text with commas.
func count(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
