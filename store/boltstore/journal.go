package boltstore

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"iter"

	"go.etcd.io/bbolt"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Append implements store.Store. After the write has begun, it ignores the context, and returns the
// outcome.
func (s *Store) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	return wrap("append", account, e.Version, s.append(ctx, account, e))
}

func (s *Store) append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	if err := cmp.Or(checkCall(ctx, account), e.Check(), checkSize(e.Data)); err != nil {
		return err
	}
	prefix := accountKey(account)
	key := binary.BigEndian.AppendUint64(prefix, e.Version) // uses the spare capacity of prefix
	value := withChecksum(key, e.Data)
	headValue := headOf(e.Version, e.Data).encode(prefix)
	records, size, err := encodeRecords(prefix, e.Records)
	if err != nil {
		return err
	}
	err = s.write(ctx, &write{bytes: size + len(value), apply: func(t *tables) error {
		last, err := t.lastVersion(prefix)
		if err != nil {
			return err
		}
		if err := e.CheckNext(last); err != nil {
			return err
		}
		if err := t.put(commitBucket, key, value); err != nil {
			return err
		}
		if err := t.put(headBucket, prefix, headValue); err != nil {
			return err
		}
		if err := t.putRecords(records); err != nil {
			return err
		}
		return t.index(account, prefix, e)
	}})
	if !e.Users.Known {
		s.lostUsers.Add(1)
	}
	return err
}

// SaveSnapshot implements store.Store.
func (s *Store) SaveSnapshot(ctx context.Context, account usher.AccountID, snapshot store.Snapshot) error {
	return wrap("save snapshot", account, snapshot.Version, s.saveSnapshot(ctx, account, snapshot))
}

func (s *Store) saveSnapshot(ctx context.Context, account usher.AccountID, snapshot store.Snapshot) error {
	if err := cmp.Or(checkCall(ctx, account), snapshot.Check(), checkSize(snapshot.Data)); err != nil {
		return err
	}
	key := accountKey(account)
	data := append(binary.BigEndian.AppendUint64(nil, snapshot.Version), snapshot.Data...)
	value := withChecksum(key, data)
	return s.write(ctx, &write{bytes: len(value), apply: func(t *tables) error {
		last, err := t.lastVersion(key)
		if err != nil {
			return err
		}
		if err := snapshot.CheckLast(last); err != nil {
			return err
		}
		if of, err := t.shortened(key); err != nil || snapshot.Version <= of.UpTo {
			return err // it is older than the stored one, even if that is damaged
		}
		old := t.bucket(snapshotBucket).Get(key)
		if len(old) > 8 && binary.BigEndian.Uint64(old) > snapshot.Version && intact(key, old) {
			return nil
		}
		return t.put(snapshotBucket, key, value)
	}})
}

// Snapshot implements store.Store.
func (s *Store) Snapshot(ctx context.Context, account usher.AccountID) (store.Snapshot, error) {
	snapshot, err := s.snapshot(ctx, account)
	return snapshot, wrap("read snapshot", account, 0, err)
}

func (s *Store) snapshot(ctx context.Context, account usher.AccountID) (snapshot store.Snapshot, err error) {
	if err := checkCall(ctx, account); err != nil {
		return store.Snapshot{}, err
	}
	key := accountKey(account)
	err = s.read(func(t *tables) error {
		last, err := t.lastVersion(key)
		if err != nil {
			return err
		}
		snapshot, err = t.snapshot(key, last)
		return err
	})
	return snapshot, err
}

// snapshot returns the snapshot of an account whose last commit has the version last.
func (t *tables) snapshot(account []byte, last uint64) (store.Snapshot, error) {
	value := t.bucket(snapshotBucket).Get(account)
	if value == nil {
		return store.Snapshot{}, nil
	}
	data, err := verifiedData(account, value)
	switch {
	case err != nil:
		return store.Snapshot{}, err
	case len(data) < 8:
		return store.Snapshot{}, errWrongContent
	case binary.BigEndian.Uint64(data) > last:
		return store.Snapshot{}, printable.Errorf("%w: the snapshot has version %d, but the last version is %d; restore the file from a backup", ErrDamaged, binary.BigEndian.Uint64(data), last)
	}
	return store.Snapshot{Version: binary.BigEndian.Uint64(data), Data: data[8:]}, nil
}

// Accounts implements store.Store.
func (s *Store) Accounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.list(ctx, "list accounts", after, false)
}

// ErasedAccounts yields the ids of the erased accounts whose id is greater than after, sorted by
// their bytes.
func (s *Store) ErasedAccounts(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.list(ctx, "list erased accounts", after, true)
}

func (s *Store) list(ctx context.Context, op string, after usher.AccountID, erased bool) iter.Seq2[usher.AccountID, error] {
	return paged(ctx, op, "", func() func() ([]usher.AccountID, error) {
		next := afterAccount(accountKey(after)) // the key of "" is before all others
		return func() (page []usher.AccountID, err error) {
			err = s.read(func(t *tables) (err error) {
				page, next, err = t.accounts(next, erased)
				return err
			})
			return page, err
		}
	})
}

// accounts returns the first accounts at or after the key from, either those that are erased or the
// others, and the key from which to continue. It skips the commits of each account with one seek.
// An account with only commits or only a head is not erased: a call that reads it then returns
// ErrDamaged.
func (t *tables) accounts(from []byte, erased bool) (page []usher.AccountID, next []byte, err error) {
	commits := t.bucket(commitBucket).Cursor()
	key, _ := commits.Seek(from)
	var heads *bbolt.Cursor
	var head, value []byte
	if t.hasHeads {
		heads = t.bucket(headBucket).Cursor()
		head, value = heads.Seek(from)
	}
	for (key != nil || head != nil) && len(page) < pageLength {
		var own, version []byte // account and version of the next commit
		if key != nil {
			if _, version, err = splitKey(key); err != nil {
				return nil, nil, err
			}
			if len(version) != 8 {
				return nil, nil, errWrongKey
			}
			own = key[:len(key)-8]
		}
		inCommits := key != nil && (head == nil || bytes.Compare(own, head) <= 0)
		inHeads := head != nil && (key == nil || bytes.Compare(head, own) <= 0)
		account := head
		if inCommits {
			account = own
		}
		id, rest, err := splitKey(account)
		if err != nil {
			return nil, nil, err
		}
		if len(rest) > 0 || bytes.Compare(account, from) < 0 {
			return nil, nil, errWrongKey // with unordered keys, the loop would not end
		}
		if t.hasHeads && (!inCommits || !inHeads || !intact(head, value)) {
			if _, err := t.lastVersion(account); !errors.Is(err, ErrDamaged) {
				return nil, nil, errWrongKey // a seek does not find an existing key
			}
		}
		marked := inCommits && binary.BigEndian.Uint64(version) == erasedVersion
		isErased := marked && (!t.hasHeads || inHeads && bytes.Equal(value, erasedHead.encode(account)))
		if isErased == erased {
			page = append(page, id)
		}
		from = afterAccount(account)
		if inHeads {
			head, value = heads.Next()
		}
		if inCommits {
			key, _ = commits.Seek(from)
		}
	}
	return page, from, nil
}

// Versions implements store.VersionReader. It reads all versions from one state of the file.
func (s *Store) Versions(ctx context.Context, accounts []usher.AccountID) ([]uint64, error) {
	if err := ctx.Err(); err != nil {
		return nil, wrap("read versions", "", 0, err)
	}
	versions := make([]uint64, len(accounts))
	var at usher.AccountID // the account that is read
	err := s.read(func(t *tables) (err error) {
		for i, id := range accounts {
			at = id
			if versions[i], err = t.versionOf(ctx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, wrap("read versions", at, 0, err)
	}
	return versions, nil
}

// versionOf returns the version of the account's last commit, and store.Erased for an erased
// account.
func (t *tables) versionOf(ctx context.Context, account usher.AccountID) (uint64, error) {
	if err := checkCall(ctx, account); err != nil {
		return 0, err
	}
	last, err := t.lastVersion(accountKey(account))
	if errors.Is(err, store.ErrErased) {
		return store.Erased, nil
	}
	return last, err
}

// Erase implements store.Store. It erases all data in one transaction.
func (s *Store) Erase(ctx context.Context, account usher.AccountID) error {
	return wrap("erase", account, 0, s.erase(ctx, account))
}

func (s *Store) erase(ctx context.Context, account usher.AccountID) error {
	if err := checkCall(ctx, account); err != nil {
		return err
	}
	prefix := accountKey(account)
	return s.write(ctx, &write{exclusive: true, apply: func(t *tables) error {
		if errors.Is(t.checkNotErased(prefix), store.ErrErased) {
			return nil
		}
		for _, bucket := range dataBuckets {
			if err := t.deletePrefix(bucket, prefix); err != nil {
				return err
			}
		}
		if t.bucket(shortenedBucket) != nil {
			if err := t.deletePrefix(shortenedBucket, prefix); err != nil {
				return err
			}
		}
		if err := t.unindex(account, prefix); err != nil {
			return err
		}
		mark := versionKey(prefix, erasedVersion)
		if err := t.put(commitBucket, mark, withChecksum(mark, nil)); err != nil {
			return err
		}
		return t.put(headBucket, prefix, erasedHead.encode(prefix))
	}})
}
