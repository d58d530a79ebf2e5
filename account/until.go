package account

import (
	"errors"
	"maps"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/policy"
)

// AllowedUntil returns the time from which on a request is no longer allowed, because something ends or begins: what the schedule
// has about the subject, the user in By, their teams, and the settings; and the ends of the grants of both. It returns the zero
// time if it stays allowed, if the request is denied, and if the View has no policy. The request
// needs a time. At a time for which usher.ErrNoTime is the error, or from which on the policy lacks the role of a user, nothing is allowed. The errors are those of policy.Policy.Decide.
//
// The result is a forecast. Commands can change it, and so can what the schedule has about other users: they may
// take the seat that a role needs to begin.
func (v View) AllowedUntil(r usher.Request) (time.Time, error) {
	if v.policy == nil {
		return time.Time{}, nil
	}
	q := &proposing{draft: v.read().draft(), policy: v.policy}
	var times []time.Time
	for _, id := range []usher.UserID{r.Subject, r.By} {
		u := q.find(id)
		if u == nil {
			continue
		}
		for _, g := range u.Grants {
			times = append(times, g.Until)
		}
		times = append(times, entryTimes(q.entriesOf(subjectOf(id)))...)
		for _, m := range u.Teams {
			for _, team := range q.withAbove(m.Team) {
				times = append(times, entryTimes(q.entriesOf(slot{team: team}.subject()))...)
			}
		}
	}
	times = append(times, entryTimes(q.entriesOf(slot{}.subject()))...)
	at := r.Time
	for _, next := range append([]time.Time{at}, inOrderOfTime(times)...) {
		if next.Before(at) {
			continue
		}
		r.Time = next
		d, err := v.policy.Decide(forecast{factsAt{q.draft, next}, q}, &r)
		switch {
		case next.After(at) && (errors.Is(err, usher.ErrNoTime) || errors.Is(err, usher.ErrUndeclared)): // the latter for a role
			return next, nil
		case err != nil:
			return time.Time{}, err
		case d.Allowed():
		case next.Equal(at):
			return time.Time{}, nil
		default:
			return next, nil
		}
	}
	return time.Time{}, nil
}

// forecast is the account at a later time, after what is scheduled until then for the users that a decision reads, for the
// settings, and about roles on resources took effect.
type forecast struct {
	factsAt
	q *proposing
}

var _ policy.ResourceRoles = forecast{}

func (f forecast) User(id usher.UserID) (*policy.User, error) {
	return f.q.planAt(f.q.find(id), f.q.entriesOf(subjectOf(id)), f.at), nil
}

func (f forecast) Account() (*policy.Account, error) {
	facts, err := f.draft.Account()
	if err != nil {
		return nil, err
	}
	later := *facts
	for _, e := range f.entriesOf(slot{}.subject()) {
		if c, ok := e.Command.(ChangeSetting); ok && !e.At.After(f.at) {
			if later.Settings = maps.Clone(later.Settings); later.Settings == nil {
				later.Settings = map[string]bool{}
			}
			later.Settings[c.Setting] = c.Value
		}
	}
	return &later, nil
}
