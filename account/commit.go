package account

import (
	"errors"
	"reflect"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Commit is an entry of the account's journal: all that one proposal changed. The
// zero Commit cannot be applied.
type Commit struct {
	Account usher.AccountID
	Version uint64 // from 1, without a gap

	// Previous is the hash of the commit before it: the Hash of the [State.Head] that it
	// follows on. It is zero in commits of older versions of this package, and may be so
	// only as long as no commit of the journal had one.
	Previous Hash

	ID      string // of its own, wherever it was made
	Time    time.Time
	Actor   Actor
	Policy  string // the digest of the policy that allowed it
	Note    string // why, in the words of whoever asked; may be empty
	Key     string // makes a proposal known that the Actor repeats; may be empty
	Request string // a fingerprint of what was proposed under the Key
	Changes []Change
}

// Apply returns the state after a commit. It does not check whether the actor may make
// it, only whether it fits: the account, the next version, the hash of the commit
// before it, a time that is not before the last one's, and changes that agree with
// what is there. On the way from one change to the next more seats may be held than
// bought, but not after the last. The key of an earlier commit fits, for a library that
// remembers other keys may have written the journal; [State.IdempotentCommit] then returns the
// later one. The error is a [*CorruptError]; it means that the journal or the state is
// damaged.
//
// Apply encodes the commit to learn its hash; [State.ApplyEncoded] is for callers that
// have its bytes.
func (s *State) Apply(c *Commit) (*State, error) {
	next, err := s.apply(c)
	if err != nil {
		return nil, err
	}
	if data, err := c.Encode(); err == nil {
		next.hash = HashOf(data)
	}
	return next, nil
}

// ApplyEncoded is Apply for a commit with its bytes: those that [DecodeCommit] read it
// from, or that Encode returned. The hash of the state is theirs.
func (s *State) ApplyEncoded(c *Commit, data []byte) (*State, error) {
	next, err := s.apply(c)
	if err != nil {
		return nil, err
	}
	next.hash = HashOf(data)
	return next, nil
}

// ApplyOutcome is ApplyEncoded for a commit of the changes that the state's Propose
// returned. It does not make them again, but takes them from the Outcome's Next.
func (s *State) ApplyOutcome(o Outcome, c *Commit, data []byte) (*State, error) {
	if err := s.checkHeader(c); err != nil {
		return nil, err
	}
	if o.Next == nil || o.Next.account != c.Account || o.Next.version != c.Version || len(o.Changes) != len(c.Changes) {
		return nil, c.misfit(-1, errors.New("it is not made of what was proposed"))
	}
	next := *o.Next
	next.committed(c)
	next.hash = HashOf(data)
	return &next, nil
}

func (c *Commit) misfit(change int, err error) error {
	return &CorruptError{Op: "apply commit", Account: c.Account, Version: c.Version, Change: change + 1, Err: err}
}

// checkHeader returns why a commit does not fit, whatever it changes.
func (s *State) checkHeader(c *Commit) error {
	misfit := c.misfit
	switch {
	case s.account == "" || c.Account != s.account:
		return misfit(-1, printable.Errorf("the state is that of account %q", s.account))
	case c.Version != s.version+1:
		return misfit(-1, printable.Errorf("the state is at version %d", s.version))
	case c.Time.IsZero() || c.Time.Before(s.time):
		return misfit(-1, printable.Errorf("its time, %v, is before the last commit's, %v", c.Time, s.time))
	case len(c.Changes) == 0:
		return misfit(-1, errors.New("it changes nothing"))
	case s.deleted:
		return misfit(-1, errors.New("the account is deleted"))
	}
	if err := s.checkPrevious(c); err != nil {
		return misfit(-1, err)
	}
	return nil
}

// apply is Apply but for the hash of the commit, which it leaves unknown.
func (s *State) apply(c *Commit) (*State, error) {
	if err := s.checkHeader(c); err != nil {
		return nil, err
	}
	d := s.draft()
	if len(c.Changes) >= internThreshold {
		d.interner = &interner{}
	}
	for i, change := range c.Changes {
		if change == nil {
			return nil, c.misfit(i, errors.New("there is none"))
		}
		if err := d.apply(change); err != nil {
			return nil, c.misfit(i, printable.Errorf("%s: %w", NameOfChange(change), err))
		}
	}
	for _, name := range d.oversold() {
		i, err := s.oversells(name, c.Changes, nil)
		return nil, c.misfit(i, printable.Errorf("%s: %s: %w", NameOfChange(c.Changes[i]), name, err))
	}
	return d.commit(c), nil
}

// commit returns the draft as the state after c, whose changes it has.
func (d *draft) commit(c *Commit) *State {
	next := d.done()
	next.committed(c)
	return next
}

// committed notes the commit that made the state, but for its changes.
func (s *State) committed(c *Commit) {
	s.version = c.Version
	s.time = c.Time.UTC().Round(0)
	s.hash = Hash{}
	s.chained = s.chained || !c.Previous.IsZero()
	if c.Key != "" {
		s.keys = s.keys.with(c.Actor, c.Key, c.Request, c.Version)
	}
}

// apply makes one change, or returns why it does not fit.
func (d *draft) apply(change Change) error {
	if _, creates := change.(AccountCreated); !creates && (d.next.owner == "" || d.next.deleted) {
		return errors.New("there is no account")
	}
	if !isChange(reflect.TypeOf(change)) {
		return printable.Errorf("%T is no change", change)
	}
	return change.apply(d)
}
