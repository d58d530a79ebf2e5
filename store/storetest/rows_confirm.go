package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

const (
	confirmSentence = "Before it, such a loop yields a hint for each commit and each erasure that was acknowledged before the call began and after the loop began, or the zero Hint."
	markSentence    = "Confirm makes the loops of Watch that run on this value yield a hint with a mark of at least the mark that it returns."
)

var confirmRows = []row{
	{
		Name:     "ConfirmMarks",
		Sentence: markSentence,
		needs:    needsConfirmer,
		check: func(p *probe) {
			one, two := p.watch(), p.watch()
			for range 5 {
				mark := p.confirm()
				one.until(mark)
				two.until(mark)
			}
		},
	},
	{
		Name:     "ConfirmHints",
		Sentence: confirmSentence,
		needs:    needsConfirmer,
		check:    func(p *probe) { p.confirmHints(p) },
	},
	{
		Name:     "ConfirmMany",
		Sentence: confirmSentence,
		needs:    needsConfirmer,
		check: func(p *probe) {
			const many = 300
			w := p.watch()
			for i := range many {
				p.append(numbered(i), 1, "one")
			}
			hints := w.until(p.confirm())
			for i := range many {
				p.wantHint(hints, numbered(i), 1)
			}
		},
	},
	{
		Name:     "ConfirmAscends",
		Sentence: "Marks ascend.",
		needs:    needsConfirmer,
		check: func(p *probe) {
			w, last := p.watch(), uint64(0)
			for range 5 {
				mark := p.confirm()
				if mark <= last {
					p.Errorf("Confirm returned mark %d after %d", mark, last)
				}
				last = mark
			}
			yielded := uint64(0)
			for _, h := range w.until(last) {
				if h.Mark != 0 && h.Mark <= yielded {
					p.Errorf("Watch yielded mark %d after %d", h.Mark, yielded)
				}
				yielded = max(yielded, h.Mark)
			}
		},
	},
	{
		Name:     "ConfirmAnswers",
		Sentence: "Mark is not 0 only in the answer to a call of Confirm. Such a hint is about no account.",
		needs:    needsConfirmer,
		check: func(p *probe) {
			w := p.watch()
			p.fill("acme", 3)
			first := p.confirm()
			w.until(first)
			p.append("acme", 4, "four")
			last := p.confirm()
			for _, h := range w.until(last) {
				if h.Mark != 0 && (h.Mark < first || h.Mark > last || h.Account != "" || h.Version != 0) {
					p.Errorf("Watch yielded %+v, and the calls of Confirm returned %d and %d", h, first, last)
				}
			}
		},
	},
	{
		Name:     "SecondConfirm",
		Sentence: confirmSentence,
		needs:    needsSecondConfirmer,
		check:    func(p *probe) { p.confirmHints(p.second()) },
	},
}

// confirmHints changes accounts through other, and wants hints for all changes before each mark.
func (p *probe) confirmHints(other *probe) {
	w := p.watch()
	for n := uint64(1); n <= 10; n++ {
		id := usher.AccountID(fmt.Sprint("account", n))
		other.append("acme", n, "more")
		other.append(id, 1, "one")
		hints := w.until(p.confirm())
		p.wantHint(hints, "acme", n)
		p.wantHint(hints, id, 1)
		other.erase(id)
		p.wantHint(w.until(p.confirm()), id, store.Erased)
	}
}

// wantHint fails unless one of the hints covers a version of an account.
func (p *probe) wantHint(hints []store.Hint, account usher.AccountID, version uint64) {
	p.Helper()
	for _, h := range hints {
		if h.Mark == 0 && (h == store.Hint{} || h.Account == account && (h.Version == 0 || h.Version >= version)) {
			return
		}
	}
	p.Fatalf("no hint for version %d of %q before the mark", version, account)
}

func (p *probe) confirm() uint64 {
	p.Helper()
	mark, err := p.confirmer.Confirm(p.ctx)
	if err != nil {
		p.Fatalf("Confirm: %v", err)
	}
	if mark == 0 {
		p.Fatalf("Confirm returned mark 0 (want 1 or more)")
	}
	return mark
}

// watched is a loop of Watch, with the hints after its beginning that until has not returned yet.
type watched struct {
	p       *probe
	mu      sync.Mutex
	hints   []store.Hint
	changed chan struct{} // contains a value if there may be new hints
}

// watch begins a loop of Watch, which ends with the row.
func (p *probe) watch() *watched {
	w := &watched{p: p, changed: make(chan struct{}, 1)}
	begun := make(chan struct{})
	go func() {
		first := true
		for h, err := range p.watcher.Watch(p.ctx) {
			switch {
			case err != nil && p.ctx.Err() != nil:
				return // the row is over, and the store may be closed
			case err != nil:
				p.Errorf("Watch: %v", err)
			case first:
				first = false
				close(begun)
			default:
				w.mu.Lock()
				w.hints = append(w.hints, h)
				w.mu.Unlock()
				select {
				case w.changed <- struct{}{}:
				default:
				}
			}
		}
	}()
	select {
	case <-begun:
	case <-p.ctx.Done():
	}
	return w
}

// until waits for a mark, and returns the hints up to it. Without the mark, the row hangs.
func (w *watched) until(mark uint64) []store.Hint {
	for {
		w.mu.Lock()
		for i, h := range w.hints {
			if h.Mark >= mark {
				before := w.hints[:i+1]
				w.hints = w.hints[i+1:]
				w.mu.Unlock()
				return before
			}
		}
		w.mu.Unlock()
		select {
		case <-w.changed:
		case <-time.After(time.Second):
		case <-w.p.ctx.Done():
			return nil
		}
	}
}
