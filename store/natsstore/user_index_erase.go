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
	p := s.partitionOf(account)
	subjects := make([]string, len(removed))
	for i, user := range removed {
		subjects[i] = p.userSubject(user, account)
	}
	s.pruneSubjects(p, subjects, seq)
}

// pruneSubjects deletes the messages of the index on some subjects that come before a sequence, in the
// background, when all servers are up. It gives up after a while.
func (s *Store) pruneSubjects(p *partition, subjects []string, before uint64) {
	if len(subjects) == 0 {
		return
	}
	s.running.Go(func() {
		t := s.tries(s.ctx)
		for {
			err := s.allUp(s.ctx, p.journal)
			if err == nil {
				err = s.deleteSubjects(s.ctx, p, subjects, before)
			}
			if err == nil || t.again(err) != nil {
				return
			}
		}
	})
}

// deletionsAtOnce is the number of subjects whose messages a call deletes at the same time.
const deletionsAtOnce = 32

// deleteSubjects deletes the messages on subjects before a sequence, until a deletion fails.
func (s *Store) deleteSubjects(ctx context.Context, p *partition, subjects []string, before uint64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	turns := make(chan struct{}, deletionsAtOnce)
	var running sync.WaitGroup
	for _, subject := range subjects {
		turns <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			if err := s.deleteSubject(ctx, p, subject, before); err != nil {
				cancel(err)
			}
			<-turns
		})
	}
	running.Wait()
	return context.Cause(ctx)
}

// deleteSubject deletes the messages on a subject before a sequence. It begins with the oldest: the last one
// may say that the user was removed.
func (s *Store) deleteSubject(ctx context.Context, p *partition, subject string, before uint64) error {
	t := s.tries(ctx)
	for from := uint64(1); ; {
		page, err := s.page(ctx, p.journal, subject, from, pageSize)
		if err != nil {
			if err := t.again(err); err != nil {
				return err
			}
			continue
		}
		for _, m := range page {
			if m.seq >= before {
				return nil
			}
			if err := s.deleteMessage(ctx, p.journal, m.seq); err != nil {
				return err
			}
			from = m.seq + 1
		}
		if len(page) < pageSize {
			return nil
		}
	}
}

// errUsersLeft means that the servers that were read lacked messages of the index.
var errUsersLeft = errors.New("the index still has users of the account")

// eraseUsers deletes all messages that the index has of an erased account.
func (s *Store) eraseUsers(ctx context.Context, p *partition, account usher.AccountID) error {
	t := s.tries(ctx)
	for {
		left, err := s.subjects(ctx, p, p.usersOf(account))
		if err != nil || len(left) == 0 {
			return err
		}
		if err := s.deleteSubjects(ctx, p, left, math.MaxUint64); err != nil {
			return err
		}
		if err := t.again(errUsersLeft); err != nil {
			return err
		}
	}
}
