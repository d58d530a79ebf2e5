package console

import (
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/store"
)

// lastActiveField is the name under which a policy can hide the time of a user's last activity.
const lastActiveField = "last-active"

// lastActive returns when a user was last active, zero if that is unknown or hidden.
func (v *viewer) lastActive(s sight) (time.Time, error) {
	if s.decision.Hides(lastActiveField) {
		return time.Time{}, nil
	}
	at, err := v.options.Engine.LastActive(v.ctx, v.subject.Account, s.member.ID)
	return at, v.withoutUserData(err)
}

// values returns the values of a user's custom fields that are not hidden.
func (v *viewer) values(s sight) (map[string]string, error) {
	stored, err := v.options.Engine.Values(v.ctx, v.subject.Account, s.member.ID)
	if errors.Is(err, account.ErrUnknownUser) {
		return nil, nil // removed by a later commit
	}
	if err := v.withoutUserData(err); err != nil {
		return nil, err
	}
	shown := map[string]string{}
	for name, value := range stored {
		if !s.decision.Hides(name) {
			shown[name] = string(value)
		}
	}
	return shown, nil
}

// withoutUserData returns nil for the error of a store that keeps no data of users.
func (v *viewer) withoutUserData(err error) error {
	if errors.Is(err, store.ErrNoUserData) {
		return nil
	}
	return err
}

// fieldNames returns the names of the custom fields, in their order.
func (v *viewer) fieldNames() []string {
	names := []string{}
	for _, f := range v.view.Fields(false) {
		names = append(names, f.Name)
	}
	return names
}

// changes reports whether the engine accepts a command now, and it changes something.
func (v *viewer) changes(command account.Command) bool {
	q, ok := v.view.State().RequestFor(v.subject.User, command)
	if v.options.ReadOnly || ok && !v.mayAny(q.Permission) {
		return false // cheaper than to propose it
	}
	outcome, err := v.reader.Propose(v.ctx, v.batch(command))
	if err != nil {
		_ = v.noteFailure(err)
		return false
	}
	return len(outcome.Changes) > 0
}

// seesTeams reports whether the viewer may see the names of all teams. Other viewers see those
// of the users that they may see.
func (v *viewer) seesTeams() bool {
	for _, p := range teamPermissions {
		if v.mayAny(p) {
			return true
		}
	}
	return false
}

// teamList returns the first MaxOptions teams whose names the viewer may see.
func (v *viewer) teamList() (list []usher.TeamID) {
	for t := range v.view.Teams("") {
		if len(list) == MaxOptions {
			break
		}
		if v.seesTeam(t.ID) {
			list = append(list, t.ID)
		}
	}
	return list
}
