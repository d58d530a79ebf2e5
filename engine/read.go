package engine

import (
	"context"
	"errors"
	"iter"
	"math"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/archived"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// source is where an account is read: the store, or a transaction of the host.
type source interface {
	Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error]
	Snapshot(ctx context.Context, id usher.AccountID) (store.Snapshot, error)
}

// reading is an account being read from a source.
type reading struct {
	state      *account.State // at first what is known already; nil for nothing
	until      uint64         // the last version to read
	keep       uint64         // the version of which kept is a copy; 0 for none
	kept       *reading       // nil until the version is reached
	unverified bool           // the state is from a snapshot and was not yet compared with its commit

	since    int             // bytes of the commits that were read
	saved    int             // bytes of the snapshot that was read; 0 if none was
	copied   int             // bytes of an archived snapshot that was read because that of the store is not usable
	whole    bool            // the account was read from its snapshot or its first commit
	policies map[string]bool // digests of the policies that allowed the commits
	removed  []usher.UserID  // removed by the commits, unless whole; a user may have been added again
}

// newest as reading.until reads all commits.
const newest = math.MaxUint64

// archiving is a source that reads the commits that are not in it any more from Options.Archive.
type archiving struct {
	source
	archive store.Archive // nil for none
}

// Commits implements source.
func (a archiving) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return archived.Commits(ctx, a.source, a.archive, id, after)
}

// whole returns a source that has the whole journals, if there is an archive.
func (e *Engine) whole(from source) source { return archiving{from, e.options.Archive} }

// shortenedOften is how often the store may replace its snapshot, and shorten the journal up to the
// new one, between two calls that read them.
const shortenedOften = 3

// read extends r.state to the version r.until, or to the last one in the journal. A
// snapshot that is damaged or of another journal is skipped, and the journal is replayed
// from its start. A snapshot that is newer than the journal shows that the journal lost
// commits, which is an error.
func (e *Engine) read(ctx context.Context, from source, id usher.AccountID, r *reading) error {
	if r.state != nil {
		err := r.replay(ctx, from, id)
		if !errors.Is(err, store.ErrShortened) {
			return err
		}
		// The store has a snapshot that is newer than the state.
		r.state, r.policies, r.removed = nil, nil, nil
	}
	r.whole = true
	for range shortenedOften {
		if err := e.readSnapshot(ctx, from, id, r); err != nil {
			return err
		}
		if r.state == nil {
			break
		}
		err := r.replay(ctx, e.whole(from), id)
		switch {
		case err == nil:
			r.since += r.copied
			return nil
		case errors.Is(err, store.ErrShortened):
			continue
		case !isDamage(err), errors.Is(err, errLost):
			return err
		}
		e.failed("replay from snapshot", id, err)
		break
	}
	r.state, r.saved, r.unverified = account.New(id), 0, false
	return r.replay(ctx, e.whole(from), id)
}

// readSnapshot reads the snapshot of the store or, if that is not usable, the newest one of the archive.
// It leaves r.state nil if no usable snapshot exists.
func (e *Engine) readSnapshot(ctx context.Context, from source, id usher.AccountID, r *reading) error {
	r.state, r.since, r.saved, r.copied = nil, 0, 0, 0
	s, err := from.Snapshot(ctx, id)
	if err != nil || s.Version == 0 {
		return err
	}
	if s.Version <= r.until {
		e.useSnapshot(id, s, r)
	}
	if r.state != nil || e.options.Archive == nil {
		return nil
	}
	older, _, err := archived.Newest(ctx, from, e.options.Archive, id, r.until)
	switch {
	case errors.Is(err, store.ErrErased) && !errors.Is(err, store.ErrArchiveDamaged):
		return err
	case err != nil:
		e.failed("read archived snapshot", id, err) // the commits may be readable
	case older.Version > 0:
		if e.useSnapshot(id, older, r); r.state != nil && s.Version <= r.until {
			r.saved, r.copied = 0, len(older.Data) // the next snapshot is due sooner
		}
	}
	return nil
}

// useSnapshot decodes a snapshot. It leaves r.state nil if it is not usable.
func (e *Engine) useSnapshot(id usher.AccountID, s store.Snapshot, r *reading) {
	state, err := account.DecodeState(s.Data)
	if err == nil && (state.ID() != id || state.Version() != s.Version) {
		err = printable.Errorf("it contains %q at version %d", state.ID(), state.Version())
	}
	switch {
	case errors.Is(err, account.ErrOlder):
		// the journal is replayed, and a new snapshot becomes due
	case err != nil:
		e.failed("read snapshot", id, err)
	default:
		r.state, r.saved, r.unverified = state, len(s.Data), true
	}
}

// replay applies the commits after r.state.
func (r *reading) replay(ctx context.Context, from source, id usher.AccountID) error {
	r.since, r.kept = 0, nil
	after := r.state.Version()
	if r.unverified {
		after--
	} else {
		r.keepIfDue()
		if after >= r.until {
			return nil
		}
	}
	for stored, err := range from.Commits(ctx, id, after) {
		if err != nil {
			return err
		}
		if r.unverified {
			if err := r.verify(stored); err != nil {
				return err
			}
			r.keepIfDue()
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
			r.removed = append(r.removed, account.RemovedBy(c.Changes...)...)
		}
		r.keepIfDue()
		if c.Version >= r.until {
			break
		}
	}
	if r.unverified {
		return r.errMissing()
	}
	return nil
}

// errMissing returns the error for a snapshot that is newer than the journal.
func (r *reading) errMissing() error {
	return damage{printable.Errorf("%w: commit %d is missing, and a snapshot of it exists; restore the store from a backup", errLost, r.state.Version())}
}

// keepIfDue copies the reading if it is at the version to keep.
func (r *reading) keepIfDue() {
	if r.keep > 0 && r.state.Version() == r.keep {
		now := *r
		r.kept = &now
	}
}

// errLost means that the journal is shorter than it was before.
var errLost = errors.New("the journal lost commits")

// verify compares the state of a snapshot with the commit of its version.
func (r *reading) verify(stored store.Commit) error {
	want, got := r.state.Head(), account.Head{Version: stored.Version, Hash: account.HashOf(stored.Data)}
	if want != got {
		return damage{printable.Errorf("the snapshot belongs to another journal: it has commit %s, and the journal has commit %s", want, got)}
	}
	r.unverified = false
	return nil
}

// next applies a commit. On an error it returns s, so that r.state is never nil.
func next(s *account.State, c *account.Commit, data []byte) (*account.State, error) {
	after, err := s.ApplyEncoded(c, data)
	if err != nil {
		return s, damage{err}
	}
	return after, nil
}

// decode decodes a stored commit.
func decode(id usher.AccountID, stored store.Commit) (*account.Commit, error) {
	c, err := account.DecodeCommit(stored.Data)
	switch {
	case err != nil:
		return nil, damage{printable.Errorf("commit %d cannot be read: %w", stored.Version, err)}
	case c.Account != id || c.Version != stored.Version:
		return nil, damage{printable.Errorf("the store returned commit %d of %q as commit %d", c.Version, c.Account, stored.Version)}
	}
	return c, nil
}

// damage is an error that a retry does not fix: the store works, but its data is
// invalid.
type damage struct{ error }

func (d damage) Unwrap() error { return d.error }

func isDamage(err error) bool {
	var d damage
	return errors.As(err, &d)
}

// commitAt reads one commit. It returns ErrFutureVersion if there is none.
func commitAt(ctx context.Context, from source, id usher.AccountID, version uint64) (*account.Commit, error) {
	for stored, err := range from.Commits(ctx, id, version-1) {
		if err != nil {
			return nil, err
		}
		return decode(id, stored)
	}
	return nil, ErrFutureVersion
}
