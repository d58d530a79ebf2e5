package engineproof_test

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// promise is the consistency that a history must have.
type promise uint8

const (
	// strict: each result is correct at some time between call and return. Results of batches are
	// always strict. Checks and views are strict if an engine is alone, or if it reads the store
	// for each call.
	strict promise = iota

	// loose: if there are other engines, an engine may return checks and views of an earlier
	// version. It never goes back behind a version of its earlier results, or behind the version
	// that the call requires.
	loose
)

const mostEngines = 4

// state is the account in the model: the newest version, and the version that each engine is known
// to have.
type state struct {
	last  *version
	known [mostEngines + 1]uint64 // for loose promises; the last engine is opened at the end
}

// version is the account at a version, with the versions before it.
type version struct {
	modelAccount
	number       uint64
	key, request string // of its commit; the key includes the actor
	before       *version
}

// at returns an earlier version.
func (v *version) at(number uint64) *version {
	for v != nil && v.number > number {
		v = v.before
	}
	return v
}

// under returns the version that was committed with an actor's key.
func (v *version) under(key string) *version {
	for ; v != nil; v = v.before {
		if key != "" && v.key == key {
			return v
		}
	}
	return nil
}

func (v *version) equal(w *version) bool {
	for v != w {
		if v == nil || w == nil || v.modelAccount != w.modelAccount || v.number != w.number || v.key != w.key || v.request != w.request {
			return false
		}
		v, w = v.before, w.before
	}
	return true
}

// model is one account with sequential calls.
func model(p promise) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return state{last: &version{modelAccount: initialAccount, number: 1}} },
		Step: func(s, input, output any) (bool, any) {
			next, ok := s.(state).step(p, input.(*question), output.(*answer))
			return ok, next
		},
		Equal: func(a, b any) bool {
			s, t := a.(state), b.(state)
			return s.known == t.known && s.last.equal(t.last)
		},
		Hash: func(s any) uint64 { return s.(state).last.number },
		DescribeOperation: func(input, output any) string {
			return fmt.Sprintf("%v → %v", input, output)
		},
		DescribeState: func(s any) string {
			return fmt.Sprintf("%d: %v, engines know %v", s.(state).last.number, s.(state).last.modelAccount, s.(state).known)
		},
	}
}

// step reports whether a result is correct, and returns the next state.
func (s state) step(p promise, q *question, a *answer) (next state, ok bool) {
	last := s.last
	switch a.result {
	case done:
		if a.version != last.number+1 || last.under(q.scope()) != nil {
			return s, false
		}
		return s.commit(q)
	case observedVersion:
		return s.knows(p, q, a.version), a.version <= last.number
	case unknown:
		// The batch may be committed, but only as the version that the engine named. Once another
		// batch has that version, it is too late; a batch that is never committed is equivalent to
		// one that is committed after all other calls. The engine may not know of the commit.
		if a.version == last.number+1 && last.under(q.scope()) == nil {
			return s.commit(q)
		}
		return s, a.version <= last.number
	case repeated:
		was := last.under(q.scope())
		return s, was != nil && was.number == a.version && was.request == q.request
	case reused:
		was := last.under(q.scope())
		return s, was != nil && was.request != q.request
	case idle:
		return s, a.version == last.number && last.changesNothing(q) && last.under(q.scope()) == nil
	case refused:
		return s, last.rejects(q, a) && last.under(q.scope()) == nil
	case answered:
		v := last.at(a.version)
		if (p == strict || q.newest) && v != last || a.version < max(s.known[q.engine], q.atLeast) {
			return s, false
		}
		return s.knows(p, q, a.version), v != nil && v.number == a.version && v.matches(q, a)
	}
	return s, false
}

// commit returns the state with the next version.
func (s state) commit(q *question) (next state, ok bool) {
	after, changed, r := s.last.after(q.actor, q.ops)
	if !changed || r.code != 0 {
		return s, false
	}
	s.last = &version{modelAccount: after, number: s.last.number + 1, key: q.scope(), request: q.request, before: s.last}
	return s, true
}

// knows records that an engine has a version, if the promise is loose.
func (s state) knows(p promise, q *question, number uint64) state {
	if p == loose {
		s.known[q.engine] = max(s.known[q.engine], number)
	}
	return s
}
