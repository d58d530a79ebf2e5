package natsstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// The index has a message for each user of an account, on a subject with a hash of the user's id, so
// that no subject contains the id of a user; an erasure deletes the messages (user_index_erase.go). A
// commit that states its users is stored in one batch with them, and has the header I if the commit
// before had it too. The first commit without it is stored with a message on l.ACCOUNT. IndexUsers
// replaces the users, and then that message by one with the version; the next commit that states its
// users then has the header again.

// usersInBatch is the number of users that a commit can add and remove; with more, the index loses the
// account.
const usersInBatch = 700

// userToken returns the hash of a user's id as a token of a subject.
func userToken(user usher.UserID) string {
	sum := sha256.Sum256([]byte(user))
	return idText.EncodeToString(sum[:16])
}

func (p *partition) userSubject(user usher.UserID, account usher.AccountID) string {
	return p.prefix + kindUser + "." + userToken(user) + "." + idText.EncodeToString([]byte(account))
}

// usersOf returns the filter of all users of an account.
func (p *partition) usersOf(account usher.AccountID) string {
	return p.prefix + kindUser + ".*." + idText.EncodeToString([]byte(account))
}

func userAdded(subject string) *nats.Msg {
	return newMessage(subject, nil)
}

func userRemoved(subject string) *nats.Msg {
	return newMessage(subject, nil, headerRemoved, "1")
}

// changes reports whether the entry changes the users, and whether the index can follow.
func (a *appending) changes() (changes, can bool) {
	u := a.entry.Users
	return len(u.Added)+len(u.Removed) > 0 || u.Cleared, u.Known && len(u.Added)+len(u.Removed) <= usersInBatch
}

// needsIndex reports whether the call must read whether the index has the account, at a head.
func (a *appending) needsIndex(h head) bool {
	_, can := a.changes()
	return can && (!h.indexed || a.entry.Users.Cleared)
}

// indexSubjects returns what Append reads in order to change the index.
func (a *appending) indexSubjects() []string {
	if _, can := a.changes(); !can || a.entry.Version == 1 {
		return nil
	}
	return []string{a.p.subject(kindLost, a.account)}
}

// usersMessages returns the messages that change the index, at most as many as there is room for, and
// sets a.indexed.
func (a *appending) usersMessages(ctx context.Context, v view, room int) (all []*nats.Msg, err error) {
	lost := a.p.subject(kindLost, a.account)
	changes, can := a.changes()
	before := v.version == 0 || v.indexed || v.found[lost].header.Get(headerFound) == strconv.FormatUint(v.version, 10)
	a.indexed = can && before
	if a.indexed && changes {
		if all, a.indexed, err = a.userChanges(ctx, v, room); err != nil {
			return nil, err
		}
	}
	if !a.indexed {
		all = nil
		if v.version == 0 || v.indexed {
			all = []*nats.Msg{newMessage(lost, nil, headerRollup, "sub")}
		}
	}
	return all, nil
}

// userChanges returns the messages of the users that the entry adds and removes, or false if they are
// too many.
func (a *appending) userChanges(ctx context.Context, v view, room int) (all []*nats.Msg, can bool, err error) {
	present := map[string]bool{}
	if a.entry.Users.Cleared && v.version > 0 {
		subjects, err := a.s.subjects(ctx, a.p, a.p.usersOf(a.account))
		if err != nil {
			return nil, false, err
		}
		for _, subject := range subjects {
			present[subject] = false
		}
	}
	for _, user := range a.entry.Users.Removed {
		present[a.p.userSubject(user, a.account)] = false
	}
	for _, user := range a.entry.Users.Added {
		present[a.p.userSubject(user, a.account)] = true
	}
	for _, subject := range slices.Sorted(maps.Keys(present)) {
		if present[subject] {
			all = append(all, userAdded(subject))
		} else {
			all = append(all, userRemoved(subject))
		}
	}
	if a.entry.Users.Cleared && len(all) > 0 { // IndexUsers may have replaced those that were read
		lost := a.p.subject(kindLost, a.account)
		expect(all[0], lost, v.found[lost].seq)
	}
	return all, len(all) <= min(usersInBatch, room), nil
}

// AccountsOf implements store.UserIndex. It asks each partition, and reads the ids into memory first.
func (s *Store) AccountsOf(ctx context.Context, user usher.UserID, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.ids(ctx, "list accounts of a user", after, func(p *partition) ([]usher.AccountID, error) {
		if err := store.CheckUser(user); err != nil {
			return nil, err
		}
		kind := kindUser + "." + userToken(user)
		found, err := s.last(ctx, p.journal, p.all(kind))
		if errors.Is(err, errTooMany) {
			found, err = s.lastOfMany(ctx, p, p.all(kind))
		}
		if err != nil {
			return nil, err
		}
		var ids []usher.AccountID
		for subject, m := range found {
			if !strings.HasPrefix(subject, p.prefix+kind+".") || m.header.Get(headerRemoved) != "" {
				continue
			}
			id, err := p.accountIn(subject, kind)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return s.notErased(ctx, p, ids)
	})
}

// lastOfMany returns the last message of all subjects that match a filter.
func (s *Store) lastOfMany(ctx context.Context, p *partition, filter string) (map[string]message, error) {
	all := map[string]message{}
	subjects, err := s.subjects(ctx, p, filter)
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(subjects, lookMax) {
		found, err := s.last(ctx, p.journal, some...)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, found)
	}
	return all, nil
}

// notErased leaves out erased accounts.
func (s *Store) notErased(ctx context.Context, p *partition, ids []usher.AccountID) (some []usher.AccountID, err error) {
	for chunk := range slices.Chunk(ids, lookMax) {
		subjects := make([]string, len(chunk))
		for i, id := range chunk {
			subjects[i] = p.subject(kindErased, id)
		}
		found, err := s.last(ctx, p.journal, subjects...)
		if err != nil {
			return nil, err
		}
		for i, id := range chunk {
			if _, erased := found[subjects[i]]; !erased {
				some = append(some, id)
			}
		}
	}
	return some, nil
}

// Unindexed implements store.UserIndex. It looks at the accounts that the index has ever lost, except
// for those that are complete again.
func (s *Store) Unindexed(ctx context.Context, after usher.AccountID) iter.Seq2[usher.AccountID, error] {
	return s.ids(ctx, "list accounts that are not indexed", after, func(p *partition) (ids []usher.AccountID, err error) {
		lost, err := s.list(ctx, p, kindLost)
		if err != nil {
			return nil, err
		}
		for chunk := range slices.Chunk(lost, lookMax/2) {
			some, err := s.unindexed(ctx, p, chunk)
			if err != nil {
				return nil, err
			}
			ids = append(ids, some...)
		}
		return ids, nil
	})
}

// unindexed returns those of the accounts that the index does not have, and forgets that it had lost
// those whose last commit states that it has them.
func (s *Store) unindexed(ctx context.Context, p *partition, accounts []usher.AccountID) (ids []usher.AccountID, err error) {
	var subjects []string
	for _, id := range accounts {
		subjects = append(subjects, p.subject(kindCommits, id), p.subject(kindLost, id))
	}
	found, err := s.last(ctx, p.journal, subjects...)
	if err != nil {
		return nil, err
	}
	for _, id := range accounts {
		h, err := headOf(found[p.subject(kindCommits, id)])
		if err != nil {
			return nil, err
		}
		lost, exists := found[p.subject(kindLost, id)]
		switch {
		case h.erased || !exists:
		case h.indexed:
			if err := s.purge(ctx, p.journal, p.subject(kindLost, id), lost.seq+1); err != nil {
				return nil, err
			}
		case lost.header.Get(headerFound) != strconv.FormatUint(h.version, 10):
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// IndexUsers implements store.UserIndex. Each of its batches is rejected if the account has a new
// commit.
func (s *Store) IndexUsers(ctx context.Context, account usher.AccountID, version uint64, users []usher.UserID) error {
	return s.call(ctx, "index users", account, version, func() error {
		if err := errors.Join(store.CheckAccount(account), store.CheckUsers(users)); err != nil {
			return err
		}
		if version == 0 {
			return printable.Errorf("%w: users of version 0 (want 1 or more)", store.ErrInvalid)
		}
		t := s.tries(ctx)
		for {
			done, err := s.indexUsers(ctx, account, version, users)
			if done || err == nil {
				return err
			}
			if err := t.again(err); err != nil {
				return err
			}
		}
	})
}

func (s *Store) indexUsers(ctx context.Context, account usher.AccountID, version uint64, users []usher.UserID) (done bool, err error) {
	p := s.partitionOf(account)
	journal, lost := p.subject(kindCommits, account), p.subject(kindLost, account)
	v, err := s.look(ctx, account, lost)
	if err == nil {
		err = v.living()
	}
	switch {
	case err != nil:
		return true, err
	case version > v.version:
		return true, printable.Errorf("%w: the last version is %d", store.ErrGap, v.version)
	case version < v.version, v.indexed, v.found[lost].header.Get(headerFound) == strconv.FormatUint(version, 10):
		return true, nil
	}
	before, err := s.subjects(ctx, p, p.usersOf(account))
	if err != nil {
		return false, err
	}
	present := map[string]bool{}
	for _, subject := range before {
		present[subject] = false
	}
	for _, user := range users {
		present[p.userSubject(user, account)] = true
	}
	first := uint64(0)
	for some := range slices.Chunk(slices.Sorted(maps.Keys(present)), usersInBatch) {
		var batch []*nats.Msg
		for _, subject := range some {
			if present[subject] {
				batch = append(batch, userAdded(subject))
			} else {
				batch = append(batch, userRemoved(subject))
			}
		}
		expect(batch[0], journal, v.seq)
		last, err := s.publish(ctx, p.journal, batch...)
		if err != nil {
			return false, err
		}
		if first == 0 {
			first = last - uint64(len(batch)) + 1
		}
	}
	found := newMessage(lost, nil, headerRollup, "sub", headerFound, strconv.FormatUint(version, 10))
	expect(found, journal, v.seq)
	if _, err = s.publish(ctx, p.journal, found); err == nil {
		s.pruneSubjects(p, before, first)
	}
	return false, err
}
