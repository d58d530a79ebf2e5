package policy

import (
	"errors"
	"iter"

	"github.com/usher-go/usher"
)

// Subject is a user who may do something.
type Subject struct {
	ID       usher.UserID
	Decision usher.Decision // always allowed, but with an error; it may hide fields
}

// WhoMay answers a request for all users: it yields those who may, in the order of
// their ids, bytewise, from the first after the one given. So the id of a page's
// last one is the cursor of the next page. The request's subject plays no part.
//
// It is what Decide answers for each user: each costs a check, and the first one
// comes when the facts begin their list. The facts must be a Lister.
//
// An error about the request or the list ends the loop, and names no user. An error
// about one user names them, and the loop may go on. The errors are those of Decide.
func (p *Policy) WhoMay(f Facts, r *usher.Request, after usher.UserID) iter.Seq2[Subject, error] {
	return func(yield func(Subject, error) bool) {
		if p == nil || r == nil {
			yield(Subject{}, requestError("who may", r, usher.ErrUnknownPermission))
			return
		}
		at := *r
		at.Subject = ""
		if _, err := p.ask(f, &at); err != nil {
			yield(Subject{}, requestError("who may", &at, err))
			return
		}
		all, ok := f.(Lister)
		if !ok {
			yield(Subject{}, requestError("who may", &at, errNoList))
			return
		}
		if clock, ok := f.(Clock); ok && at.Time.IsZero() {
			at.Time = clock.Now() // one time for all
		}
		perm := p.onlyPerm(r)
		for u, err := range all.UsersAfter(after) {
			if err != nil {
				yield(Subject{}, requestError("who may", &at, err))
				return
			}
			if u.User == nil || u.User.Status != usher.Active || perm != nil && !p.mayHave(perm, u.User) {
				continue
			}
			at.Subject = u.ID
			d, err := p.Decide(f, &at)
			if (err != nil || d.Allowed()) && !yield(Subject{u.ID, d}, err) {
				return
			}
		}
	}
}

var errNoList = errors.New("the facts cannot list users; implement policy.Lister")

// onlyPerm returns the permission that is asked for, nil for a bundle.
func (p *Policy) onlyPerm(r *usher.Request) *perm {
	if index, ok := p.asked.find(r.Permission); ok && index >= 0 {
		return &p.perms[index]
	}
	return nil
}

// mayHave reports whether a user has any rule for a permission at all. One whose
// role is not known is no case for it.
func (p *Policy) mayHave(perm *perm, u *User) bool {
	at := p.roleIndex(u.Role)
	return at < 0 || len(perm.byRole[at]) > 0 || len(perm.everyone) > 0 || len(u.Grants) > 0 || perm.onTeams && len(u.Teams) > 0
}
