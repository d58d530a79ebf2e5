package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/archived"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Shorten moves the first commits of an account to Options.Archive: those before the commit of the stored
// snapshot. It returns the version of the last commit that is in the archive and not in the store, 0 if all are
// in the store. An account without a snapshot in the store stays as it is; the Engine stores snapshots
// by itself, from about 32 KiB of commits on.
//
// Shorten first verifies that the commits have the hash of the commit before them, and that they lead to
// exactly this snapshot. It saves them and a second copy of the snapshot, and reads both again. Only then
// it deletes the commits in the store. If it fails or the process ends before, no commit is lost, and another
// call does the same again. The account can be read and changed meanwhile, and several calls may run at the same
// time.
//
// Shorten requires no permission. It is for the host application alone, such as a job that runs at night.
// The error is an *Error. It wraps usher.ErrUnknownAccount for an account that never existed or was erased,
// and store.ErrArchiveDamaged if the archive does not return what was saved. Without Options.Archive, and
// with a store that is not a store.Shortener, Shorten returns an error.
func (e *Engine) Shorten(ctx context.Context, id usher.AccountID) (upTo uint64, err error) {
	if upTo, err = e.shorten(ctx, id); err != nil {
		return 0, wrapped("shorten", id, err)
	}
	return upTo, nil
}

func (e *Engine) shorten(ctx context.Context, id usher.AccountID) (uint64, error) {
	if err := checkAccount(id); err != nil {
		return 0, err
	}
	if err := e.enter(); err != nil {
		return 0, err
	}
	defer e.leave()
	shortener, ok := e.store.(store.Shortener)
	switch {
	case !ok:
		return 0, printable.Errorf("the store %T cannot shorten journals (want a store.Shortener)", e.store)
	case e.options.Archive == nil:
		return 0, errors.New("Options.Archive is nil (want the archive for the commits)")
	}
	var upTo uint64
	var err error
	for range shortenedOften { // another process may shorten the journal at the same time
		if upTo, err = e.archiveCommits(ctx, shortener, id); !errors.Is(err, store.ErrShortened) {
			break
		}
	}
	if err != nil {
		if _, now := shortener.Snapshot(ctx, id); errors.Is(now, store.ErrErased) {
			err = now
		}
	}
	if errors.Is(err, store.ErrErased) {
		// What was saved since must not stay, if the account was erased by an Engine without the archive.
		err = errors.Join(err, e.options.Archive.Erase(ctx, id))
	}
	return upTo, err
}

func (e *Engine) archiveCommits(ctx context.Context, s store.Shortener, id usher.AccountID) (uint64, error) {
	saved, err := s.Snapshot(ctx, id)
	if err != nil {
		return 0, err
	}
	older, index, err := archived.Newest(ctx, s, e.options.Archive, id, newest)
	switch {
	case err != nil:
		return 0, err
	case saved.Version == 0 && index.UpTo == 0:
		if _, err = commitAt(ctx, s, id, 1); errors.Is(err, ErrFutureVersion) {
			err = usher.ErrUnknownAccount
		}
		return 0, err
	case saved.Version == 0, saved.Version-1 <= index.UpTo:
		return index.UpTo, nil
	}
	read := hashing{source: e.whole(s), after: index.UpTo, before: saved.Version, sum: sha256.New()}
	if saved, err = e.verified(ctx, s, read, older, saved, id); err != nil {
		return 0, err
	}
	again := hashing{source: s, after: index.UpTo, before: saved.Version, sum: sha256.New()}
	upTo, seal, err := archived.Save(ctx, e.options.Archive, id, index, again.same(ctx, id, read), saved)
	if err != nil {
		return 0, err
	}
	return upTo, s.Shorten(ctx, id, upTo, seal)
}

// verified returns the stored snapshot as the commits give it, or an error. It replays them from an older
// snapshot on, if that is usable. It replaces a snapshot in an older format.
func (e *Engine) verified(ctx context.Context, s store.Shortener, from source, older, saved store.Snapshot, id usher.AccountID) (store.Snapshot, error) {
	r := reading{until: saved.Version}
	if older.Version > 0 {
		e.useSnapshot(id, older, &r)
	}
	if r.state == nil {
		r.state = account.New(id)
	}
	if err := r.replay(ctx, from, id); err != nil {
		return saved, err
	}
	if r.state.Version() < saved.Version {
		return saved, damage{printable.Errorf("%w: commit %d is missing, and a snapshot of it exists; restore the store from a backup", errLost, saved.Version)}
	}
	right := store.Snapshot{Version: saved.Version, Data: r.state.Encode()}
	state, err := account.DecodeState(saved.Data)
	switch {
	case errors.Is(err, account.ErrOlder):
		return right, s.SaveSnapshot(ctx, id, right)
	case err != nil:
		return saved, damage{printable.Errorf("the snapshot of version %d cannot be read: %w", saved.Version, err)}
	case !bytes.Equal(state.Encode(), right.Data):
		return saved, damage{printable.Errorf("the snapshot of version %d does not match the journal", saved.Version)}
	}
	return right, nil
}

// hashing is a source that computes the hash of the commits after a version and before another one.
type hashing struct {
	source
	after, before uint64
	sum           hash.Hash
}

// Commits implements source.
func (h hashing) Commits(ctx context.Context, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		for c, err := range h.source.Commits(ctx, id, after) {
			if err == nil && c.Version > h.after && c.Version < h.before {
				one := account.HashOf(c.Data)
				h.sum.Write(one[:])
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// same yields the commits up to the last one that other has read, and an error unless they are the same.
func (h hashing) same(ctx context.Context, id usher.AccountID, other hashing) iter.Seq2[store.Commit, error] {
	return func(yield func(store.Commit, error) bool) {
		for c, err := range h.Commits(ctx, id, h.after) {
			if err == nil && c.Version >= h.before && !bytes.Equal(h.sum.Sum(nil), other.sum.Sum(nil)) {
				err = damage{errors.New("the store returned other commits than a moment before")}
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}
