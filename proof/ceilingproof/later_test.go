package ceilingproof_test

import (
	"reflect"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/policy"
	"github.com/usher-go/usher/role"
)

// checkLater compares the account with the commands and without them at each later time at which something that
// is scheduled takes effect, or a grant of the actor ends, in the same way as at the time of the commands: at each time, the users can do no more than
// without the commands, or than the actor could do at that time in their place. It looks at the users whom
// the commands name, and at the actor: a seat that others get or lose by the commands is not part of the promise.
func (d *effect) checkLater() *breach {
	var times []time.Time
	for _, s := range []*account.State{d.before, d.after} {
		for e := range s.View(nil).Scheduled(account.ScheduleEntry{}) {
			if e.At.After(d.proposal.Time) {
				times = append(times, e.At)
			}
		}
	}
	times = append(times, ends(d.proposal.Time, d.subjectBefore(d.actor).grants)...)
	slices.SortFunc(times, time.Time.Compare)
	ids := append(named(d.proposal.Commands), d.actor)
	ranked := lasting(d.subjectBefore(d.actor), d.proposal.Time)
	for _, at := range slices.CompactFunc(times, time.Time.Equal) {
		e := *d
		e.before, e.after = d.before.At(d.policy, at), d.after.At(d.policy, at)
		e.proposal.Time, e.ranker = at, &ranked
		for _, id := range ids {
			if u, _ := e.after.User(id); u != nil && !e.keeps(id) {
				if b := e.given(id); b != nil {
					b.how = "scheduled, " + b.how
					return b
				}
			}
			if u, _ := e.before.User(id); u != nil {
				if b := e.taken(id); b != nil {
					b.how = "scheduled, " + b.how
					return b
				}
			}
		}
	}
	return nil
}

// keeps reports whether a user keeps the account role only because the scheduled end of it would leave too few
// holders: a bound of the account is not part of the promise.
func (d *effect) keeps(id usher.UserID) bool {
	skips := func(s *account.State) bool {
		return slices.ContainsFunc(s.View(nil).Skipped(), func(e account.ScheduleEntry) bool {
			c, ok := e.Command.(account.SetRole)
			return ok && c.User == id
		})
	}
	u, _ := d.after.User(id)
	return u != nil && findRole(d.doc, d.held(u.Role)).AtLeast > 0 && skips(d.after) && !skips(d.before)
}

// held returns a role of the policy, or the one that a role of the account is like.
func (d *effect) held(name role.Name) role.Name {
	if r := definition(d.after, name); r != nil {
		return r.Like
	}
	return name
}

// lasting returns what a subject has at a time, without the ends of its grants.
func lasting(s subject, at time.Time) subject {
	var held []policy.Grant
	for _, g := range s.grants {
		if g.Until.IsZero() || g.Until.After(at) {
			held = append(held, policy.Grant{Name: g.Name})
		}
	}
	s.grants = held
	return s
}

// named returns the users whom commands name.
func named(commands []account.Command) (ids []usher.UserID) {
	for _, c := range commands {
		v := reflect.ValueOf(c)
		for i := range v.NumField() {
			if id, ok := v.Field(i).Interface().(usher.UserID); ok && id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}
