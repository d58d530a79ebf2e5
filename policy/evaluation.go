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
	class   *class
	visitor bool  // the request is marked as a visitor's
	acting  bool  // a user acts on behalf of the subject
	gives   int16 // the role that the command gives: givesUnknown, givesNone, or its index plus givesRole

	// Cached results: a bit for each literal and for each scope.
	known, holds, possible               uint64
	scopeKnown, scopeHolds, scopeUnknown uint64

	// What contains the resource, once it was read.
	requestAccount              usher.AccountID
	nearest                     usher.Resource
	nearestKnown, containerRead bool

	// The roles that the subject holds on the resource and above it, a bit for each, and how far
	// they were read: the number of levels, or heldAll.
	heldHere, heldAbove uint64
	heldLevels          uint8
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
	class *class
}

// minTime and maxTime are the bounds of the time in a Decision, in seconds since 1970.
const (
	minTime = -9_214_560_000 // 1678
	maxTime = 9_214_646_399  // the end of 2261
)

// begin validates the request and looks up the subject.
func (q *evaluation) begin(p *Policy, f Facts, r *usher.Request, res *resource) error {
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
	q.user, q.class, q.visitor = who.user, who.class, r.Visitor
	q.requestAccount = r.Account
	q.acting = r.OnBehalf()
	if r.Gives != "" {
		q.gives = p.gives(r.Gives)
	}
}

// clear removes everything that was evaluated.
func (q *evaluation) clear() {
	was := *q
	*q = evaluation{
		context: was.context, time: was.time, class: was.class, visitor: was.visitor, acting: was.acting, gives: was.gives,
		requestAccount: was.requestAccount,
	}
	q.p, q.facts, q.subject, q.user, q.res, q.resource = was.p, was.facts, was.subject, was.user, was.res, was.resource
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
	if len(r.Context) > 0 || r.Visitor || r.Gives != "" || !isTimed(f, r.Time) {
		return false
	}
	return r.Resource == nil || res.quickAdmit(r.Resource, r.Account)
}

// isTimed reports whether a decision can have the time, or the time of the facts' clock if it is zero.
func isTimed(f Facts, at time.Time) bool {
	if at == (time.Time{}) {
		_, ok := f.(Clock)
		return ok
	}
	return f != nil && inRange(at)
}

// inRange reports whether a decision can have the time.
func inRange(at time.Time) bool {
	s := at.Unix()
	return s >= minTime && s <= maxTime
}

// quickAdmit reports whether a fast check finds that a request about an account may be about a
// resource of the type. If it returns false, checkResource decides.
func (res *resource) quickAdmit(on usher.Resource, account usher.AccountID) bool {
	if _, literal := on.(*usher.Object); literal || on.Ref().Type != res.name {
		return false
	}
	in := on.InAccount()
	return in == "" || in == account
}

// validate returns an error if the request is invalid.
func (p *Policy) validate(f Facts, r *usher.Request, res *resource) error {
	if f == nil {
		return errNoFacts
	}
	if r.Visitor && (r.Subject != "" || r.By != "") {
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
	if _, stated := context[usher.Acting]; stated {
		return printable.Errorf("fact of a request %q: %w; it follows from Request.By", usher.Acting, usher.ErrUndeclared)
	}
	if name, found := leastWithout(context, func(name string) bool { return p.contexts[name] }); found {
		return undeclared("fact of a request", name, p.Contexts())
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
	isParty := func(name string) bool { return r.party(name) >= 0 }
	if name, found := leastWithout(object.Parties, isParty); found {
		return undeclared("party of "+r.name, name, partyNames(r))
	}
	if name, found := leastWithout(object.Teams, isParty); found {
		return undeclared("party of "+r.name, name, partyNames(r))
	}
	if name, found := leastWithout(object.Teams, func(name string) bool { return r.parties[r.party(name)].both }); found {
		return printable.Errorf("party %q of %s relates to %s only, so its ids are in Parties: teams of it: %w", name, r.name, r.parties[r.party(name)].kind(), usher.ErrUndeclared)
	}
	if name, found := leastWithout(object.Attributes, func(name string) bool { return p.attributes[name] }); found {
		return undeclared("attribute", name, p.Attributes())
	}
	return nil
}

// leastWithout returns the first name in alphabetical order that does not have a property, so that the error about
// it is the same each time.
func leastWithout[M ~map[string]V, V any](names M, has func(name string) bool) (least string, found bool) {
	for name := range names {
		if !has(name) && (!found || name < least) {
			least, found = name, true
		}
	}
	return least, found
}

func undeclared(what, name string, names []string) error {
	return printable.Errorf("%s %q: %w%s", what, name, usher.ErrUndeclared, suggest.DidYouMean(name, names))
}

// lookUp returns the user with an id, and the user's class.
func (p *Policy) lookUp(f Facts, id usher.UserID) (subject, error) {
	if id == "" {
		return subject{class: p.absentClass()}, nil
	}
	user, err := f.User(id)
	if err != nil || user == nil {
		return subject{class: p.absentClass()}, err
	}
	return p.subjectOf(user)
}

// subjectOf returns a user with the user's class.
func (p *Policy) subjectOf(user *User) (subject, error) {
	at := p.roleIndex(user.Role)
	if at < 0 || p.held[at].notOfAccount {
		return subject{class: p.absentClass()}, undeclared("role of the user", string(user.Role), nil)
	}
	return subject{user, p.classOf(user, at)}, nil
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
