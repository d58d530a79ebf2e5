package account

import (
	"errors"
	"reflect"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// Commit is an entry of the account's journal. It contains everything that one proposal
// changed. The zero Commit cannot be applied.
type Commit struct {
	Account usher.AccountID
	Version uint64 // from 1, without gaps

	// Previous is the hash of the commit before it: the Hash of [State.Head] at that version.
	// It is zero in commits of older versions of this package, and only if no earlier commit
	// of the journal has one.
	Previous Hash

	ID      string // globally unique
	Time    time.Time
	Actor   Actor
	Policy  string // the digest of the policy that allowed it
	Note    string // free text from the actor; optional
	Key     string // the idempotency key, unique per Actor; optional
	Request string // a fingerprint of the proposal; set with Key
	Changes []Change
}

// Apply returns the state after a commit. It does not check whether the actor may make the
// commit, only whether the commit fits: the account, the next version, the hash of the commit
// before it, a time that is not before the last commit's, and changes that agree with the
// state. Between two changes more seats may be held than bought, but not after the last. A
// repeated idempotency key fits, because a library with another MaxIdempotencyKeys may have
// written the journal; [State.IdempotentCommit] then returns the later commit.
//
// The error is a [*CorruptError], which means that the journal or the state is damaged.
//
// Apply encodes the commit to compute its hash. Callers that have the commit's bytes use
// [State.ApplyEncoded].
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

// ApplyEncoded is Apply for a commit whose bytes the caller has: the argument of
// [DecodeCommit] or the result of Encode. The state's hash is the hash of these bytes.
func (s *State) ApplyEncoded(c *Commit, data []byte) (*State, error) {
	next, err := s.apply(c)
	if err != nil {
		return nil, err
	}
	next.hash = HashOf(data)
	return next, nil
}

// ApplyOutcome is ApplyEncoded for a commit of the changes that Propose returned on this
// state. It uses the Outcome's Next instead of applying the changes again.
func (s *State) ApplyOutcome(o Outcome, c *Commit, data []byte) (*State, error) {
	if err := s.checkHeader(c); err != nil {
		return nil, err
	}
	if o.Next == nil || o.Next.account != c.Account || o.Next.version != c.Version || len(o.Changes) != len(c.Changes) {
		return nil, c.corrupt(-1, errors.New("it does not match the outcome of the proposal"))
	}
	next := *o.Next
	next.noteCommit(c)
	next.hash = HashOf(data)
	return &next, nil
}

func (c *Commit) corrupt(change int, err error) error {
	return &CorruptError{Op: "apply commit", Account: c.Account, Version: c.Version, Change: change + 1, Err: err}
}

// checkHeader returns why a commit does not fit, apart from its changes.
func (s *State) checkHeader(c *Commit) error {
	corrupt := c.corrupt
	switch {
	case s.account == "" || c.Account != s.account:
		return corrupt(-1, printable.Errorf("the state belongs to account %q", s.account))
	case c.Version != s.version+1:
		return corrupt(-1, printable.Errorf("the state is at version %d", s.version))
	case c.Time.IsZero() || c.Time.Before(s.time):
		return corrupt(-1, printable.Errorf("its time, %v, is before the last commit's, %v", c.Time, s.time))
	case len(c.Changes) == 0:
		return corrupt(-1, errors.New("it has no changes"))
	case s.deleted:
		return corrupt(-1, errors.New("the account is deleted"))
	}
	if err := s.checkPrevious(c); err != nil {
		return corrupt(-1, err)
	}
	for i, change := range c.Changes {
		if due, ok := change.(Due); ok && due.At.After(c.Time) {
			return corrupt(i, printable.Errorf("due: its time, %v, is after that of the commit, %v", due.At, c.Time))
		}
	}
	return nil
}

// apply is Apply without the hash of the commit, which stays unknown.
func (s *State) apply(c *Commit) (*State, error) {
	s = s.AtCommit()
	if err := s.checkHeader(c); err != nil {
		return nil, err
	}
	d := s.draft()
	if len(c.Changes) >= internThreshold {
		d.interner = &interner{}
	}
	for i, change := range c.Changes {
		if change == nil {
			return nil, c.corrupt(i, errors.New("the change is nil"))
		}
		if err := d.apply(change); err != nil {
			return nil, c.corrupt(i, printable.Errorf("%s: %w", NameOfChange(change), err))
		}

	}
	for _, name := range d.oversold() {
		if s.mayExceed(name, d.next.pools[name], c.Changes) {
			continue
		}
		i, err := s.oversells(name, c.Changes, nil)
		return nil, c.corrupt(i, printable.Errorf("%s: %s: %w", NameOfChange(c.Changes[i]), name, err))
	}
	return d.commit(c), nil
}

// commit returns the draft as the state after c, whose changes are already applied.
func (d *draft) commit(c *Commit) *State {
	next := d.finish()
	next.noteCommit(c)
	return next
}

// noteCommit records everything about the commit except its changes.
func (s *State) noteCommit(c *Commit) {
	s.version = c.Version
	s.time = c.Time.UTC().Round(0)
	s.due = nil
	s.hash = Hash{}
	s.chained = s.chained || !c.Previous.IsZero()
	if c.Key != "" {
		s.keys = s.keys.with(c.Actor, c.Key, c.Request, c.Version)
	}
}

// apply makes one change, or returns why it does not fit.
func (d *draft) apply(change Change) error {
	if _, creates := change.(AccountCreated); !creates && !d.next.created {
		return errors.New("the account does not exist")
	}
	if !isChange(reflect.TypeOf(change)) {
		return printable.Errorf("%T is not a change", change)
	}
	return change.apply(d)
}
