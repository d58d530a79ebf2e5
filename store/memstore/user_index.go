package memstore

import (
	"context"
	"iter"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// AccountsOf implements store.UserIndex. It looks at all accounts.
func (s *Store) AccountsOf(ctx context.Context, user usher.UserID, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		if err := store.CheckUser(user); err != nil && ctx.Err() == nil {
			yield("", &store.Error{Op: "list accounts of a user", Err: err})
			return
		}
		s.list(ctx, "list accounts of a user", after, func(j *journal) bool { return j.hasUser(user) })(yield)
	}
}

// Unindexed implements store.UserIndex. It looks at all accounts.
func (s *Store) Unindexed(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.list(ctx, "list accounts that are not indexed", after, (*journal).isUnindexed)
}

// IndexUsers implements store.UserIndex.
func (s *Store) IndexUsers(ctx context.Context, account usher.AccountID, version uint64, users []usher.UserID) error {
	return do(ctx, "index users", account, version, func() error {
		if version == 0 {
			return printable.Errorf("%w: users of version 0 (want 1 or more)", store.ErrInvalid)
		}
		if err := store.CheckUsers(users); err != nil {
			return err
		}
		return s.journal(account, false).replaceUsers(version, users)
	})
}

// index changes the users in the index by an entry that was appended. The caller has locked the
// journal.
func (j *journal) index(e store.Entry) {
	if e.Users.Cleared {
		j.users = nil
	}
	for _, user := range e.Users.Removed {
		delete(j.users, user)
	}
	for _, user := range e.Users.Added {
		if j.users == nil {
			j.users = map[usher.UserID]bool{}
		}
		j.users[user] = true
	}
	if e.Users.Known && j.indexed == e.Version-1 {
		j.indexed = e.Version
	}
}

func (j *journal) replaceUsers(version uint64, users []usher.UserID) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	last := j.last()
	switch {
	case j.erased:
		return store.ErrErased
	case version > last:
		return printable.Errorf("%w: the last version is %d", store.ErrGap, last)
	case j.indexed == last || version < j.indexed:
		return nil
	}
	j.indexed, j.users = version, make(map[usher.UserID]bool, len(users))
	for _, user := range users {
		j.users[user] = true
	}
	return nil
}

func (j *journal) hasUser(user usher.UserID) bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.users[user]
}

func (j *journal) isUnindexed() bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.indexed != j.last()
}
