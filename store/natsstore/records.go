package natsstore

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// Record implements store.UserDataStore.
func (s *Store) Record(ctx context.Context, account usher.AccountID, user usher.UserID) (data []byte, err error) {
	err = s.call(ctx, "read record", account, 0, func() error {
		if err := errors.Join(store.CheckAccount(account), store.CheckUser(user)); err != nil {
			return err
		}
		p := s.partitionOf(account)
		keys := p.subject(kindPersonalKeys, account)
		return s.untilSame(ctx, func() error {
			v, err := s.look(ctx, account, append(p.pathsTo(account, user), keys)...)
			if err != nil {
				return err
			}
			if err := v.living(); err != nil {
				return err
			}
			buckets, err := s.buckets(ctx, account, v, user)
			if err != nil {
				return err
			}
			data = nil
			for _, b := range buckets {
				if d := b.records[user]; len(d) > 0 {
					data = d
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// untilSame repeats f while it returns errChanged.
func (s *Store) untilSame(ctx context.Context, f func() error) error {
	t := s.tries(ctx)
	for {
		err := f()
		if !errors.Is(err, errChanged) {
			return err
		}
		if err := t.again(err); err != nil {
			return err
		}
	}
}

// buckets returns the buckets of users by their paths, from a view that includes the subjects of
// pathsTo. A bucket that is not stored has seq 0.
func (s *Store) buckets(ctx context.Context, account usher.AccountID, v view, users ...usher.UserID) (map[string]*bucket, error) {
	p := s.partitionOf(account)
	keys, err := v.keyring(p.subject(kindPersonalKeys, account))
	if err != nil {
		return nil, err
	}
	found := map[string]*bucket{}
	for _, user := range users {
		for depth := 0; ; depth++ {
			path := pathOf(user, depth)
			if found[path] != nil {
				break
			}
			m, stored := v.found[p.bucketSubject(account, path)]
			if !stored {
				found[path] = &bucket{path: path, records: map[usher.UserID][]byte{}}
				break
			}
			if m.header.Get(headerSplit) != "" {
				if depth == maxDepth {
					return nil, damaged("message %d: a bucket at depth %d is divided", m.seq, depth)
				}
				continue
			}
			if found[path], err = s.bucket(ctx, p, path, m, keys); err != nil {
				return nil, err
			}
			break
		}
	}
	return found, nil
}

// bucket reads the bucket of which m is the last message.
func (s *Store) bucket(ctx context.Context, p *partition, path string, m message, keys *keyring) (*bucket, error) {
	if keys == nil {
		return nil, damaged("message %d: there are records and no personal key", m.seq)
	}
	sealed, err := s.whole(ctx, p.journal, m)
	if err != nil {
		return nil, err
	}
	data, err := keys.open(m, sealed, bucketLabel(path))
	if err != nil {
		return nil, err
	}
	return parseBucket(path, m, data)
}

// Records implements store.UserDataStore. It reads all records of the account into memory first.
func (s *Store) Records(ctx context.Context, account usher.AccountID, after usher.UserID) iter.Seq2[store.Record, error] {
	return loop(s, ctx, "read records", account, func() (all []store.Record, err error) {
		buckets, err := s.tree(ctx, account)
		if err != nil {
			return nil, err
		}
		for _, b := range buckets {
			for user, data := range b.records {
				if user > after {
					all = append(all, store.Record{User: user, Data: data})
				}
			}
		}
		slices.SortFunc(all, func(a, b store.Record) int { return strings.Compare(string(a.User), string(b.User)) })
		return all, nil
	})
}

// loop returns an iterator over values that are read at its beginning.
func loop[T any](s *Store, ctx context.Context, op string, account usher.AccountID, read func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		fail := func(err error) { yield(zero, &store.Error{Op: op, Account: account, Err: err}) }
		var all []T
		err := s.during(ctx, func() (err error) {
			if err := store.CheckAccount(account); err != nil {
				return err
			}
			all, err = read()
			return err
		})
		if err != nil {
			fail(err)
			return
		}
		for _, v := range all {
			if !yield(v, nil) {
				return
			}
			if err := ctx.Err(); err != nil {
				fail(err)
				return
			}
		}
	}
}

// tree reads all buckets of an account.
func (s *Store) tree(ctx context.Context, account usher.AccountID) (all []*bucket, err error) {
	p := s.partitionOf(account)
	all, err = s.treeBelow(ctx, account, root, p.bucketSubject(account, root))
	return all, err
}

// treeBelow reads the buckets at and below a path: first those of the filters, in one request. If they
// are too many for it, it asks for each subtree.
func (s *Store) treeBelow(ctx context.Context, account usher.AccountID, path string, filters ...string) (all []*bucket, err error) {
	p := s.partitionOf(account)
	keysSubject := p.subject(kindPersonalKeys, account)
	divided := false
	err = s.untilSame(ctx, func() error {
		all, divided = nil, false
		v, err := s.look(ctx, account, append(filters, keysSubject)...)
		if errors.Is(err, errTooMany) {
			divided = true
			return nil
		}
		if err != nil {
			return err
		}
		if err := v.living(); err != nil {
			return err
		}
		keys, err := v.keyring(keysSubject)
		if err != nil {
			return err
		}
		prefix := p.subject(kindRecords, account) + "."
		for subject, m := range v.found {
			at, found := strings.CutPrefix(subject, prefix)
			switch {
			case !found:
			case m.header.Get(headerSplit) != "":
				divided = divided || at == path && len(filters) == 1
			default:
				b, err := s.bucket(ctx, p, at, m, keys)
				if err != nil {
					return err
				}
				all = append(all, b)
			}
		}
		return nil
	})
	if err != nil || !divided {
		return all, err
	}
	if depthOf(path) == maxDepth {
		return nil, damaged("the records at %s are divided", path)
	}
	for _, digit := range hexDigits {
		below := path + "." + string(digit)
		subject := p.bucketSubject(account, below)
		more, err := s.treeBelow(ctx, account, below, subject, subject+".>")
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// personalSubjects returns what Append reads in order to store the records of the entry.
func (a *appending) personalSubjects() []string {
	if len(a.entry.Records) == 0 {
		return nil
	}
	return append(a.p.pathsTo(a.account, a.users()...), a.p.subject(kindPersonalKeys, a.account))
}

func (a *appending) users() []usher.UserID {
	users := make([]usher.UserID, len(a.entry.Records))
	for i, r := range a.entry.Records {
		users[i] = r.User
	}
	return users
}

// bucketsInBatch limits the number of buckets that an entry with very many records makes: their batch
// must not have more than maxBatch messages.
const bucketsInBatch = 200

// personal returns the messages that store the records of the entry.
func (a *appending) personal(ctx context.Context, v view) (all []*nats.Msg, err error) {
	if len(a.entry.Records) == 0 {
		return nil, nil
	}
	last := map[usher.UserID][]byte{}  // nil for no record
	deleted := map[usher.UserID]bool{} // also those that have a new record
	for _, r := range a.entry.Records {
		last[r.User] = r.Data
		if len(r.Data) == 0 {
			last[r.User] = nil
			deleted[r.User] = true
		}
	}
	subject := a.p.subject(kindPersonalKeys, a.account)
	keys, err := v.keyring(subject)
	if err != nil {
		return nil, err
	}
	buckets, err := a.s.buckets(ctx, a.account, v, slices.Collect(maps.Keys(last))...)
	if err != nil {
		return nil, err
	}
	changed := map[*bucket]bool{}
	for user, data := range last {
		b := leaf(buckets, user)
		if data != nil {
			b.records[user] = data
			changed[b] = true
		} else if _, stored := b.records[user]; stored {
			delete(b.records, user)
			changed[b] = true
		}
	}
	if keys == nil {
		if len(changed) == 0 {
			return nil, nil // nothing is stored of these users
		}
		if keys, err = newKeyring(); err != nil {
			return nil, err
		}
		all = append(all, keys.message(subject, 0))
	}
	size := 0
	for b := range changed {
		size += len(b.encode())
	}
	for _, path := range slices.Sorted(maps.Keys(buckets)) {
		if b := buckets[path]; changed[b] {
			all = append(all, b.messages(a.p, a.account, keys, size/bucketsInBatch)...)
		}
	}
	if len(deleted) > 0 && keys.seq > 0 {
		all = append(all, a.s.forget(a.p, a.account, keys, deleted)...)
	}
	return all, nil
}

// leaf returns the bucket of a user.
func leaf(buckets map[string]*bucket, user usher.UserID) *bucket {
	for depth := maxDepth; ; depth-- {
		if b := buckets[pathOf(user, depth)]; b != nil {
			return b
		}
	}
}
