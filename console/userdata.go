package console

import (
	"errors"
	"slices"
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
	if v.options.ReadOnly || v.lacksFor(command) {
		return false
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

// teamList returns MaxOptions teams whose names the viewer may see, sorted: the viewer's own and
// those below them before others, because a viewer with few permissions has them there.
func (v *viewer) teamList() []usher.TeamID {
	if v.teams != nil {
		return v.teams
	}
	list := v.withinTeams(v.ownTeams(), MaxOptions)
	if v.seesTeams() {
		own := map[usher.TeamID]bool{}
		for _, id := range list {
			own[id] = true
		}
		for t := range v.view.Teams("") {
			if len(list) >= MaxOptions {
				break
			}
			if !own[t.ID] {
				list = append(list, t.ID)
			}
		}
	}
	slices.Sort(list)
	v.teams = list
	return list
}

// withinTeams returns teams and those below them, each once, and at most so many.
func (v *viewer) withinTeams(roots []usher.TeamID, limit int) []usher.TeamID {
	list := []usher.TeamID{}
	seen := map[usher.TeamID]bool{}
	facts, _ := v.view.State().Account() // the error is always nil
	add := func(id usher.TeamID) {
		if !seen[id] && len(list) < limit {
			seen[id] = true
			list = append(list, id)
		}
	}
	for _, id := range roots {
		if _, exists := v.view.Team(id); exists {
			add(id)
		}
	}
	for at := 0; at < len(list) && len(list) < limit; at++ {
		for id := range facts.Teams.Children(list[at]) {
			add(id)
		}
	}
	return list
}
