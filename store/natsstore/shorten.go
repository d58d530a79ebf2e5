package natsstore

import (
	"context"
	"errors"
	"strconv"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/store"
)

// A message on a subject of its own says up to which version a journal was shortened. From then on its
// commits up to there do not exist for readers, and then they are purged. A call that was stopped
// between the two is completed by the next one.

// shortenedSubject is below those of the records, so that Erase removes it with them.
func (p *partition) shortenedSubject(account usher.AccountID) string {
	return p.subject(kindRecords, account) + "." + shortenedAt
}

func sealLabel(upTo uint64) string { return "shortened " + strconv.FormatUint(upTo, 10) }

// Shorten implements store.Shortener. The servers keep the bytes of the commits, encrypted, until they
// write their files anew.
func (s *Store) Shorten(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error {
	return s.call(ctx, "shorten", account, upTo, func() error {
		if err := store.CheckAccount(account); err != nil {
			return err
		}
		if err := s.saveShortened(ctx, account, upTo, seal); err != nil {
			return err
		}
		return s.purgeShortened(ctx, account)
	})
}

// saveShortened saves the message about the commits up to a version, unless that of a later version
// is stored.
func (s *Store) saveShortened(ctx context.Context, account usher.AccountID, upTo uint64, seal []byte) error {
	p := s.partitionOf(account)
	subject := p.shortenedSubject(account)
	t := s.tries(ctx)
	for {
		v, before, err := s.lookShortened(ctx, account)
		if err != nil {
			return err
		}
		var snapshot store.Snapshot
		err = s.untilSame(ctx, func() (err error) {
			snapshot, err = s.readSnapshot(ctx, account)
			return err
		})
		if err == nil {
			err = store.CheckShorten(upTo, seal, snapshot.Version)
		}
		if err != nil || upTo <= before.UpTo {
			return err
		}
		m := newMessage(subject, v.key.seal(seal, sealLabel(upTo)), headerVersion, strconv.FormatUint(upTo, 10), headerRollup, "sub")
		expect(m, subject, v.found[subject].seq)
		if _, err = s.publish(ctx, p.journal, m); err == nil {
			return nil
		}
		if err := t.again(err); err != nil {
			return err
		}
	}
}

// purgeShortened removes the commits that do not exist for readers any more. If the account was erased
// meanwhile, it removes the message about them, which may have come after the erasure.
func (s *Store) purgeShortened(ctx context.Context, account usher.AccountID) error {
	p := s.partitionOf(account)
	v, of, err := s.lookShortened(ctx, account)
	switch {
	case v.erased:
		return errors.Join(err, s.purge(ctx, p.journal, p.shortenedSubject(account), 0))
	case err != nil, of.UpTo == 0:
		return err
	}
	first, err := s.find(ctx, account, of.UpTo+1, v.head)
	if err != nil {
		return err
	}
	return s.purge(ctx, p.journal, p.subject(kindCommits, account), first.seq)
}

// lookShortened does what look does, and returns up to where the journal was shortened. For an erased
// account it returns store.ErrErased with the view.
func (s *Store) lookShortened(ctx context.Context, account usher.AccountID) (v view, of store.ShortenedError, err error) {
	subject := s.partitionOf(account).shortenedSubject(account)
	if v, err = s.look(ctx, account, subject); err == nil {
		err = v.living()
	}
	if err == nil {
		of, err = v.shortened(subject)
	}
	return v, of, err
}

// shortened returns up to where the journal was shortened, as the message on a subject says. The zero
// value stands for not at all.
func (v view) shortened(subject string) (of store.ShortenedError, err error) {
	m, found := v.found[subject]
	if !found || v.key == nil {
		return of, nil
	}
	if of.UpTo, err = m.number(headerVersion); err != nil {
		return store.ShortenedError{}, err
	}
	of.Seal, err = v.key.open(m.data, sealLabel(of.UpTo))
	return of, err
}

// checkShortened returns a copy of the error if commits after a version were deleted.
func checkShortened(of store.ShortenedError, after uint64) error {
	if after < of.UpTo {
		return &of
	}
	return nil
}

// orShortened returns the error of a loop that did not find the next commit: it may have been deleted
// since the loop began.
func (r *reading) orShortened(ctx context.Context, err error) error {
	if !errors.Is(err, ErrDamaged) {
		return err
	}
	_, of, lookErr := r.s.lookShortened(ctx, r.account)
	if shortened := checkShortened(of, r.after); lookErr == nil && shortened != nil {
		return shortened
	}
	return err
}
