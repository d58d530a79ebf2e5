package archived

import (
	"context"
	"errors"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Source is a store.Store or a store.Tx.
type Source interface {
	Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error]
}

// Commits yields the commits of an account after a version, as Source.Commits does. Those that are not
// in the source any more come from the archive. With a nil archive, it yields a store.ShortenedError
// instead of them.
func Commits(ctx context.Context, from Source, a store.Archive, id usher.AccountID, after uint64) iter.Seq2[store.Commit, error] {
	if a == nil {
		return from.Commits(ctx, id, after)
	}
	return func(yield func(store.Commit, error) bool) {
		r := reading{ctx: ctx, archive: a, id: id, last: after, yield: yield}
		for more := true; more; {
			more = false
			failed := error(nil)
			for c, err := range from.Commits(ctx, id, r.last) {
				of := (*store.ShortenedError)(nil)
				if errors.As(err, &of) && of.UpTo > r.last {
					more, failed = r.archived(of) // and then the source again, which may have been shortened more
					break
				}
				if !yield(c, err) || err != nil {
					return
				}
				r.last = c.Version
			}
			if failed != nil {
				failed = &store.Error{Op: "read archived commits", Account: id, Err: failed}
				yield(store.Commit{}, orErased(ctx, from, id, failed))
				return
			}
		}
	}
}

// reading is a loop over a journal.
type reading struct {
	ctx     context.Context
	archive store.Archive
	id      usher.AccountID
	last    uint64 // the version of the last commit that was yielded
	yield   func(store.Commit, error) bool
}

// archived yields the commits up to where a journal was shortened. It returns false if the loop has
// ended, or with an error.
func (r *reading) archived(of *store.ShortenedError) (more bool, err error) {
	index, err := LoadIndex(r.ctx, r.archive, r.id, of)
	if err != nil {
		return false, err
	}
	for _, p := range index.Parts {
		if p.Last <= r.last {
			continue
		}
		object, err := load(r.ctx, r.archive, r.id, p.name(), p.Hash)
		if err != nil {
			return false, err
		}
		commits, err := p.commits(object)
		if err != nil {
			return false, err
		}
		for _, c := range commits {
			if c.Version <= r.last {
				continue
			}
			if err := r.ctx.Err(); err != nil {
				return false, err
			}
			if !r.yield(c, nil) {
				return false, nil
			}
			r.last = c.Version
		}
	}
	return true, nil
}

// Newest returns the newest archived snapshot of an account whose version is at most until, and the
// index. Both are zero if the journal was not shortened; the snapshot is, too, if there is none.
func Newest(ctx context.Context, from Source, a store.Archive, id usher.AccountID, until uint64) (store.Snapshot, Index, error) {
	of, err := Shortened(ctx, from, id)
	if of == nil || err != nil {
		return store.Snapshot{}, Index{}, err
	}
	index, err := LoadIndex(ctx, a, id, of)
	if err != nil {
		return store.Snapshot{}, Index{}, orErased(ctx, from, id, err)
	}
	found := Snapshot{}
	for _, s := range index.Snapshots {
		if s.Version <= until {
			found = s
		}
	}
	if found.Version == 0 {
		return store.Snapshot{}, index, nil
	}
	data, err := load(ctx, a, id, found.name(), found.Hash)
	return store.Snapshot{Version: found.Version, Data: data}, index, orErased(ctx, from, id, err)
}

// CheckOwner returns store.ErrArchiveDamaged if the archive has another account with this id, or lacks
// what the store says that it has. If a read fails, so that this is unknown, it returns the error.
// Otherwise the objects of the account can be erased with it, also if some of them are damaged.
func CheckOwner(ctx context.Context, from store.Store, a store.Archive, id usher.AccountID) error {
	of, unread := Shortened(ctx, from, id)
	if errors.Is(unread, store.ErrErased) {
		return nil
	}
	if of != nil {
		if _, err := LoadIndex(ctx, a, id, of); errors.Is(err, store.ErrNoObject) || err != nil && !errors.Is(err, store.ErrArchiveDamaged) {
			return err
		}
	}
	owner, err := a.Load(ctx, id, ownerName)
	switch {
	case errors.Is(err, store.ErrErased):
		return nil
	case errors.Is(err, store.ErrNoObject):
		if unread != nil && !NeverShortened(ctx, from, id) {
			return unread
		}
		return nil
	case err != nil:
		return printable.Errorf("the archive: object %s: %w", ownerName, err)
	case unread != nil:
		return unread
	}
	first := ""
	for c, err := range Commits(ctx, from, a, id, 0) {
		switch {
		case errors.Is(err, store.ErrErased):
			return nil
		case of != nil && errors.Is(err, store.ErrArchiveDamaged):
			return nil // its index shows that it is the archive of this account
		case err != nil:
			return err
		}
		first = hashOf(c.Data)
		break
	}
	if first != string(owner) {
		return errOwner
	}
	return nil
}

// NeverShortened reports whether an account certainly has no commits in an archive, although its journal
// cannot be read: only an account with a snapshot can have some.
func NeverShortened(ctx context.Context, from store.Store, id usher.AccountID) bool {
	if _, can := from.(store.Shortener); !can {
		return true
	}
	s, err := from.Snapshot(ctx, id)
	return err == nil && s.Version == 0
}

// Shortened returns where a journal was shortened, nil if it was not.
func Shortened(ctx context.Context, from Source, id usher.AccountID) (of *store.ShortenedError, err error) {
	for _, err := range from.Commits(ctx, id, 0) {
		if errors.As(err, &of) {
			return of, nil
		}
		return nil, err
	}
	return nil, nil
}
