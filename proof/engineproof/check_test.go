package engineproof_test

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
)

// checkTimeout limits the time of the model for one history, which normally takes milliseconds.
const checkTimeout = time.Minute

// check compares a history with the model and with the journal.
func (h *history) check(seen *counts) {
	verdict, info := h.linearize()
	if verdict != porcupine.Ok {
		h.errorf("the history is %s\nfirst result without a place: %s%s", verdict, h.firstUnplaced(info), h.text())
		h.visualize(info)
	}
	h.audit(seen)
	h.count(seen)
}

// linearize reports whether one account with sequential calls could have returned the results.
// Calls that failed had no effect, so the model omits them.
func (h *history) linearize() (porcupine.CheckResult, porcupine.LinearizationInfo) {
	end := 2 * h.clock.Add(1)
	var list []porcupine.Operation
	for _, r := range h.records {
		call, ret := 2*r.call, 2*r.ret
		switch r.result {
		case failed:
			continue
		case unknown:
			ret = end // it may be committed until then
		case done, idle, repeated:
			if r.end != noTx {
				break // the engine may not have read the commit yet
			}
			// Other engines may read the commit in the store first. From the return on, this engine
			// must have it.
			knows := &question{id: r.id, client: r.client, engine: r.engine, what: observation}
			list = append(list, porcupine.Operation{
				ClientId: r.client, Input: knows, Output: &answer{result: observedVersion, version: r.answer.version}, Call: ret + 1, Return: ret + 1,
			})
		}
		list = append(list, porcupine.Operation{ClientId: r.client, Input: r.question, Output: r.answer, Call: call, Return: ret})
	}
	return porcupine.CheckOperationsVerbose(model(h.promise()), list, checkTimeout)
}

// firstUnplaced returns the earliest result that has no place after the longest correct part of the
// history: often the wrong result, or one soon after it.
func (h *history) firstUnplaced(info porcupine.LinearizationInfo) *record {
	var longest []porcupine.Operation
	for _, part := range info.PartialLinearizationsOperations()[0] {
		if len(part) > len(longest) {
			longest = part
		}
	}
	placed := map[*answer]bool{}
	for _, op := range longest {
		placed[op.Output.(*answer)] = true
	}
	var first *record
	for _, r := range h.records {
		if r.result != failed && r.result != unknown && !placed[r.answer] && (first == nil || r.ret < first.ret) {
			first = r
		}
	}
	return first
}

// text returns the history and the journal as text.
func (h *history) text() string {
	slices.SortFunc(h.records, func(a, b *record) int { return cmp.Compare(a.call, b.call) })
	var b strings.Builder
	for _, r := range h.records {
		fmt.Fprintf(&b, "\n%v", r)
	}
	for _, c := range h.journal() {
		fmt.Fprintf(&b, "\ncommit %d by %s: %v %s", c.Version, strings.TrimRight(c.Note, "~"), c.Actor, c.Key)
	}
	return b.String()
}

// visualize writes a picture of the history to the directory of -artifacts.
func (h *history) visualize(info porcupine.LinearizationInfo) {
	t, ok := h.t.(*testing.T)
	if !ok {
		return
	}
	path := filepath.Join(t.ArtifactDir(), fmt.Sprintf("history-%d.html", h.seed))
	if err := porcupine.VisualizePath(model(h.promise()), info, path); err != nil {
		t.Logf("no picture: %v", err)
		return
	}
	t.Logf("with -artifacts there is a picture: %s", path)
}

// count counts the events of the history.
func (h *history) count(seen *counts) {
	seen.add("histories", 1)
	seen.add("questions", len(h.records))
	seen.add(h.setup.String(), 1)
	seen.add(h.faultLevel.String(), 1)
	seen.add("conflicts", int(h.conflicts.Load()))
	seen.add("appends rejected by the store", len(h.rejected))
	for _, r := range h.records {
		kind := "check"
		switch r.what {
		case submit:
			if kind = "batch"; r.end != noTx {
				kind = "transaction"
			}
			if r.end == rolledBack && errors.Is(r.err, errRolledBack) {
				seen.add("transactions rolled back", 1)
			}
		case viewAccount:
			kind = "view"
		}
		seen.add(fmt.Sprintf("%s %v", kind, r.result), 1)
		if errors.Is(r.err, store.ErrRefused) {
			seen.add("batch rejected by the store", 1)
		}
		if r.what == submit && (r.result == done || r.result == refused) {
			for _, d := range r.ops {
				seen.add(fmt.Sprintf("%s %v", account.NameOf(d.command()), r.result), 1)
			}
		}
		if r.what == guardDoor && r.result == answered && r.allowed {
			seen.add("guards", 1)
		}
		if r.result == refused {
			seen.add("refused "+r.refusal.code.String(), 1)
		}
	}
}
