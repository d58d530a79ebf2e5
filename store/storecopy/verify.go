package storecopy

import (
	"bytes"
	"context"
	"errors"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// verify copies the last-active times, and compares the account with the source. The commits up to
// before have been compared already.
func (c *copier) verify(ctx context.Context, a *Account, before uint64) error {
	different, err := c.compareUserData(ctx, a)
	if err != nil {
		return err
	}
	// The commits come last: they show whether the source has changed.
	for p, err := range pairs(c.source.Commits(ctx, a.ID, before), c.target.Commits(ctx, a.ID, before), versionOf) {
		switch {
		case err != nil:
			return err
		case p.target != nil:
			if err := sameCommit(p); err != nil {
				return err
			}
			if p.target.Version > a.Version {
				return errors.New("the target changed while the account was copied; stop the services that use it")
			}
		case p.source.Version <= a.Version:
			return printable.Errorf("the target has lost commit %d", p.source.Version)
		default:
			a.Changed = true
		}
	}
	if a.Changed {
		return nil // the user data in the source is that of a later commit
	}
	return different
}

// sameCommit returns why the target's commit is not that of the source.
func sameCommit(p pair[store.Commit]) error {
	switch {
	case p.source == nil:
		return foreign{printable.Errorf("the target has commit %d, which the source does not have; only a copy of the source can be continued", p.target.Version)}
	case !bytes.Equal(p.source.Data, p.target.Data):
		return foreign{printable.Errorf("commit %d of the target is another one than that of the source; only a copy of the source can be continued", p.target.Version)}
	}
	return nil
}

// compareUserData copies the last-active times. It returns how the user data differs, nil if it
// does not, and an error if that is unknown.
func (c *copier) compareUserData(ctx context.Context, a *Account) (different, err error) {
	saved := 0
	for range tries {
		if saved, err = c.saveTimes(ctx, a.ID); err != nil {
			return nil, err
		}
		if saved == 0 {
			break
		}
	}
	a.Changed = saved > 0 // the source gets new times all the time
	var users []usher.UserID
	for p, err := range c.times(ctx, a.ID) {
		switch {
		case err != nil:
			return nil, err
		case isMissing(p): // saved meanwhile
			a.Changed = true
		default:
			users = append(users, p.target.User)
		}
	}
	if len(users) > 0 {
		return printable.Errorf("the last-active times of %s differ", listUsers(users)), nil
	}
	for p, err := range c.differentRecords(ctx, a.ID) {
		if err != nil {
			return nil, err
		}
		if p.source != nil {
			users = append(users, p.source.User)
		} else {
			users = append(users, p.target.User)
		}
	}
	if len(users) > 0 {
		return printable.Errorf("the records of %s differ, and can only be written with a commit; copy into an empty store", listUsers(users)), nil
	}
	return nil, nil
}

// listUsers names the first users.
func listUsers(users []usher.UserID) string {
	const few = 3
	text := ""
	for i, id := range users[:min(len(users), few)] {
		if i > 0 {
			text += ", "
		}
		text += printable.Quote(id)
	}
	if more := len(users) - few; more > 0 {
		text += printable.Sprintf(" and %d more users", more)
	}
	return text
}
