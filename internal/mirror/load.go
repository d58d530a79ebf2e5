package mirror

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// source is a store.Store or a store.Tx.
type source interface {
	Commits(ctx context.Context, account usher.AccountID, after uint64) iter.Seq2[store.Commit, error]
	Snapshot(ctx context.Context, account usher.AccountID) (store.Snapshot, error)
}

// load returns the account after its last commit. It begins with the snapshot if that belongs to
// the journal, and otherwise with the first commit.
func load(ctx context.Context, from source, id usher.AccountID) (*account.State, error) {
	saved, err := from.Snapshot(ctx, id)
	if err != nil {
		return nil, err
	}
	state := account.New(id)
	if saved.Version > 0 {
		old, err := account.DecodeState(saved.Data)
		belongs := err == nil && old.ID() == id && old.Version() == saved.Version
		if belongs {
			if belongs, err = isHead(ctx, from, old); err != nil {
				return nil, err
			}
		}
		if belongs {
			state = old
		}
	}
	return replay(ctx, from, state)
}

// isHead reports whether the journal has the commit that a state ends with.
func isHead(ctx context.Context, from source, s *account.State) (bool, error) {
	for c, err := range from.Commits(ctx, s.ID(), s.Version()-1) {
		if err != nil {
			return false, err
		}
		return s.Head() == account.Head{Version: c.Version, Hash: account.HashOf(c.Data)}, nil
	}
	return false, nil
}

// replay applies the commits after a state.
func replay(ctx context.Context, from source, s *account.State) (*account.State, error) {
	id := s.ID()
	for stored, err := range from.Commits(ctx, id, s.Version()) {
		if err != nil {
			return nil, err
		}
		c, err := account.DecodeCommit(stored.Data)
		if err == nil && (c.Account != id || c.Version != stored.Version) {
			err = printable.Errorf("it is commit %d of %s", c.Version, c.Account)
		}
		if err == nil {
			s, err = s.ApplyEncoded(c, stored.Data)
		}
		if err != nil {
			return nil, unreadable{printable.Errorf("commit %d of %s cannot be read: %w", stored.Version, id, err)}
		}
	}
	return s, nil
}

// unreadable is the error of a journal that a store returns, and that is not an account.
type unreadable struct{ error }

func (u unreadable) Unwrap() error { return u.error }
