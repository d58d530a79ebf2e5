package policy

import (
	"errors"
	"iter"

	"github.com/usher-go/usher"
)

// Subject is a user who has a permission, or stands for all visitors.
type Subject struct {
	ID       usher.UserID
	Visitor  bool           // it stands for callers who are not logged in, and has no ID
	Decision usher.Decision // always allowed, unless there is an error; it may hide fields
}

// WhoMay evaluates a request for all users. It yields the users that the policy allows, in
// bytewise order of their ids, starting after the given id. The id of the last user of
// a page is the cursor of the next page. It ignores the request's subject, and whether the
// request is marked as a visitor's.
//
// If rules of visitors allow callers who are not logged in, and the list begins with the
// first user (after is ""), then the first Subject has no ID and Visitor is set. The list
// then also has the users of the account that such rules allow and that are not active.
// Users of other accounts are never listed.
//
// If a user acts on behalf of the subject (Request.By), it yields the users that this user may act
// for in this request.
//
// The results are those of Decide for each user, so each user costs a check. Results are
// yielded while the facts list users. The facts must be a Lister.
//
// An error of the request or of the list ends the loop, and comes without a user id. An
// error of one user comes with the user's id, and the loop may continue. The errors are
// those of Decide.
func (p *Policy) WhoMay(f Facts, r *usher.Request, after usher.UserID) iter.Seq2[Subject, error] {
	return func(yield func(Subject, error) bool) {
		if p == nil || r == nil {
			yield(Subject{}, requestError("who may", r, usher.ErrUnknownPermission))
			return
		}
		at := *r
		at.Subject, at.Visitor = "", false
		if _, err := p.evaluate(f, &at); err != nil {
			yield(Subject{}, requestError("who may", &at, err))
			return
		}
		all, ok := f.(Lister)
		if !ok {
			yield(Subject{}, requestError("who may", &at, errNoList))
			return
		}
		if clock, ok := f.(Clock); ok && at.Time.IsZero() {
			at.Time = clock.Now() // one time for all users
		}
		perm, open := p.onlyPerm(r), p.Visitors(r.Permission)
		if open && after == "" && r.By == "" {
			at.Visitor = true
			d, err := p.Decide(f, &at)
			at.Visitor = false
			if err != nil {
				yield(Subject{}, requestError("who may", &at, errors.Unwrap(err)))
				return
			}
			if d.Allowed() && !yield(Subject{Visitor: true, Decision: d}, nil) {
				return
			}
		}
		for u, err := range all.UsersAfter(after) {
			if err != nil {
				yield(Subject{}, requestError("who may", &at, err))
				return
			}
			if u.User == nil || u.User.Status != usher.Active && !open || perm != nil && !p.mayHave(perm, u.User) {
				continue
			}
			at.Subject = u.ID
			d, err := p.Decide(f, &at)
			if (err != nil || d.Allowed()) && !yield(Subject{ID: u.ID, Decision: d}, err) {
				return
			}
		}
	}
}

var errNoList = errors.New("the facts cannot list users; implement policy.Lister")

// onlyPerm returns the permission of a request, or nil for a bundle.
func (p *Policy) onlyPerm(r *usher.Request) *perm {
	if index, ok := p.permTable.find(r.Permission); ok && index >= 0 {
		return &p.perms[index]
	}
	return nil
}

// mayHave reports whether a user may have a rule for a permission. It returns true for an
// unknown role, so that the check reports the error.
func (p *Policy) mayHave(perm *perm, u *User) bool {
	at := p.roleIndex(u.Role)
	return at < 0 || p.held[at].notOfAccount || len(p.classOf(u, at).steps(p, perm).steps) > 0
}
