package ceilingproof_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/raced"
)

var (
	seedFlag   = flag.Uint64("seed", 1, "the first seed of the random fixtures")
	worldsFlag = flag.Int("worlds", raced.Part(fullRun, fullRun/15), "the number of fixtures")
	goOnFlag   = flag.Bool("go-on", false, "count broken promises and needless rejections instead of failing at the first")
)

var needlessFlag = flag.Int("needless", 0, "the number of needless rejections to print")

const (
	commandsOfAWorld = 40
	fullRun          = 150 // number of fixtures with meaningful counts
)

// TestCommands sends random commands as users of random fixtures. No command may give or take more
// than the actor has, and few other commands may be rejected as escalation.
func TestCommands(t *testing.T) {
	seen, shown := counts{}, 0
	for i := range *worldsFlag {
		w := drawFixture(t, *seedFlag+uint64(i))
		seen.countWords(w)
		for range commandsOfAWorld {
			p, ok := w.next()
			if !ok {
				break
			}
			d, b, err := w.step(p, seen)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case b != nil:
				report(t, w, d, b, "TestCommands")
			case d != nil && seen.total(needless) > shown:
				if shown++; shown <= *needlessFlag {
					small, text := shrink(w.scenario(d), scenario.refused)
					t.Logf("%s\n\n%v", text, small)
				}
			}
		}
	}
	t.Logf("counts of the commands:\n%v", seen)
	if *worldsFlag >= fullRun {
		seen.check(t)
		seen.checkWords(t)
	}
}

// report fails with the smallest scenario that shows a breach.
func report(t *testing.T, w *fixture, d *effect, b *breach, test string) {
	t.Helper()
	again := fmt.Sprintf("to repeat: go test ./ceilingproof -run %s -worlds 1 -seed %d", test, w.seed)
	s, text := w.scenario(d), b.String()
	for e := range d.before.View(nil).Scheduled(account.ScheduleEntry{}) {
		text += fmt.Sprintf("\nscheduled as %d for %s: %s", e.ID, e.At.Format("15:04"), account.Describe(e.Command))
	}
	if *goOnFlag {
		t.Logf("%s\n%s\n%s", text, describe(d.proposal), again)
		return
	}
	if small, of := shrink(s, func(s scenario) string { return s.breaks(w.propose) }); of != "" {
		s, text = small, of
	}
	t.Fatalf("%s\n\n%v\n%s", text, s, again)
}

func (w *fixture) scenario(d *effect) scenario {
	return scenario{w.doc, seedOf(d.before), []account.Proposal{d.proposal}}
}
