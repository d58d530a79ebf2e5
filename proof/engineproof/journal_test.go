package engineproof_test

import (
	"context"
	"slices"
	"strings"

	"github.com/usher-go/usher/account"
)

// journal returns the commits that the store has at the end.
func (h *history) journal() (all []*account.Commit) {
	for stored, err := range h.handle(0).store.Commits(context.Background(), h.account, 0) {
		if err != nil {
			h.errorf("read the journal: %v", err)
			return all
		}
		c, err := account.DecodeCommit(stored.Data)
		if err != nil || c.Version != stored.Version || c.Version != uint64(len(all)+1) || c.Account != h.account {
			h.errorf("commit %d is %+v, %v", len(all)+1, c, err)
			return all
		}
		all = append(all, c)
	}
	return all
}

// audit compares the results with the journal: each commit is the effect of one batch on the
// version before, and each batch has the result that its client got.
func (h *history) audit(seen *counts) {
	batches := map[string]*record{} // by their ids
	for _, r := range h.records {
		if r.what == submit {
			batches[r.id] = r
		}
	}
	state, now := account.New(h.account), modelAccount{}
	commits, keys := map[string]*account.Commit{}, map[string]*account.Commit{}
	for _, c := range h.journal() {
		next, err := state.Apply(c)
		if err != nil {
			h.errorf("replay: %v", err)
			return
		}
		state = next
		was := now
		if now, err = plain(state.View(nil)); err != nil {
			h.errorf("version %d: %v", c.Version, err)
		}
		if now.held() > now.total {
			h.errorf("version %d: %d seats of %d are held", c.Version, now.held(), now.total)
		}
		if c.Version == 1 {
			continue
		}
		id := strings.TrimRight(c.Note, "~")
		r := batches[id]
		if r == nil || commits[id] != nil {
			h.errorf("commit %d is of batch %q, which was not submitted or has another commit", c.Version, id)
			continue
		}
		commits[id] = c
		if h.wasRejected(c) {
			h.errorf("commit %d is stored, but a rule of the store rejected it", c.Version)
		}
		if n := h.observed[c.ID]; n > 1 || (n == 0) != (r.end != noTx) && (h.settled || r.result == done) {
			h.errorf("commit %d: the Observer was called %d times", c.Version, n)
		}
		want, changed, refusal := was.after(r.actor, r.ops)
		if now.lastWish = want.lastWish; !changed || refusal.code != 0 || now != want {
			h.errorf("commit %d: %v makes %v of %v; want %v, refused %v", c.Version, r.question, now, was, want, refusal)
		}
		if c.Key != r.key || c.Actor != r.actor.actor() {
			h.errorf("commit %d is by %v under %q, want %v under %q", c.Version, c.Actor, c.Key, r.actor, r.key)
		}
		if now.owner() != was.owner() {
			seen.add("ownership handed over", 1)
		}
		if c.Key != "" {
			key := scope(c.Actor, c.Key)
			if keys[key] != nil {
				h.errorf("commits %d and %d are both made under %s", keys[key].Version, c.Version, key)
			}
			keys[key] = c
		}
	}
	for id, r := range batches {
		h.auditOne(seen, r, commits[id], keys[r.scope()])
		if h.settled && r.result == unknown && r.end == noTx && r.answer.version > state.Version() && !h.ruledOut(r) {
			h.errorf("%v → %v, and the outcome stayed unknown: the journal ends at %d", r.question, r.answer, state.Version())
		}
	}
}

// ruledOut reports whether a rule of the store rejected the commit of a batch permanently, so that
// it is not stored.
func (h *history) ruledOut(r *record) bool {
	return slices.ContainsFunc(h.rejected, func(c *account.Commit) bool {
		return c.Version == r.answer.version && strings.TrimRight(c.Note, "~") == r.id
	})
}

// auditOne checks the result of one batch against the journal.
func (h *history) auditOne(seen *counts, r *record, own, keyed *account.Commit) {
	switch r.result {
	case done:
		if own == nil || own.Version != r.answer.version || own.ID != r.commit {
			h.errorf("%v → %v %s, but the journal has %v", r.question, r.answer, r.commit, own)
		}
	case repeated:
		if own != nil || keyed == nil || keyed.Version != r.answer.version || keyed.ID != r.commit {
			h.errorf("%v → %v %s, but the journal has %v, and under the key %v", r.question, r.answer, r.commit, own, keyed)
		}
	case unknown:
		if own != nil && own.Version != r.answer.version {
			h.errorf("%v → %v, but the journal has it at %d", r.question, r.answer, own.Version)
		}
		if own != nil {
			seen.add("unknown, was done", 1)
		} else {
			seen.add("unknown, was not done", 1)
		}
	default:
		if own != nil {
			h.errorf("%v → %v, but it was committed as version %d", r.question, r.answer, own.Version)
		}
	}
}
