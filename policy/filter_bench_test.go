package policy_test

import (
	"testing"
	"time"

	"github.com/usher-go/usher"
)

// BenchmarkFilter makes the filter of a team manager and matches calendars one by one, in
// comparison with a check of each.
func BenchmarkFilter(b *testing.B) {
	p, w := onceHub(b), office()
	r := every("tom", "calendar.edit")
	b.Run("make", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := p.Filter(w, r); err != nil {
				b.Fatal(err)
			}
		}
	})
	f, err := p.Filter(w, r)
	if err != nil {
		b.Fatal(err)
	}
	for name, calendar := range map[string]*usher.Object{
		"match-own":      {Type: "calendar", Parties: map[string][]string{"host": {"tom"}}},
		"match-of-team":  {Type: "calendar", Parties: map[string][]string{"host": {"mia"}, "team": {"emea"}}},
		"match-of-other": {Type: "calendar", Parties: map[string][]string{"host": {"ned"}}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			one := *r
			one.Resource = calendar
			var took [2]time.Duration
			const turn = 1000
			for i := 0; i < b.N; i += turn {
				start := time.Now()
				var matches bool
				var failed error
				for range turn {
					matches, failed = f.Match(calendar)
				}
				middle := time.Now()
				for range turn {
					d, err := p.Decide(w, &one)
					if err != nil || failed != nil || d.Allowed() != matches {
						b.Fatal(d, err, failed)
					}
				}
				took[0] += middle.Sub(start)
				took[1] += time.Since(middle)
			}
			turns := float64((b.N + turn - 1) / turn * turn)
			b.ReportMetric(float64(took[0])/turns, "ns-filter")
			b.ReportMetric(float64(took[1])/turns, "ns-check")
			b.ReportMetric(float64(took[0])/float64(took[1]), "x-check")
		})
	}
}
