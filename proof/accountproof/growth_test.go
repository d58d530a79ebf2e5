package accountproof_test

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/permission"
	"github.com/usher-go/usher/policy"
)

// growth returns what users have gained by a command that its actor did not cover. The host may
// give whatever it likes, and some commands are guarded by their permission alone.
func growth(before, after *world, q question, c account.Command) (list []string) {
	var given account.GiveGrant
	switch c := c.(type) {
	case account.CreateAccount, account.Import, account.DeleteAccount, account.TransferOwnership,
		account.SetSeats, account.AssignSeat, account.UnassignSeat, account.ChangeSetting,
		account.CreateTeam, account.MoveTeam,
		account.DefineField, account.RenameField, account.MoveField, account.ArchiveField, account.RestoreField, account.SetField,
		account.RevokeGrant: // who loses a feature gains what is for those without it
		return nil
	case account.GiveGrant:
		given = c
	}
	if q.actor.Host() != "" {
		return nil
	}
	s := &step{world: after, before: before, question: q}
	for id, u := range after.users {
		if was := before.users[id]; was != nil && reflect.DeepEqual(was, u) {
			continue
		}
		grant := ""
		if id == given.User {
			grant = given.Grant
		}
		if rule, gained := s.gained(id, grant); gained {
			list = append(list, fmt.Sprintf("by %s %s has come to have %+v", account.Describe(c), id, rule))
		}
		if before.book.isFeature(grant) && !given.Until.IsZero() {
			continue // the end of a feature is as if it were revoked then
		}
		if perm := may(before, after, q, id); perm != "" {
			list = append(list, fmt.Sprintf("by %s %s may now %s anywhere", account.Describe(c), id, perm))
		}
	}
	return list
}

// may looks at what reaches count for: it returns a permission that a user has, once they are
// active, on everything, had not, and that the actor has not either. It asks now and when all
// grants that end have ended, with all that a request may say. Where a rule looks at seats, it
// is another one for each user.
func may(before, after *world, q question, target usher.UserID) string {
	had, has := before.awake(target), after.awake(target)
	actor := q.actor.User()
	for _, p := range before.book.actions {
		if before.book.looksAtSeats(p) {
			continue
		}
		perm := permission.MustParse(p.name)
		for _, at := range []time.Time{q.time, q.time.AddDate(1, 0, 0)} {
			for _, context := range before.book.contexts() {
				can := func(w *world, who usher.UserID) bool {
					d, err := w.book.compiled.Decide(w.facts(), &usher.Request{Subject: who, Permission: perm, Context: context, Time: at})
					return err == nil && d.Allowed()
				}
				if can(has, target) && !can(had, target) && !can(before, actor) {
					return p.name
				}
			}
		}
	}
	return ""
}

// awake returns the world with a user active.
func (w *world) awake(id usher.UserID) *world {
	c := w.clone()
	if c.users[id] != nil {
		c.users[id].status = usher.Active
	}
	return c
}

// contexts returns all that a request may say.
func (b *rulebook) contexts() []usher.Context {
	all := []usher.Context{{}}
	for _, c := range b.doc.Conditions {
		if c.Kind != policy.OnContext {
			continue
		}
		for _, context := range all {
			for _, value := range []bool{false, true} {
				more := usher.Context(copied(context))
				more[c.Of.Text] = value
				all = append(all, more)
			}
		}
	}
	return all
}

// looksAtSeats reports whether a rule about the permission may ask who holds a seat.
func (b *rulebook) looksAtSeats(p action) bool {
	asks := func(tests []policy.Test) bool {
		return slices.ContainsFunc(tests, func(t policy.Test) bool {
			return slices.ContainsFunc(b.doc.Conditions, func(c policy.Condition) bool {
				return c.Name.Text == t.Name.Text && c.Kind == policy.OnSeat
			})
		})
	}
	for _, r := range b.doc.Roles {
		if asks(b.requires(roleName(r))) {
			return true
		}
	}
	for _, n := range b.doc.Never {
		for _, r := range n.Rules {
			if n.Permission.Text == p.name && asks(r.If) {
				return true
			}
		}
	}
	for _, c := range p.Cells {
		for _, r := range c.Rules {
			if asks(r.If) {
				return true
			}
		}
	}
	return false
}
