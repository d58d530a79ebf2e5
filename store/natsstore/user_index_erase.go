package natsstore

import (
	"context"
	"errors"
	"math"
	"sync"

	"github.com/usher-go/usher"
)

// The messages of the index have no data to encrypt: what they disclose is in their subjects. Therefore
// no message is replaced by a rollup or purged, which would leave its bytes on the disks. All of them stay
// in the stream until they are deleted by sequence, which the servers do by overwriting them.

// pruneUsers deletes the messages of removed users that come before the commit, in the background. They
// have no effect. If not all servers are up, they stay until the account is erased.
func (s *Store) pruneUsers(account usher.AccountID, seq uint64, removed []usher.UserID) {
	if len(removed) == 0 {
		return
	}
	p := s.partitionOf(account)
	s.prune(p, func() error {
		for _, user := range removed {
			// One at a time: the last one says that the user was removed.
			if err := s.deleteUsers(s.ctx, p, p.userSubject(user, account), seq, 1); err != nil {
				return err
			}
		}
		return nil
	})
}

// pruneReplaced deletes the messages of an account that IndexUsers has replaced by those from a sequence
// on, in the background.
func (s *Store) pruneReplaced(p *partition, account usher.AccountID, first uint64) {
	s.prune(p, func() error { return s.deleteUsers(s.ctx, p, p.usersOf(account), first, deletionsAtOnce) })
}

// prune runs f in the background, when all servers of the journals are up, and again if it fails. It gives
// up after a while: what f deletes has no effect.
func (s *Store) prune(p *partition, f func() error) {
	s.running.Go(func() {
		t := s.tries(s.ctx)
		for {
			err := s.allUp(s.ctx, p.journal)
			if err == nil {
				err = f()
			}
			if err == nil || t.again(err) != nil {
				return
			}
		}
	})
}

// deletionsAtOnce is the number of messages that a Store deletes from a stream at the same time.
const deletionsAtOnce = 32

// deleteUsers deletes the messages of a filter before a sequence, the oldest first, several at once.
func (s *Store) deleteUsers(ctx context.Context, p *partition, filter string, before uint64, atOnce int) error {
	t := s.tries(ctx)
	for from := uint64(1); ; {
		page, err := s.page(ctx, p.journal, filter, from, pageSize)
		if err != nil {
			if err := t.again(err); err != nil {
				return err
			}
			continue
		}
		var seqs []uint64
		for _, m := range page {
			if from = m.seq + 1; m.seq < before {
				seqs = append(seqs, m.seq)
			}
		}
		if len(seqs) == 0 {
			return nil
		}
		if err := s.deleteMessages(ctx, p.journal, seqs, atOnce); err != nil {
			return err
		}
	}
}

// deleteMessages deletes messages, several at once, until a deletion fails.
func (s *Store) deleteMessages(ctx context.Context, st *stream, seqs []uint64, atOnce int) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turns := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for _, seq := range seqs {
		turns <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			if err := s.deleteMessage(ctx, st, seq); err != nil {
				cancel(err)
			}
			<-turns
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// errUsersLeft means that the server that was read lacked messages of the index.
var errUsersLeft = errors.New("the index still has users of the account")

// eraseUsers deletes all messages that the index has of an erased account.
func (s *Store) eraseUsers(ctx context.Context, p *partition, account usher.AccountID) error {
	t := s.tries(ctx)
	for {
		left, err := s.subjects(ctx, p, p.usersOf(account))
		if err != nil || len(left) == 0 {
			return err
		}
		if err := s.deleteUsers(ctx, p, p.usersOf(account), math.MaxUint64, deletionsAtOnce); err != nil {
			return err
		}
		if err := t.again(errUsersLeft); err != nil {
			return err
		}
	}
}
