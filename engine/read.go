package engine

import (
	"context"
	"errors"
	"math"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// reading is an account as it is being read from the store.
type reading struct {
	state *account.State // begins as what is known already; nil for nothing
	until uint64         // the last version that is wanted
	loose bool           // the state is that of a snapshot, which no commit was held against

	since    int             // bytes of the commits that were read
	saved    int             // bytes of the snapshot that was read; 0 if none was
	whole    bool            // the state was read as a whole
	policies map[string]bool // the digests of the policies that allowed the commits
	removed  []usher.UserID  // by the commits, unless whole; one may have been added again
}

// newest is the version to which an account is read that is wanted as it is now.
const newest = math.MaxUint64

// read goes on from the state that is known to the version that is wanted, or to
// the last one there is. A snapshot that is damaged, or not of this journal, costs
// time, and no more; one that is newer than the journal shows that this lost commits.
func (e *Engine) read(ctx context.Context, id usher.AccountID, r *reading) error {
	if r.state != nil {
		return e.replay(ctx, id, r)
	}
	r.whole = true
	if err := e.readSnapshot(ctx, id, r); err != nil {
		return err
	}
	if r.state != nil {
		err := e.replay(ctx, id, r)
		if err == nil || !isDamage(err) || errors.Is(err, errLost) {
			return err
		}
		e.failed("replay from snapshot", id, err)
	}
	r.state, r.saved, r.loose = account.New(id), 0, false
	return e.replay(ctx, id, r)
}

// readSnapshot leaves r without a state where there is no snapshot, or none that
// is of use.
func (e *Engine) readSnapshot(ctx context.Context, id usher.AccountID, r *reading) error {
	r.since, r.saved = 0, 0
	s, err := e.store.Snapshot(ctx, id)
	switch {
	case err != nil:
		return err
	case s.Version == 0 || s.Version > r.until:
		return nil
	}
	state, err := account.DecodeState(s.Data)
	if err == nil && (state.ID() != id || state.Version() != s.Version) {
		err = printable.Errorf("it is of %q at version %d", state.ID(), state.Version())
	}
	switch {
	case errors.Is(err, account.ErrOlder):
		return nil // the journal is replayed once, and then there is a newer one
	case err != nil:
		e.failed("read snapshot", id, err)
		return nil
	}
	r.state, r.saved, r.loose = state, len(s.Data), true
	return nil
}

// replay applies the commits after the state.
func (e *Engine) replay(ctx context.Context, id usher.AccountID, r *reading) error {
	r.since = 0
	after := r.state.Version()
	if r.loose {
		after--
	} else if after >= r.until {
		return nil
	}
	for stored, err := range e.store.Commits(ctx, id, after) {
		if err != nil {
			return err
		}
		if r.loose {
			if err := r.hold(stored); err != nil {
				return err
			}
			if stored.Version >= r.until {
				break
			}
			continue
		}
		c, err := decode(id, stored)
		if err != nil {
			return err
		}
		if r.state, err = next(r.state, c, stored.Data); err != nil {
			return err
		}
		r.since += len(stored.Data)
		if r.policies == nil {
			r.policies = map[string]bool{}
		}
		r.policies[c.Policy] = true
		if !r.whole {
			r.removed = append(r.removed, removedBy(c)...)
		}
		if c.Version >= r.until {
			break
		}
	}
	if r.loose {
		return damage{printable.Errorf("%w: it has no commit %d, of which there is a snapshot; restore the store from a backup", errLost, r.state.Version())}
	}
	return nil
}

// errLost is that of a journal that is shorter than it was.
var errLost = errors.New("the journal lost commits")

// hold holds the state of a snapshot against the commit that it should be the state
// after.
func (r *reading) hold(stored store.Commit) error {
	want, got := r.state.Head(), account.Head{Version: stored.Version, Hash: account.HashOf(stored.Data)}
	if want != got {
		return damage{printable.Errorf("the snapshot is that of another journal: of commit %s, and the journal has commit %s", want, got)}
	}
	r.loose = false
	return nil
}

func removedBy(c *account.Commit) (users []usher.UserID) {
	for _, change := range c.Changes {
		if gone, ok := change.(account.UserRemoved); ok {
			users = append(users, gone.User)
		}
	}
	return users
}

// next leaves the state as it is on an error, so that r.state is never nil.
func next(s *account.State, c *account.Commit, data []byte) (*account.State, error) {
	after, err := s.ApplyEncoded(c, data)
	if err != nil {
		return s, damage{err}
	}
	return after, nil
}

// decode reads a commit as the store has it.
func decode(id usher.AccountID, stored store.Commit) (*account.Commit, error) {
	c, err := account.DecodeCommit(stored.Data)
	switch {
	case err != nil:
		return nil, damage{printable.Errorf("commit %d cannot be read: %w", stored.Version, err)}
	case c.Account != id || c.Version != stored.Version:
		return nil, damage{printable.Errorf("in the place of commit %d stands commit %d of %q", stored.Version, c.Version, c.Account)}
	}
	return c, nil
}

// damage is an error that no second try mends: the store works, but what it tells
// makes no sense.
type damage struct{ error }

func (d damage) Unwrap() error { return d.error }

func isDamage(err error) bool {
	var d damage
	return errors.As(err, &d)
}

// commitAt reads a single commit.
func (e *Engine) commitAt(ctx context.Context, id usher.AccountID, version uint64) (*account.Commit, error) {
	for stored, err := range e.store.Commits(ctx, id, version-1) {
		if err != nil {
			return nil, err
		}
		return decode(id, stored)
	}
	return nil, ErrFutureVersion
}
