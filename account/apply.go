package account

import (
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
)

// MisfitError says that a commit does not follow from the state that it should
// follow on: the journal or the state is damaged, or they are of two accounts.
type MisfitError struct {
	Account usher.AccountID
	Version uint64 // of the commit
	Change  int    // its index, -1 if it is the commit as a whole
	Err     error
}

// Error returns "commit 7 of acme, change 2 (seat-assigned): …".
func (e *MisfitError) Error() string {
	if e.Change < 0 {
		return printable.Sprintf("commit %d of %s: %v", e.Version, e.Account, e.Err)
	}
	return printable.Sprintf("commit %d of %s, change %d: %v", e.Version, e.Account, e.Change+1, e.Err)
}

// Unwrap returns what does not fit.
func (e *MisfitError) Unwrap() error { return e.Err }

// Apply returns the state after a commit. Whether somebody may do it is not asked,
// only whether it fits: the account, the next version, a time that is not before
// the last one's, and changes that agree with what is there. The error is a
// [*MisfitError]; it means that the journal or the state is damaged.
func (s *State) Apply(c *Commit) (*State, error) {
	misfit := func(change int, err error) error {
		return &MisfitError{Account: c.Account, Version: c.Version, Change: change, Err: err}
	}
	switch {
	case s.account == "" || c.Account != s.account:
		return nil, misfit(-1, printable.Errorf("the state is that of account %q", s.account))
	case c.Version != s.version+1:
		return nil, misfit(-1, printable.Errorf("the state is at version %d", s.version))
	case c.Time.IsZero() || c.Time.Before(s.time):
		return nil, misfit(-1, printable.Errorf("its time, %v, is before the last commit's, %v", c.Time, s.time))
	case len(c.Changes) == 0:
		return nil, misfit(-1, errors.New("it changes nothing"))
	case s.deleted:
		return nil, misfit(-1, errors.New("the account is deleted"))
	}
	if version, _, used := s.Keyed(c.Actor, c.Key); used {
		return nil, misfit(-1, printable.Errorf("its key %q of %s is that of commit %d", c.Key, c.Actor, version))
	}
	d := s.draft()
	if len(c.Changes) >= many {
		d.alike = &alike{}
	}
	for i, change := range c.Changes {
		if change == nil {
			return nil, misfit(i, errors.New("there is none"))
		}
		if err := d.apply(change); err != nil {
			return nil, misfit(i, printable.Errorf("%s: %w", change.ChangeType(), err))
		}
	}
	return d.commit(c), nil
}

// commit returns the draft as the state after c, whose changes it has.
func (d *draft) commit(c *Commit) *State {
	next := d.done()
	next.version = c.Version
	next.time = c.Time.UTC().Round(0)
	if c.Key != "" {
		next.keys = next.keys.with(c.Actor, c.Key, c.Request, c.Version)
	}
	return next
}

// apply makes one change, or returns why it does not fit.
func (d *draft) apply(change Change) error {
	if _, creates := change.(AccountCreated); !creates && (d.next.owner == "" || d.next.deleted) {
		return errors.New("there is no account")
	}
	switch c := change.(type) {
	case AccountCreated:
		return d.accountCreated(c)
	case AccountDeleted:
		return d.accountDeleted()
	case UserAdded:
		return d.userAdded(c)
	case UserRemoved:
		return d.userRemoved(c)
	case StatusSet:
		return d.statusSet(c)
	case RoleSet:
		return d.roleSet(c)
	case OwnershipTransferred:
		return d.ownershipTransferred(c)
	case TeamCreated:
		return d.teamCreated(c)
	case TeamMoved:
		return d.teamMoved(c)
	case TeamDeleted:
		return d.teamDeleted(c)
	case MemberAdded:
		return d.memberAdded(c)
	case MemberRemoved:
		return d.memberRemoved(c)
	case TeamRoleSet:
		return d.teamRoleSet(c)
	case TeamRoleUnset:
		return d.teamRoleUnset(c)
	case SeatsSet:
		return d.seatsSet(c)
	case SeatAssigned:
		return d.seatAssigned(c)
	case SeatUnassigned:
		return d.seatUnassigned(c)
	case SettingChanged:
		return d.settingChanged(c)
	case GrantGiven:
		return d.grantGiven(c)
	case GrantRevoked:
		return d.grantRevoked(c)
	case FieldDefined:
		return d.fieldDefined(c)
	case FieldRenamed:
		return d.fieldRenamed(c)
	case FieldMoved:
		return d.fieldMoved(c)
	case FieldArchived:
		return d.fieldArchived(c.Field, true)
	case FieldRestored:
		return d.fieldArchived(c.Field, false)
	case FieldSet:
		return d.fieldSet(c)
	}
	return printable.Errorf("%T is no change", change)
}
