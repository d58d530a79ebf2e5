package policy

import (
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/suggest"
	"github.com/usher-go/usher/role"
)

// evaluation is the state of one decision. It lives on the stack, so it holds parts of the
// request by value: anything that a pointer in it references would escape to the heap. It
// is small because it is cleared for each decision.
type evaluation struct {
	evalContext
	context usher.Context
	time    time.Time // the request's, or the clock's after its first use
	role    int       // the index of the user's account role; noRole: not in the account
	visitor bool      // the request is marked as a visitor's
	gives   int16     // the role that the command gives: givesUnknown, givesNone, or its index plus givesRole
	guard   uint64    // the conditions that the role requires

	// Cached results: a bit for each literal and for each scope.
	known, holds, possible               uint64
	scopeKnown, scopeHolds, scopeUnknown uint64

	// What contains the resource, once it was read.
	requestAccount              usher.AccountID
	nearest                     usher.Resource
	nearestKnown, containerRead bool

	// Of the current permission: the first rule of each kind, by rank, and the fields
	// that all granting rules hide.
	granted, unmet, outOfScope *rule
	hidden                     uint64
}

// evalContext is what scopes need.
type evalContext struct {
	p        *Policy
	facts    Facts
	subject  usher.UserID
	user     *User // nil: not in the account
	res      *resource
	resource usher.Resource // the request's, if it has the type res; otherwise nil
	account  *Account
	err      error
}

// subject is the user that a request is about.
type subject struct {
	user  *User // nil: not in the account
	role  int   // the index of the account role; noRole: not in the account
	guard uint64
}

// noRole is the role of a subject that is not in the account. It is not the index of a role, and
// not that of a unique role that the policy lacks, so such a subject is not mistaken for a holder.
const noRole = -2

// minTime and maxTime are the bounds of the time in a Decision, in seconds since 1970.
const (
	minTime = -9_214_560_000 // 1678
	maxTime = 9_214_646_399  // the end of 2261
)

// begin validates the request and looks up the subject.
func (q *evaluation) begin(p *Policy, f Facts, r *usher.Request, resource int) error {
	res := &p.resources[resource]
	if err := p.validate(f, r, res); err != nil {
		return err
	}
	who, err := p.lookUp(f, r.Subject)
	q.fill(p, f, r, who, res)
	return err
}

// fill assigns field by field: a composite literal would be built first and then copied.
func (q *evaluation) fill(p *Policy, f Facts, r *usher.Request, who subject, res *resource) {
	q.p, q.facts, q.res = p, f, res
	q.subject, q.resource, q.context, q.time = r.Subject, r.Resource, r.Context, r.Time
	q.user, q.role, q.guard, q.visitor = who.user, who.role, who.guard, r.Visitor
	q.requestAccount = r.Account
	if r.Gives != "" {
		q.gives = p.gives(r.Gives)
	}
}

// The values of evaluation.gives. A role is its index plus givesRole.
const (
	givesUnknown = iota
	givesNone
	givesRole
)

// gives returns the value for Request.Gives. A role that the policy lacks is unknown; validate
// reports it.
func (p *Policy) gives(name string) int16 {
	if name == usher.GivesNone {
		return givesNone
	}
	if at := p.roleIndex(role.Name(name)); at >= 0 {
		return int16(givesRole + at)
	}
	return givesUnknown
}

// quickValidate reports whether a fast check finds the request valid. If it returns false,
// validate decides.
func (res *resource) quickValidate(f Facts, r *usher.Request) bool {
	if len(r.Context) > 0 || r.Visitor || r.Gives != "" {
		return false
	}
	if r.Time == (time.Time{}) {
		if _, ok := f.(Clock); !ok {
			return false
		}
	} else if at := r.Time.Unix(); at < minTime || at > maxTime {
		return false
	}
	if r.Resource == nil {
		return true
	}
	if _, literal := r.Resource.(*usher.Object); literal || r.Resource.Ref().Type != res.name {
		return false
	}
	account := r.Resource.InAccount()
	return account == "" || account == r.Account
}

// validate returns an error if the request is invalid.
func (p *Policy) validate(f Facts, r *usher.Request, res *resource) error {
	if f == nil {
		return errNoFacts
	}
	if r.Visitor && r.Subject != "" {
		return usher.ErrVisitor
	}
	if r.Time.IsZero() {
		if _, ok := f.(Clock); !ok {
			return printable.Errorf("%w: the request has none, and there is no clock", usher.ErrNoTime)
		}
	} else if s := r.Time.Unix(); s < minTime || s > maxTime {
		return outside(r.Time)
	}
	if r.Gives != "" && p.gives(r.Gives) == givesUnknown {
		return undeclared("role that the command gives", r.Gives, p.roleNames())
	}
	if len(r.Context) > 0 {
		if err := p.checkContext(r.Context); err != nil {
			return err
		}
	}
	if r.Resource == nil {
		return nil
	}
	return p.checkResource(r, res)
}

var errNoFacts = errors.New("the facts are nil")

func (p *Policy) checkContext(context usher.Context) error {
	for name := range context {
		if !p.contexts[name] {
			return undeclared("fact of a request", name, p.Contexts())
		}
	}
	return nil
}

func outside(t time.Time) error {
	return printable.Errorf("%w: %v lies outside the years 1678 to 2261", usher.ErrNoTime, t)
}

func (p *Policy) checkResource(r *usher.Request, res *resource) error {
	if ref := r.Resource.Ref(); ref.Type != res.name {
		return printable.Errorf("%w: got %q, but %s is about %q", usher.ErrWrongResource, ref.Type, r.Permission, res.name)
	}
	if account := r.Resource.InAccount(); account != "" && account != r.Account {
		return printable.Errorf("%w: it belongs to %q, but the request is about %q", usher.ErrOtherAccount, account, r.Account)
	}
	if object, ok := r.Resource.(*usher.Object); ok {
		return p.checkObject(res, object)
	}
	return nil
}

// checkObject reports names in an object that the policy does not declare. They are probably
// typing errors, and treating one as an empty party could allow.
func (p *Policy) checkObject(r *resource, object *usher.Object) error {
	for name := range object.Parties {
		if r.party(name) < 0 {
			return undeclared("party of "+r.name, name, partyNames(r))
		}
	}
	for name := range object.Teams {
		at := r.party(name)
		if at < 0 {
			return undeclared("party of "+r.name, name, partyNames(r))
		}
		if p := &r.parties[at]; !p.both {
			return printable.Errorf("party %q of %s relates to %s only, so its ids are in Parties: teams of it: %w", name, r.name, p.kind(), usher.ErrUndeclared)
		}
	}
	for name := range object.Attributes {
		if !p.attributes[name] {
			return undeclared("attribute", name, p.Attributes())
		}
	}
	return nil
}

func undeclared(what, name string, names []string) error {
	return printable.Errorf("%s %q: %w%s", what, name, usher.ErrUndeclared, suggest.DidYouMean(name, names))
}

func (p *Policy) lookUp(f Facts, id usher.UserID) (subject, error) {
	if id == "" {
		return subject{role: noRole}, nil
	}
	user, err := f.User(id)
	if err != nil || user == nil {
		return subject{role: noRole}, err
	}
	at := p.roleIndex(user.Role)
	if at < 0 || p.held[at].notOfAccount {
		return subject{role: noRole}, undeclared("role of the user", string(user.Role), nil)
	}
	return subject{user, at, p.held[at].guard}, nil
}

// lasts reports whether a grant has not ended. It needs the time only for a grant with an
// end.
func (q *evaluation) lasts(g *Grant) bool {
	return g.Until.IsZero() || q.now().Before(g.Until)
}

func (q *evaluation) now() time.Time {
	if q.time.IsZero() && q.err == nil {
		q.time = q.facts.(Clock).Now()
		if s := q.time.Unix(); s < minTime || s > maxTime || q.time.IsZero() {
			q.fail(outside(q.time))
		}
	}
	return q.time
}

// fail stores the first error, which becomes the result of the evaluation.
func (q *evalContext) fail(err error) {
	if q.err == nil {
		q.err = err
	}
}

func requestError(op string, r *usher.Request, err error) error {
	if r == nil {
		return &usher.RequestError{Op: op, Err: err}
	}
	e := &usher.RequestError{Op: op, Subject: r.Subject, Permission: r.Permission, Err: err}
	if r.Resource != nil {
		e.Resource = r.Resource.Ref()
	}
	return e
}
