package ceilingproof_test

import (
	"flag"
	"fmt"
	"testing"

	"github.com/usher-go/usher/account"
)

var (
	seedFlag   = flag.Uint64("seed", 1, "the first seed of the random worlds")
	worldsFlag = flag.Int("worlds", 100, "how many worlds there are")
	goOnFlag   = flag.Bool("go-on", false, "count broken promises and needless refusals instead of failing at the first")
)

const commandsOfAWorld = 40

// TestCommands sends random commands as users of random worlds. No command gives or takes more than
// the actor has, and few are refused that would not.
func TestCommands(t *testing.T) {
	seen := tally{}
	for i := range *worldsFlag {
		w := drawWorld(t, *seedFlag+uint64(i))
		for range commandsOfAWorld {
			w.wait()
			actor, ok := w.actor()
			if !ok {
				break
			}
			d, b, err := w.step(w.proposal(actor), seen)
			if err != nil {
				t.Fatal(err)
			}
			if b != nil {
				report(t, w, d, b, usual)
			}
		}
	}
	t.Logf("what came of the commands:\n%v", seen)
}

// report shrinks what a breach needs, and fails.
func report(t *testing.T, w *world, d *deal, b *breach, door door) {
	t.Helper()
	again := fmt.Sprintf("to see it again: go test ./ceilingproof -run TestCommands -worlds 1 -seed %d", w.seed)
	s := scenario{w.doc, contentsOf(d.before), []account.Proposal{d.proposal}}
	text := b.String()
	if small, of := shrink(s, func(s scenario) string { return s.breaks(door) }); of != "" {
		s, text = small, of
	}
	fail := t.Fatalf
	if *goOnFlag {
		fail = t.Logf
	}
	fail("%s\n\n%v\n%s", text, s, again)
}
