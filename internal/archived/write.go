package archived

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// partBytes is the size from which on a part is complete. The last commit may exceed it.
const partBytes = 1 << 20

// Save stores the commits up to that before a snapshot, and the snapshot, and reads all of them from the
// archive again. The commits begin after those of the index before, which the archive has already. Save
// returns the version of the last commit, and the seal for store.Shortener.
func Save(ctx context.Context, a store.Archive, id usher.AccountID, before Index, commits iter.Seq2[store.Commit, error], s store.Snapshot) (upTo uint64, seal []byte, err error) {
	w := writer{ctx: ctx, archive: a, id: id}
	w.Index = Index{Usher: format, Account: []byte(id), UpTo: s.Version - 1}
	w.Parts = append(w.Parts, before.Parts...)
	w.Snapshots = append(w.Snapshots, before.Snapshots...)
	if err := w.parts(commits, before.UpTo); err != nil {
		return 0, nil, err
	}
	copied := Snapshot{Version: s.Version, Hash: hashOf(s.Data)}
	w.Snapshots = append(w.Snapshots, copied)
	if err := w.save(copied.name(), s.Data); err != nil {
		return 0, nil, err
	}
	for _, p := range w.Parts[len(before.Parts):] {
		if _, err := load(ctx, a, id, p.name(), p.Hash); err != nil {
			return 0, nil, err
		}
	}
	if _, err := load(ctx, a, id, copied.name(), copied.Hash); err != nil {
		return 0, nil, err
	}
	seal, err = w.index()
	return w.UpTo, seal, err
}

type writer struct {
	ctx     context.Context
	archive store.Archive
	id      usher.AccountID
	Index
}

// parts saves the commits after a version.
func (w *writer) parts(commits iter.Seq2[store.Commit, error], last uint64) error {
	first := last + 1
	var part []byte
	for c, err := range commits {
		switch {
		case err != nil:
			return err
		case c.Version != last+1:
			return printable.Errorf("the store returned commit %d (want commit %d)", c.Version, last+1)
		case c.Version > w.UpTo:
			return w.part(first, last, part)
		case c.Version == 1:
			if err := w.owner(c.Data); err != nil {
				return err
			}
		}
		part, last = appendCommit(part, c.Data), c.Version
		if len(part) >= partBytes {
			if err := w.part(first, last, part); err != nil {
				return err
			}
			first, part = last+1, nil
		}
	}
	return printable.Errorf("the journal ends at version %d, and a snapshot of version %d exists", last, w.UpTo+1)
}

// ownerName is the name of the object with the hash of the first commit. It tells apart accounts with the
// same id in two stores, which must not share an archive: the erasure of one would erase the other.
const ownerName = "owner"

var errOwner = printable.Errorf("%w: object %s: the archive has another account with this id; a store needs an archive of its own", store.ErrArchiveDamaged, ownerName)

// owner saves the hash of the first commit.
func (w *writer) owner(first []byte) error {
	err := w.save(ownerName, []byte(hashOf(first)))
	if errors.Is(err, store.ErrOtherObject) {
		return errOwner
	}
	return err
}

func (w *writer) part(first, last uint64, object []byte) error {
	if first > last {
		return nil
	}
	p := Part{First: first, Last: last, Hash: hashOf(object)}
	w.Parts = append(w.Parts, p)
	return w.save(p.name(), object)
}

// index saves the index, reads it again, and returns its seal.
func (w *writer) index() (seal []byte, err error) {
	data, err := json.Marshal(w.Index)
	if err != nil {
		return nil, err
	}
	of := &store.ShortenedError{UpTo: w.UpTo, Seal: sealOf(data)}
	if err := w.save(indexName(of.UpTo, of.Seal), data); err != nil {
		return nil, err
	}
	_, err = LoadIndex(w.ctx, w.archive, w.id, of)
	return of.Seal, err
}

func (w *writer) save(name string, data []byte) error {
	err := w.archive.Save(w.ctx, w.id, name, data)
	switch {
	case errors.Is(err, store.ErrErased):
		return printable.Errorf("%w: object %s: %w", store.ErrArchiveDamaged, name, errErased)
	case errors.Is(err, store.ErrOtherObject):
		return printable.Errorf("%w: object %s exists with other bytes; delete it, or restore it from a backup: %w", store.ErrArchiveDamaged, name, err)
	case err != nil:
		return printable.Errorf("the archive: object %s: %w", name, err)
	}
	return nil
}
