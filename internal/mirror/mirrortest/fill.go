package mirrortest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Fill appends random journals of several accounts to a store, concurrently: by Append, or in a
// transaction that commits, or in one that is first rolled back. It erases some of the accounts. It
// returns the journals of those that it did not erase.
func Fill(ctx context.Context, s store.Transactor, seed uint64, accounts, commits int) ([]*Journal, error) {
	var wait sync.WaitGroup
	journals, errs := make([]*Journal, accounts), make([]error, accounts)
	for i := range accounts {
		wait.Go(func() {
			j := New(usher.AccountID(fmt.Sprintf("account %d '\"\\é", i)), rand.New(rand.NewPCG(seed, uint64(i))))
			errs[i] = j.appendSome(ctx, s, commits)
			if i%8 == 7 && errs[i] == nil {
				errs[i] = s.Erase(ctx, j.State.ID())
				return
			}
			journals[i] = j
		})
	}
	wait.Wait()
	var kept []*Journal
	for _, j := range journals {
		if j != nil {
			kept = append(kept, j)
		}
	}
	return kept, errors.Join(errs...)
}

// Continue appends further commits to journals that Fill returned, concurrently. Meanwhile nothing
// else may use the journals.
func Continue(ctx context.Context, s store.Transactor, journals []*Journal, commits int) error {
	var wait sync.WaitGroup
	errs := make([]error, len(journals))
	for i, j := range journals {
		wait.Go(func() { errs[i] = j.appendSome(ctx, s, commits) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

var errRolledBack = errors.New("rolled back")

func (j *Journal) appendSome(ctx context.Context, s store.Transactor, commits int) error {
	for range commits {
		e, ok := j.Next()
		if !ok {
			return nil
		}
		var err error
		inTx := func(result error) error {
			return s.InTx(ctx, func(tx store.Tx) error {
				if err := tx.Append(ctx, j.State.ID(), e); err != nil {
					return err
				}
				return result
			})
		}
		switch j.rand.IntN(4) {
		case 0:
			err = inTx(nil)
		case 1:
			if err = inTx(errRolledBack); errors.Is(err, errRolledBack) {
				err = s.Append(ctx, j.State.ID(), e)
			}
		default:
			err = s.Append(ctx, j.State.ID(), e)
		}
		if err != nil {
			return printable.Errorf("commit %d of %s: %w", e.Version, j.State.ID(), err)
		}
	}
	return nil
}

// Differences returns the texts of what CheckMembers yields.
func Differences(ctx context.Context, s store.MembersStore) (texts []string, err error) {
	for d, err := range s.CheckMembers(ctx) {
		if err != nil {
			return texts, err
		}
		texts = append(texts, d.Text)
	}
	return texts, nil
}

// Living returns the first journal whose account was not deleted, or nil.
func Living(journals []*Journal) *Journal {
	for _, j := range journals {
		if !j.State.Deleted() {
			return j
		}
	}
	return nil
}
