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
// It is immutable except for doubtful and confirmed, and implements policy.Facts, policy.Clock and policy.Forecaster.
type snapshot struct {
	// The fields that a check reads come first, close together in memory.
	*account.State                // nil until the account is loaded
	a, b           uint64         // the words of a short id, zero for a long one
	binding        policy.Binding // of policy, on this snapshot
	policy         *policy.Policy // with the roles that the account defines
	basis          *basis
	err            error       // why no request can be evaluated: not loaded, unknown, or unfit as a whole
	due            *due        // nil if nothing is scheduled
	hasMismatches  bool        // the policy may be unable to decide for some users
	direct         bool        // nothing but the policy decides: see setDirect
	doubtful       atomic.Bool // it is not confirmed together with the others: see doubts

	id     usher.AccountID
	cached *cachedAccount
	engine *Engine
	floor  time.Time // the time of the last known commit, the earliest time that Now returns

	confirmed atomic.Int64 // when the store last had no newer version, as a result of Engine.elapsed
}

// Now implements policy.Clock. A clock that was set back does not revive a grant that
// had ended when the account last changed.
func (s *snapshot) Now() time.Time { return later(s.engine.options.Clock(), s.floor) }

// AllowedUntil implements policy.Forecaster.
func (s *snapshot) AllowedUntil(r usher.Request) (time.Time, error) {
	return s.View(s.policy).AllowedUntil(r)
}

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

// Version is for policy.Asker.
func (b *basis) Version() uint64 { return b.version }

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
	policy        *policy.Policy // of the file
	err           error          // the policy decides for no user
	hasMismatches bool           // the policy does not decide for some users
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

// decidesFor is decides for all users of a request: the subject, and the user who acts on behalf of
// the subject.
func (s *snapshot) decidesFor(r *usher.Request) error {
	if err := s.decides(r.Subject); err != nil || !r.OnBehalf() {
		return err
	}
	return s.decides(r.By)
}

// bind returns the snapshot of a state.
func (e *Engine) bind(l *cachedAccount, s *account.State, v fit) *snapshot {
	snap := newSnapshot(l)
	snap.State, snap.policy, snap.err, snap.hasMismatches, snap.engine = s, s.Policy(v.policy), v.err, v.hasMismatches, e
	snap.floor, snap.due = s.Time(), dueOf(s)
	snap.basis = &basis{snap.policy, s.Version()}
	snap.binding = *s.Bind(snap.policy, snap, snap.basis)
	if !s.Exists() {
		snap.err = usher.ErrUnknownAccount
	}
	snap.setDirect()
	return snap
}

// setDirect sets whether nothing but the policy decides whether and how the snapshot answers a request
// without a time. It is called last, when the other fields are set.
func (s *snapshot) setDirect() {
	o := &s.engine.options
	s.direct = s.err == nil && s.due == nil && !s.hasMismatches && o.MaxStaleness == 0 && o.Observer.Decided == nil
}

// unread returns the snapshot of an account that is not loaded.
func unread(l *cachedAccount) *snapshot {
	snap := newSnapshot(l)
	snap.err = errUnread
	return snap
}

func newSnapshot(l *cachedAccount) *snapshot {
	snap := &snapshot{id: l.id, cached: l}
	snap.doubtful.Store(true) // until it is in the index
	snap.a, snap.b, _ = table.Words(string(l.id))
	return snap
}
