package engine

import (
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/table"
	"github.com/usher-go/usher/policy"
)

// snapshot is an account at a version, bound to a policy. Requests are evaluated on it.
// It is immutable except for confirmed, and implements policy.Facts and policy.Clock.
type snapshot struct {
	// The fields that a check reads come first, close together in memory.
	*account.State        // nil until the account is loaded
	a, b           uint64 // the words of a short id, zero for a long one
	policy         *policy.Policy
	basis          *basis
	err            error // why no request can be evaluated: not loaded, unknown, or unfit as a whole
	hasMismatches  bool  // the policy may be unable to decide for some users

	id     usher.AccountID
	cached *cachedAccount
	clock  func() time.Time
	floor  time.Time // the time of the last known commit, the earliest time that Now returns

	confirmed atomic.Int64 // when the store last had no newer version, as a result of Engine.elapsed
}

// Now implements policy.Clock. A clock that was set back does not revive a grant that
// had ended when the account last changed.
func (s *snapshot) Now() time.Time { return later(s.clock(), s.floor) }

// version returns the version of the account, 0 if it is not loaded.
func (s *snapshot) version() uint64 {
	if s == nil || s.State == nil {
		return 0
	}
	return s.State.Version()
}

// confirm notes that at a time the store had no newer version.
func (s *snapshot) confirm(at time.Duration) {
	for {
		old := s.confirmed.Load()
		if old >= int64(at) || s.confirmed.CompareAndSwap(old, int64(at)) {
			return
		}
	}
}

// neverConfirmed as a time of Engine.elapsed is older than every MaxStaleness.
const neverConfirmed = math.MinInt64 / 2

// lastConfirmed returns when the store last had no newer version, or neverConfirmed if the account
// is not loaded.
func (s *snapshot) lastConfirmed() time.Duration {
	if s.State == nil {
		return neverConfirmed
	}
	return time.Duration(s.confirmed.Load())
}

// basis provides the details of a snapshot's decisions. It is separate so that a stored
// decision does not keep the snapshot with all its users in memory.
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

// errUnread is the error of a snapshot that is not loaded.
var errUnread = errors.New("not loaded yet")

// fit states for which users of a state a policy can decide.
type fit struct {
	policy        *policy.Policy
	err           error // the policy decides for no user
	hasMismatches bool  // the policy does not decide for some users
}

// checkFit compares a state with a policy. It may iterate over all users.
func checkFit(s *account.State, p *policy.Policy) fit { return fitOf(p, s.Fits(p)) }

// fitOf returns the fit that an error of State.Fits states.
func fitOf(p *policy.Policy, err error) fit {
	var unfit *account.PolicyMismatchError
	if errors.As(err, &unfit) && !unfit.Whole {
		return fit{policy: p, hasMismatches: true}
	}
	return fit{policy: p, err: err}
}

// decides returns an *account.PolicyMismatchError if the policy cannot decide for a
// user.
func (s *snapshot) decides(subject usher.UserID) error {
	if !s.hasMismatches {
		return nil
	}
	return s.State.FitsUser(s.policy, subject)
}

// bind returns the snapshot of a state.
func (e *Engine) bind(l *cachedAccount, s *account.State, v fit) *snapshot {
	snap := newSnapshot(l)
	snap.State, snap.policy, snap.err, snap.hasMismatches, snap.clock = s, v.policy, v.err, v.hasMismatches, e.options.Clock
	snap.floor = s.Time()
	snap.basis = &basis{v.policy, s.Version()}
	if !s.Exists() {
		snap.err = usher.ErrUnknownAccount
	}
	return snap
}

// unread returns the snapshot of an account that is not loaded.
func unread(l *cachedAccount) *snapshot {
	snap := newSnapshot(l)
	snap.err = errUnread
	return snap
}

func newSnapshot(l *cachedAccount) *snapshot {
	snap := &snapshot{id: l.id, cached: l}
	snap.a, snap.b, _ = table.Words(string(l.id))
	return snap
}
