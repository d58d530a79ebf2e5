package engineproof_test

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

// promise says how much a history must hold.
type promise uint8

const (
	// strict: whatever is answered is so at some time between call and return. Batches
	// are always answered so. Checks and views are where an engine is alone, or compares
	// what it knows with the store each time.
	strict promise = iota

	// loose: beside other engines, an engine may answer checks and views as of a version
	// that was. It never goes back, not behind what it told of a batch, and not behind
	// what it is asked for.
	loose
)

const mostEngines = 3

// state is the account in the model: its newest version, and what each engine is known to know.
type state struct {
	last  *version
	known [mostEngines + 1]uint64 // where the promise is loose; the last engine asks when all is over
}

// version is the account at a version, with those before it.
type version struct {
	small
	number       uint64
	key, request string // of its commit; the key with its actor
	before       *version
}

// at returns a version that has been.
func (v *version) at(number uint64) *version {
	for v != nil && v.number > number {
		v = v.before
	}
	return v
}

// under returns the version that was committed under an actor's key.
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
		if v == nil || w == nil || v.small != w.small || v.number != w.number || v.key != w.key || v.request != w.request {
			return false
		}
		v, w = v.before, w.before
	}
	return true
}

// model is one account, asked one question after the other.
func model(p promise) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return state{last: &version{small: founded, number: 1}} },
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
			return fmt.Sprintf("%d: %v, engines know %v", s.(state).last.number, s.(state).last.small, s.(state).known)
		},
	}
}

// step reports whether an answer is right, and what comes after it.
func (s state) step(p promise, q *question, a *answer) (next state, ok bool) {
	last := s.last
	switch a.fate {
	case done:
		if a.version != last.number+1 || last.under(q.scope()) != nil {
			return s, false
		}
		return s.commit(q)
	case knew:
		return s.knows(p, q, a.version), a.version <= last.number
	case unknown:
		// It may be done, but only as the version that the engine named. Once that is
		// another one's it is too late, and never done is like done after all else. The
		// engine need not know of it.
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
		return s, a.version == last.number && last.idles(q) && last.under(q.scope()) == nil
	case refused:
		return s, last.refuses(q, a) && last.under(q.scope()) == nil
	case answered:
		v := last.at(a.version)
		if (p == strict || q.newest) && v != last || a.version < max(s.known[q.engine], q.atLeast) {
			return s, false
		}
		return s.knows(p, q, a.version), v != nil && v.number == a.version && v.expects(q, a)
	}
	return s, false
}

// commit makes the next version.
func (s state) commit(q *question) (next state, ok bool) {
	after, changed, r := s.last.after(q.actor, q.deeds)
	if !changed || r.code != 0 {
		return s, false
	}
	s.last = &version{small: after, number: s.last.number + 1, key: q.scope(), request: q.request, before: s.last}
	return s, true
}

// knows notes that an engine knows a version, where that is of interest.
func (s state) knows(p promise, q *question, number uint64) state {
	if p == loose {
		s.known[q.engine] = max(s.known[q.engine], number)
	}
	return s
}
