// Package archived reads and writes the beginnings of journals in a store.Archive.
//
// The objects of an account are parts of its journal, snapshots, and an index for each call of Shorten,
// which lists all parts and snapshots until then. The seal that the store keeps is the SHA-256 of the
// index, and the index contains that of each object. What is read is thus what was written, or an error.
package archived

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Index lists the objects of an account. The zero Index lists none.
type Index struct {
	Usher     int        `json:"usher"`     // the version of the format
	Account   []byte     `json:"account"`   // base64, since an id may contain any bytes
	UpTo      uint64     `json:"upTo"`      // the version of the last commit
	Parts     []Part     `json:"parts"`     // commits 1 to UpTo, in order
	Snapshots []Snapshot `json:"snapshots"` // in the order of their versions
}

// Part is an object with commits.
type Part struct {
	First uint64 `json:"first"`
	Last  uint64 `json:"last"`
	Hash  string `json:"sha256"` // of the object, in hexadecimal digits
}

// Snapshot is an object with the data of a snapshot.
type Snapshot struct {
	Version uint64 `json:"version"`
	Hash    string `json:"sha256"`
}

const format = 1

func (p Part) name() string { return fmt.Sprintf("commits-%d-%d-%s", p.First, p.Last, p.Hash) }

func (s Snapshot) name() string { return fmt.Sprintf("snapshot-%d-%s", s.Version, s.Hash) }

func indexName(upTo uint64, seal []byte) string { return fmt.Sprintf("index-%d-%x", upTo, seal) }

func sealOf(data []byte) []byte {
	sum := sha256.Sum256(data)
	return sum[:]
}

func hashOf(data []byte) string { return hex.EncodeToString(sealOf(data)) }

// LoadIndex returns the index with the seal of a shortened journal.
func LoadIndex(ctx context.Context, a store.Archive, id usher.AccountID, of *store.ShortenedError) (Index, error) {
	index := Index{}
	data, err := load(ctx, a, id, indexName(of.UpTo, of.Seal), hex.EncodeToString(of.Seal))
	if err != nil {
		return Index{}, err
	}
	switch err := json.Unmarshal(data, &index); {
	case err != nil:
		return Index{}, damaged("the index up to version %d is not JSON", of.UpTo)
	case index.Usher != format:
		return Index{}, printable.Errorf("the index up to version %d has format %d, and this version of the library reads %d", of.UpTo, index.Usher, format)
	}
	return index, index.check(id, of.UpTo)
}

// check returns an error unless the index lists the commits 1 to upTo of an account.
func (i Index) check(id usher.AccountID, upTo uint64) error {
	if string(i.Account) != string(id) {
		return damaged("it is the index of %q (want %q)", string(i.Account), string(id))
	}
	next := uint64(1)
	for _, p := range i.Parts {
		if p.First != next || p.Last < p.First {
			return damaged("the index lists the commits %d to %d (want commits from %d on)", p.First, p.Last, next)
		}
		next = p.Last + 1
	}
	if i.UpTo != upTo || next != upTo+1 {
		return damaged("the index lists the commits up to %d (want up to %d)", next-1, upTo)
	}
	return nil
}

// load returns the data of an object, whose hash is known.
func load(ctx context.Context, a store.Archive, id usher.AccountID, name, hash string) ([]byte, error) {
	data, err := a.Load(ctx, id, name)
	switch {
	case errors.Is(err, store.ErrErased):
		return nil, printable.Errorf("%w: object %s: %w", store.ErrArchiveDamaged, name, errErased)
	case errors.Is(err, store.ErrNoObject):
		return nil, printable.Errorf("%w: object %s: %w", store.ErrArchiveDamaged, name, err)
	case err != nil:
		return nil, printable.Errorf("the archive: object %s: %w", name, err)
	}
	if got := hashOf(data); got != hash {
		return nil, damaged("object %s has %d bytes with the hash %s (want %s); restore it from a backup", name, len(data), got, hash)
	}
	return data, nil
}

// errErased is the error for an account that the archive has erased. It is not store.ErrErased, because the
// store still has the account.
var errErased = errors.New("the archive has erased the account, and the store has not: if Erase of the engine was stopped, call it again; a store needs an archive of its own")

// orErased returns the error of the source, if the account was erased there too since an archive returned
// err.
func orErased(ctx context.Context, from Source, id usher.AccountID, err error) error {
	if !errors.Is(err, errErased) {
		return err
	}
	for _, now := range from.Commits(ctx, id, 0) {
		if errors.Is(now, store.ErrErased) {
			return now
		}
		break
	}
	return err
}

func damaged(format string, args ...any) error {
	return printable.Errorf("%w: %s", store.ErrArchiveDamaged, printable.Sprintf(format, args...))
}
