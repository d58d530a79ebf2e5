package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"iter"
	"slices"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// The index of users is in two buckets, which the first entry that states its users creates. One has
// a key for each user and account. The other has the version of the users of each account, and a key
// for each account and user, by which the keys of an account are found. Earlier versions of this
// package ignore both, and then the versions differ from those of the heads.

// AccountsOf implements store.UserIndex.
func (s *Store) AccountsOf(ctx context.Context, user usher.UserID, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return paged(ctx, "list accounts of a user", "", func() func() ([]usher.AccountID, error) {
		prefix := accountKey(usher.AccountID(user))
		from := append(bytes.Clone(prefix), after...)
		return func() (page []usher.AccountID, err error) {
			if err := store.CheckUser(user); err != nil {
				return nil, err
			}
			err = s.read(func(t *tables) error {
				b := t.bucket(userBucket)
				if b == nil {
					return nil
				}
				c := b.Cursor()
				key, value := c.Seek(from)
				if bytes.Equal(key, from) {
					key, value = c.Next()
				}
				for ; bytes.HasPrefix(key, prefix) && len(page) < pageLength; key, value = c.Next() {
					if bytes.Compare(key, from) <= 0 {
						return errWrongKey // with unordered keys, the loop would not end
					}
					if !intact(key, value) {
						return printable.Errorf("%w: the checksum of %q is wrong", ErrDamaged, key)
					}
					page = append(page, usher.AccountID(key[len(prefix):]))
					from = bytes.Clone(key)
				}
				return nil
			})
			return page, err
		}
	})
}

// Unindexed implements store.UserIndex. The first call compares the versions of all accounts. If the
// index has all of them, later calls need not, until an entry states nothing about users.
func (s *Store) Unindexed(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return func(yield func(usher.AccountID, error) bool) {
		began, found := s.lostUsers.Load(), false
		if began == s.noneLost.Load() && ctx.Err() == nil {
			return
		}
		for id, err := range s.Accounts(ctx, after) {
			unindexed := false
			if err == nil {
				unindexed, err = s.isUnindexed(id)
			}
			if unindexed || err != nil {
				found = true
				if !yield(id, wrap("list accounts that are not indexed", "", 0, err)) || err != nil {
					return
				}
			}
		}
		if after == "" && !found {
			s.noneLost.Store(began)
		}
	}
}

func (s *Store) isUnindexed(id usher.AccountID) (is bool, err error) {
	err = s.read(func(t *tables) error {
		prefix := accountKey(id)
		last, err := t.lastVersion(prefix)
		switch {
		case errors.Is(err, store.ErrErased):
			return nil // since the loop began
		case err != nil:
			return err
		}
		version, err := t.indexedVersion(prefix)
		is = version != last
		return err
	})
	return is, err
}

// IndexUsers implements store.UserIndex.
func (s *Store) IndexUsers(ctx context.Context, account usher.AccountID, version uint64, users []usher.UserID) error {
	return wrap("index users", account, version, s.indexUsers(ctx, account, version, users))
}

func (s *Store) indexUsers(ctx context.Context, account usher.AccountID, version uint64, users []usher.UserID) error {
	if err := cmp.Or(checkCall(ctx, account), store.CheckUsers(users)); err != nil {
		return err
	}
	if version == 0 {
		return printable.Errorf("%w: users of version 0 (want 1 or more)", store.ErrInvalid)
	}
	prefix, users := accountKey(account), slices.Clone(users)
	return s.write(ctx, &write{exclusive: true, apply: func(t *tables) error {
		last, err := t.lastVersion(prefix)
		if err != nil {
			return err
		}
		indexed, err := t.indexedVersion(prefix)
		switch {
		case err != nil:
			return err
		case version > last:
			return printable.Errorf("%w: the last version is %d", store.ErrGap, last)
		case indexed == last || version < indexed:
			return nil
		}
		if err := t.unindex(account, prefix); err != nil {
			return err
		}
		if err := t.addUsers(account, prefix, users); err != nil {
			return err
		}
		return t.putIndexed(prefix, version)
	}})
}

// index changes the index by an entry that is being appended.
func (t *tables) index(account usher.AccountID, prefix []byte, e store.Entry) error {
	indexed, err := t.indexedVersion(prefix)
	if err != nil {
		return err
	}
	if e.Users.Cleared {
		if err := t.unindex(account, prefix); err != nil {
			return err
		}
	}
	for _, user := range e.Users.Removed {
		if err := t.removeUser(account, prefix, user); err != nil {
			return err
		}
	}
	if err := t.addUsers(account, prefix, e.Users.Added); err != nil {
		return err
	}
	if e.Users.Known && indexed == e.Version-1 {
		indexed = e.Version
	}
	if indexed == 0 {
		return nil
	}
	return t.putIndexed(prefix, indexed)
}

// indexedVersion returns the version of the users that the index has of an account, 0 if it has none.
func (t *tables) indexedVersion(account []byte) (uint64, error) {
	b := t.bucket(indexedBucket)
	if b == nil {
		return 0, nil
	}
	value := b.Get(account)
	if value == nil {
		return 0, nil
	}
	data, err := verifiedData(account, value)
	if err == nil && len(data) != 8 {
		err = errWrongContent
	}
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint64(data), nil
}

func (t *tables) putIndexed(account []byte, version uint64) error {
	if err := t.makeIndex(); err != nil {
		return err
	}
	return t.put(indexedBucket, account, withChecksum(account, binary.BigEndian.AppendUint64(nil, version)))
}

// makeIndex creates the buckets of the index if they do not exist.
func (t *tables) makeIndex() error {
	for _, name := range indexBuckets {
		if t.bucket(name) == nil {
			t.changes++
			if _, err := t.tx.CreateBucket(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *tables) addUsers(account usher.AccountID, prefix []byte, users []usher.UserID) error {
	if len(users) == 0 {
		return nil
	}
	if err := t.makeIndex(); err != nil {
		return err
	}
	for _, user := range users {
		byUser, byAccount := accountOfUserKey(user, account), userKey(prefix, user)
		if err := cmp.Or(t.put(userBucket, byUser, withChecksum(byUser, nil)), t.put(indexedBucket, byAccount, withChecksum(byAccount, nil))); err != nil {
			return err
		}
	}
	return nil
}

func (t *tables) removeUser(account usher.AccountID, prefix []byte, user usher.UserID) error {
	if t.bucket(userBucket) == nil {
		return nil
	}
	return cmp.Or(t.delete(userBucket, accountOfUserKey(user, account)), t.delete(indexedBucket, userKey(prefix, user)))
}

// unindex removes the users of an account, and the version of them.
func (t *tables) unindex(account usher.AccountID, prefix []byte) error {
	b := t.bucket(indexedBucket)
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
		if user := usher.UserID(key[len(prefix):]); user != "" {
			if err := t.delete(userBucket, accountOfUserKey(user, account)); err != nil {
				return err
			}
		}
	}
	return t.deletePrefix(indexedBucket, prefix)
}

// accountOfUserKey returns the key of an account of a user. All accounts of a user are in one range.
func accountOfUserKey(user usher.UserID, account usher.AccountID) []byte {
	return append(accountKey(usher.AccountID(user)), account...)
}
