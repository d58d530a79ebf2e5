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

	"github.com/usher-go/usher/store"
)

// patience is how long the model may take over a history. It takes milliseconds.
const patience = time.Minute

// judge holds a history against the model and against the journal.
func (h *history) judge(seen *tally) {
	verdict, info := h.verdict()
	if verdict != porcupine.Ok {
		h.errorf("the history is %s\nthere is no place for %s%s", verdict, h.misplaced(info), h.spelled())
		h.draw(info)
	}
	h.audit(seen)
	h.tell(seen)
}

// verdict says whether one account, asked one question after the other, could have answered
// so. What failed did nothing, and so is no part of it.
func (h *history) verdict() (porcupine.CheckResult, porcupine.LinearizationInfo) {
	end := 2 * h.clock.Add(1)
	var list []porcupine.Operation
	for _, r := range h.records {
		call, ret := 2*r.call, 2*r.ret
		switch r.fate {
		case failed:
			continue
		case unknown:
			ret = end // it may happen until then
		case done, idle, repeated:
			// Others may see in the store first what it told of, but from now on it
			// must know.
			knows := &question{id: r.id, client: r.client, engine: r.engine, what: knowing}
			list = append(list, porcupine.Operation{
				ClientId: r.client, Input: knows, Output: &answer{fate: knew, version: r.answer.version}, Call: ret + 1, Return: ret + 1,
			})
		}
		list = append(list, porcupine.Operation{ClientId: r.client, Input: r.question, Output: r.answer, Call: call, Return: ret})
	}
	return porcupine.CheckOperationsVerbose(model(h.promise()), list, patience)
}

// misplaced returns the answer that first should have had its place after the longest part of
// the history that is right: often the wrong one, or one soon after it.
func (h *history) misplaced(info porcupine.LinearizationInfo) *record {
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
		if r.fate != failed && r.fate != unknown && !placed[r.answer] && (first == nil || r.ret < first.ret) {
			first = r
		}
	}
	return first
}

// spelled is the history as text, and the journal that came of it.
func (h *history) spelled() string {
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

// draw leaves a picture of the history where -artifacts keeps it.
func (h *history) draw(info porcupine.LinearizationInfo) {
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

// tell counts what was in the history.
func (h *history) tell(seen *tally) {
	seen.add("histories", 1)
	seen.add("questions", len(h.records))
	seen.add(h.place.String(), 1)
	seen.add(h.weather.String(), 1)
	seen.add("conflicts", int(h.conflicts.Load()))
	seen.add("appends rejected by the store", len(h.rejected))
	for _, r := range h.records {
		kind := "check"
		switch r.what {
		case submit:
			kind = "batch"
		case look:
			kind = "view"
		}
		seen.add(fmt.Sprintf("%s %v", kind, r.fate), 1)
		if errors.Is(r.err, store.ErrRefused) {
			seen.add("batch rejected by the store", 1)
		}
		if r.fate == refused {
			seen.add("refused "+r.refusal.code.String(), 1)
		}
	}
}
