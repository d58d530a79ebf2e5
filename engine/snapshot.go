package engine

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
)

// snapshot is an account at a version under a policy: what questions are answered
// from. But for confirmed it is immutable. It is the policy.Facts and the
// policy.Clock of its questions.
type snapshot struct {
	// What a check reads stands first, close together.
	*account.State        // nil until the account was read
	a, b           uint64 // the words of the id, zero if it is long
	policy         *policy.Policy
	basis          *basis
	err            error // why it answers nothing: not read, unknown, unfit as a whole
	misfits        bool  // the policy may be unable to decide for some users

	id    usher.AccountID
	live  *cachedAccount
	clock func() time.Time
	floor time.Time // of the last commit that is known: it is no earlier than that

	confirmed atomic.Int64 // when the store knew nothing newer, as Engine.elapsed tells
}

// Now implements policy.Clock. A clock that was set back revives no grant that had
// ended when the account last changed.
func (s *snapshot) Now() time.Time { return later(s.clock(), s.floor) }

// version returns the version of the account, 0 also if it was not read.
func (s *snapshot) version() uint64 {
	if s == nil || s.State == nil {
		return 0
	}
	return s.State.Version()
}

// confirm notes that the store was asked at a time, and knew nothing newer.
func (s *snapshot) confirm(at time.Duration) {
	for {
		old := s.confirmed.Load()
		if old >= int64(at) || s.confirmed.CompareAndSwap(old, int64(at)) {
			return
		}
	}
}

// basis spells the decisions of a snapshot out. It is apart so that a decision
// that somebody keeps does not keep all users of the account in memory.
type basis struct {
	policy  *policy.Policy
	version uint64
}

// Detail implements decision.Basis.
func (b *basis) Detail(reason usher.Reason, bits uint64) usher.Detail {
	d := b.policy.Detail(reason, bits)
	d.Version = b.version
	return d
}

// errUnread is that of a snapshot of which nothing is known yet.
var errUnread = errors.New("not read yet")

// verdict says whether a policy decides for a state. It may take a pass over all
// users to find out.
type fit struct {
	policy  *policy.Policy
	err     error // it decides for no user
	misfits bool  // it does not decide for some users
}

func checkFit(s *account.State, p *policy.Policy) fit { return fitOf(p, s.Fits(p)) }

// fitOf makes a verdict of what State.Fits returned.
func fitOf(p *policy.Policy, err error) fit {
	var unfit *account.PolicyMismatchError
	if errors.As(err, &unfit) && !unfit.Whole {
		return fit{policy: p, misfits: true}
	}
	return fit{policy: p, err: err}
}

// decides returns an error if the policy cannot decide for a user: an
// *account.PolicyMismatchError.
func (s *snapshot) decides(subject usher.UserID) error {
	if !s.misfits {
		return nil
	}
	return s.State.FitsUser(s.policy, subject)
}

// bind makes the snapshot of a state.
func (e *Engine) bind(l *cachedAccount, s *account.State, v fit) *snapshot {
	snap := newSnapshot(l)
	snap.State, snap.policy, snap.err, snap.misfits, snap.clock = s, v.policy, v.err, v.misfits, e.options.Clock
	snap.floor = s.Time()
	snap.basis = &basis{v.policy, s.Version()}
	if !s.Exists() {
		snap.err = usher.ErrUnknownAccount
	}
	return snap
}

// unread makes the snapshot of an account of which nothing is known.
func unread(l *cachedAccount) *snapshot {
	snap := newSnapshot(l)
	snap.err = errUnread
	return snap
}

func newSnapshot(l *cachedAccount) *snapshot {
	snap := &snapshot{id: l.id, live: l}
	snap.a, snap.b, _ = table.Words(string(l.id))
	return snap
}
