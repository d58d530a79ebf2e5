package natsstore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Erase implements store.Store. After it, nothing of the account can be read. The servers overwrite the
// keys of its data as soon as all of them are up; Check reports accounts for which they have not yet.
func (s *Store) Erase(ctx context.Context, account usher.AccountID) error {
	return s.call(ctx, "erase", account, 0, func() error {
		if err := store.CheckAccount(account); err != nil {
			return err
		}
		if err := s.mark(ctx, account); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, patience*s.options.Timeout) // very many users take longer
		defer cancel()
		if err := s.finish(ctx, account); err != nil {
			s.finishSoon(account) // it is erased, and what remains is retried
		}
		return nil
	})
}

// mark stores the tombstone and the mark of an erased account, unless they are stored.
func (s *Store) mark(ctx context.Context, account usher.AccountID) error {
	p := s.partitionOf(account)
	journal, keys, erased := p.subject(kindCommits, account), p.subject(kindPersonalKeys, account), p.subject(kindErased, account)
	t, sent := s.tries(ctx), false
	for {
		v, err := s.look(ctx, account, keys)
		if err != nil {
			if !sent && !errors.Is(err, ErrLost) && !errors.Is(err, ErrDamaged) {
				err = printable.Errorf("%w: %w", store.ErrNotStored, err)
			}
			return err
		}
		if v.erased {
			return nil
		}
		mark, unfinished := newMessage(erased, nil), newMessage(p.subject(kindUnfinished, account), nil)
		expect(mark, erased, 0)
		tombstone := newMessage(journal, nil, headerErased, "1")
		expect(tombstone, journal, v.seq)
		messages := []*nats.Msg{mark, unfinished}
		if v.version > 0 {
			messages = append(messages, newMessage(p.subject(kindKey, account), nil))
		}
		if _, found := v.found[keys]; found {
			messages = append(messages, newMessage(keys, nil)) // times that are being saved are rejected
		}
		seq, err := s.publish(ctx, p.journal, append(messages, tombstone)...)
		if err == nil {
			s.heads.learn(account, head{seq: seq, erased: true}, nil)
			return nil
		}
		sent = sent || unclear(err)
		if err := t.again(err); err != nil {
			if !sent {
				err = printable.Errorf("%w: %w", store.ErrNotStored, err)
			}
			return err
		}
	}
}

// work is what remains to be done for an account.
type work struct {
	finish, fold bool
	failed       int       // times
	after        time.Time // when it may be tried again
}

func (s *Store) finishSoon(account usher.AccountID) { s.later(account, work{finish: true}) }
func (s *Store) foldSoon(account usher.AccountID)   { s.later(account, work{fold: true}) }

func (s *Store) later(account usher.AccountID, w work) {
	s.workMu.Lock()
	before := s.work[account]
	w.finish, w.fold = w.finish || before.finish, w.fold || before.fold
	s.work[account] = w
	s.workMu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Times between two searches for erasures that other processes did not complete, and between two tries
// of one.
const (
	sweepEvery = time.Minute
	firstRetry = time.Second
)

// background completes erasures and folds logs until the store is closed.
func (s *Store) background() {
	sweep, retry := time.NewTicker(sweepEvery), time.NewTicker(firstRetry)
	defer sweep.Stop()
	defer retry.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-sweep.C:
			s.sweep()
		case <-retry.C:
		case <-s.wake:
		}
		for s.ctx.Err() == nil {
			account, w, found := s.take()
			if !found {
				break
			}
			s.do(account, w)
		}
	}
}

// take returns work that may be done now.
func (s *Store) take() (account usher.AccountID, w work, found bool) {
	s.workMu.Lock()
	defer s.workMu.Unlock()
	now := time.Now()
	for account, w = range s.work {
		if !w.after.After(now) {
			delete(s.work, account)
			return account, w, true
		}
	}
	return "", work{}, false
}

// do does what remains for an account. What fails is tried again, after longer and longer times.
func (s *Store) do(account usher.AccountID, w work) {
	again := work{failed: w.failed + 1, after: time.Now().Add(min(firstRetry<<min(w.failed, 10), sweepEvery))}
	again.finish = w.finish && s.finish(s.ctx, account) != nil
	again.fold = w.fold && s.fold(s.ctx, account) != nil
	if (again.finish || again.fold) && s.ctx.Err() == nil {
		s.later(account, again)
	}
}

// sweep finds the erasures that are not complete, whichever process began them.
func (s *Store) sweep() {
	for _, p := range s.partitions {
		accounts, err := s.list(s.ctx, p, kindUnfinished)
		if err != nil {
			continue
		}
		for _, account := range accounts {
			s.finishSoon(account)
		}
	}
}

// errServerDown means that keys cannot be overwritten on all servers. Those that are down would later
// remove them from the stream, but not from their disks.
var errServerDown = errors.New("a server is down or behind; the keys are erased as soon as it is back")

// finish completes the erasures of an account.
func (s *Store) finish(ctx context.Context, account usher.AccountID) error {
	p := s.partitionOf(account)
	unfinished := p.subject(kindUnfinished, account)
	v, err := s.look(ctx, account, unfinished)
	if err != nil {
		return err
	}
	m, found := v.found[unfinished]
	if !found {
		return nil
	}
	if v.erased {
		err = s.removeAccount(ctx, p, account, v.seq)
	} else {
		err = s.changeKey(ctx, p, account)
	}
	if err != nil {
		return err
	}
	return s.purge(ctx, p.journal, unfinished, m.seq+1)
}

// removeAccount removes what remains of an erased account, except for the tombstone and the mark.
func (s *Store) removeAccount(ctx context.Context, p *partition, account usher.AccountID, tombstone uint64) error {
	err := together(
		func() error { return s.purge(ctx, p.journal, p.subject(kindLastActive, account), 0) },
		func() error { return s.purge(ctx, p.journal, p.subject(kindRecords, account)+".>", 0) },
		func() error { return s.purge(ctx, p.journal, p.subject(kindCommits, account), tombstone) },
		func() error { return s.purgeSnapshots(ctx, p, account) },
		func() error { return s.purge(ctx, p.journal, p.subject(kindLost, account), 0) },
	)
	if err != nil {
		return err
	}
	if err := s.allUp(ctx, p.journal); err != nil {
		return err
	}
	remove := func(kind string) error {
		if err := s.overwrite(ctx, p.journal, p.subject(kind, account)); err != nil {
			return err
		}
		return s.purge(ctx, p.journal, p.subject(kind, account), 0)
	}
	err = together(
		func() error { return remove(kindKey) },
		func() error { return remove(kindPersonalKeys) },
	)
	if err != nil {
		return err
	}
	return s.eraseUsers(ctx, p, account)
}

// together runs functions at the same time.
func together(functions ...func() error) error {
	var running sync.WaitGroup
	errs := make([]error, len(functions))
	for i, f := range functions {
		running.Go(func() { errs[i] = f() })
	}
	running.Wait()
	return errors.Join(errs...)
}

// changeKey encrypts the records and last-active times of an account with a new key, and erases the
// old one, so that nothing remains of what was deleted. Several processes may do so at the same time.
func (s *Store) changeKey(ctx context.Context, p *partition, account usher.AccountID) error {
	subject := p.subject(kindPersonalKeys, account)
	v, err := s.look(ctx, account, subject)
	if err != nil {
		return err
	}
	keys, err := v.keyring(subject)
	if err != nil || keys == nil {
		return err
	}
	if err := s.allUp(ctx, p.journal); err != nil {
		return err
	}
	if len(keys.keys) == 1 {
		next, err := keys.with()
		if err != nil {
			return err
		}
		if next.seq, err = s.publish(ctx, p.journal, next.message(subject, keys.seq)); err != nil {
			return err
		}
		keys = next
	}
	if err := s.encryptAnew(ctx, p, account, keys); err != nil {
		return err
	}
	next, err := keys.only()
	if err != nil {
		return err
	}
	if _, err := s.publish(ctx, p.journal, next.message(subject, keys.seq)); err != nil {
		return err
	}
	return s.overwrite(ctx, p.journal, subject)
}

// encryptAnew encrypts all that is not encrypted with the newest key. Each part is read, and replaced
// unless it has changed; then all is read again.
func (s *Store) encryptAnew(ctx context.Context, p *partition, account usher.AccountID, keys *keyring) error {
	newest := keys.epoch()
	t := s.tries(ctx)
	for {
		buckets, err := s.tree(ctx, account)
		if err != nil {
			return err
		}
		folded, err := s.readSightings(ctx, account)
		if err != nil {
			return err
		}
		old := folded.old
		if old {
			err = s.fold(ctx, account)
		}
		for _, b := range buckets {
			if b.epoch == newest {
				continue
			}
			old = true
			if _, e := s.publish(ctx, p.journal, b.messages(p, account, keys, 0)...); e != nil {
				err = e
			}
		}
		if !old {
			return nil
		}
		if err != nil {
			if err := t.again(err); err != nil {
				return err
			}
		}
	}
}

// overwrite deletes all messages of a subject but the last, so that the servers overwrite them.
func (s *Store) overwrite(ctx context.Context, st *stream, subject string) error {
	found, err := s.last(ctx, st, subject)
	if err != nil {
		return err
	}
	t := s.tries(ctx)
	for from, end := uint64(1), found[subject].seq; from < end; {
		page, err := s.page(ctx, st, subject, from, 1)
		if err == nil && len(page) == 0 {
			err = errBehind
		}
		if err == nil && page[0].seq < end {
			err = s.deleteMessage(ctx, st, page[0].seq)
		}
		if err != nil {
			if err := t.again(err); err != nil {
				return err
			}
			continue
		}
		from = page[0].seq + 1
	}
	return nil
}

// deleteMessage deletes a message, unless it was deleted.
func (s *Store) deleteMessage(ctx context.Context, st *stream, seq uint64) error {
	var response struct {
		Error *apiError `json:"error"`
	}
	err := s.api(ctx, "STREAM.MSG.DELETE."+st.name, map[string]any{"seq": seq}, &response)
	if err == nil && response.Error != nil && response.Error.ErrCode != codeNotFound {
		err = response.Error
	}
	return err
}

// purge removes the messages of a subject before a sequence, or all for 0. The servers do not
// overwrite them.
func (s *Store) purge(ctx context.Context, st *stream, subject string, before uint64) error {
	request := map[string]any{"filter": subject}
	if before > 0 {
		request["seq"] = before
	}
	t := s.tries(ctx)
	for {
		var response struct {
			Error *apiError `json:"error"`
		}
		err := s.api(ctx, "STREAM.PURGE."+st.name, request, &response)
		if err == nil && response.Error == nil {
			return nil
		}
		if err == nil {
			err = response.Error
		}
		if err := t.again(err); err != nil {
			return err
		}
	}
}
