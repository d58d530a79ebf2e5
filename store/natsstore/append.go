package natsstore

import (
	"context"
	"errors"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// Append implements store.Store.
func (s *Store) Append(ctx context.Context, account usher.AccountID, e store.Entry) error {
	return s.call(ctx, "append", account, e.Version, func() error {
		if err := store.CheckAccount(account); err != nil {
			return err
		}
		if err := e.Check(); err != nil {
			return err
		}
		a := &appending{s: s, p: s.partitionOf(account), account: account, entry: e, nonce: nuid.Next()}
		return a.run(ctx)
	})
}

// appending is a call of Append. It publishes the commit until the outcome is known: the expected
// sequence makes sure that it is stored once.
type appending struct {
	s       *Store
	p       *partition
	account usher.AccountID
	entry   store.Entry
	nonce   string // distinguishes the commit from one with the same bytes by another call
	indexed bool   // of the messages that were made last
	sent    bool   // an attempt may have stored the commit, or may do so later
}

func (a *appending) run(ctx context.Context) error {
	t := a.s.tries(ctx)
	v := view{}
	if k := a.s.heads.get(a.account); k.key != nil && k.version+1 == a.entry.Version && len(a.entry.Records) == 0 && !a.needsIndex(k.head) {
		v.head, v.key = k.head, k.key
	} else if over, err := a.look(ctx, &v); over {
		return err
	}
	for {
		messages, err := a.messages(ctx, &v)
		switch {
		case errors.Is(err, errChanged):
		case err != nil:
			return a.failed(err)
		default:
			var seq uint64
			if seq, err = a.s.publish(ctx, a.p.journal, messages...); err == nil {
				a.stored(seq, v.key)
				return nil
			}
			if errors.Is(err, store.ErrInvalid) {
				return a.failed(err)
			}
			a.sent = a.sent || unclear(err)
		}
		if err := t.again(err); err != nil {
			return a.failed(err)
		}
		if over, err := a.look(ctx, &v); over {
			return err
		}
	}
}

// look reads the end of the journal, and reports whether the call is over with an error or nil.
func (a *appending) look(ctx context.Context, v *view) (over bool, err error) {
	*v, err = a.s.lookAll(ctx, a.account, append(a.indexSubjects(), a.personalSubjects()...))
	switch {
	case err != nil:
		return true, a.failed(err)
	case v.erased:
		return true, store.ErrErased
	case a.sent && v.version >= a.entry.Version:
		// Whatever was sent is now stored or never will be, because the expected sequence has passed.
		ours, err := a.ours(ctx, *v)
		if err != nil {
			return true, a.failed(err)
		}
		if ours {
			a.finishDeletions()
			return true, nil
		}
	}
	err = a.entry.CheckNext(v.version)
	return err != nil, err
}

// ours reports whether this call stored the commit of its version.
func (a *appending) ours(ctx context.Context, v view) (bool, error) {
	if v.version == a.entry.Version {
		return v.end.header.Get(headerNonce) == a.nonce, nil
	}
	first, err := a.s.find(ctx, a.account, a.entry.Version, v.head)
	return err == nil && first.header.Get(headerNonce) == a.nonce, err
}

// failed returns the error of a call whose last try returned err.
func (a *appending) failed(err error) error {
	switch {
	case a.sent && store.IsRejected(err):
		return errors.New(printable.Cause(err)) // only of the last try
	case a.sent, store.IsRejected(err), errors.Is(err, ErrLost), errors.Is(err, ErrDamaged):
		return err
	}
	return printable.Errorf("%w: %w", store.ErrNotStored, err)
}

// messages returns what is stored of the entry, after the head of a view. The commit is the last, so
// that its sequence is that of the acknowledgement.
func (a *appending) messages(ctx context.Context, v *view) (all []*nats.Msg, err error) {
	journal, keys := a.p.subject(kindCommits, a.account), a.p.subject(kindKey, a.account)
	if v.version == 0 {
		secret := newKey()
		if v.key, err = newSealer(secret); err != nil {
			return nil, err
		}
		m := newMessage(keys, secret)
		expect(m, keys, 0)
		all = append(all, m)
	}
	personal, err := a.personal(ctx, *v)
	if err != nil {
		return nil, err
	}
	all = append(all, personal...)
	parts := inParts(journal, v.key.seal(a.entry.Data, commitLabel(a.entry.Version)),
		headerVersion, strconv.FormatUint(a.entry.Version, 10), headerLast, strconv.FormatUint(v.seq, 10), headerNonce, a.nonce)
	users, err := a.usersMessages(ctx, *v, maxBatch-len(all)-len(parts))
	if err != nil {
		return nil, err
	}
	all = append(all, users...)
	if a.indexed {
		for _, m := range parts {
			m.Header[headerIndexed] = []string{"1"}
		}
	}
	expect(parts[0], journal, v.seq)
	return append(all, parts...), nil
}

func commitLabel(version uint64) string { return "commit " + strconv.FormatUint(version, 10) }

// stored notes that the commit is stored.
func (a *appending) stored(seq uint64, key *sealer) {
	a.s.heads.learn(a.account, head{version: a.entry.Version, seq: seq, indexed: a.indexed}, key)
	a.finishDeletions()
	a.s.pruneUsers(a.account, seq, a.entry.Users.Removed)
}

// finishDeletions starts to erase the key of records that the entry deleted.
func (a *appending) finishDeletions() {
	for _, r := range a.entry.Records {
		if len(r.Data) == 0 {
			a.s.finishSoon(a.account)
			return
		}
	}
}
