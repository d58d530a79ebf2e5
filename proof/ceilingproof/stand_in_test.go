package ceilingproof_test

import "testing"

// TestStandIn puts users in their own place. All decisions must be the same, so the construction of
// the oracle adds and loses nothing.
func TestStandIn(t *testing.T) {
	asked, allowed, byTeams := 0, 0, 0
	decided := map[string]int{}
	for seed := range uint64(40) {
		w := drawFixture(t, seed+1)
		in := surroundingsOf(w.state)
		for _, id := range w.users() {
			u := w.find(id)
			place := w.whole.standIn(in, id, u.Teams, subjectOf(u, in.tree))
			for _, q := range w.questions(in, id, "olga") {
				q.at = noon
				as := activeFacts(w.state, id, circumstancesOf(in, u))
				want := decide(w.decides, as, id, q)
				for _, word := range decisive(w.decides, as, id, q) {
					decided[word]++
				}
				got := place.answer(q)
				if got.allowed != want.allowed || got.hidden != want.hidden || got.forbidden && want.allowed {
					t.Fatalf("seed %d: %s, %v: %+v in the own place, %+v as it is\n%s", seed+1, id, q, got, want, scenario{doc: w.doc, contents: seedOf(w.state)})
				}
				asked++
				if want.allowed {
					allowed++
					if main := decide(place.main, place.inTeams, id, q); main.hidden != want.hidden {
						byTeams++
					}
				}
			}
		}
	}
	t.Logf("%d decisions, %d allowed, %d of them by team roles", asked, allowed, byTeams)
	if allowed < asked/50 || byTeams < 60 {
		t.Error("the test had too few different cases")
	}
	checkDecisive(t, decided)
}
