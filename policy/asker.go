package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/filter"
	"github.com/usher-go/usher/permission"
)

var _ usher.Asker = (*Asker)(nil)

// Asker stands for one user of an account for the time of one request to the host: it is found
// once, and then checks several permissions. All its results are about the same version of the
// account, so a page that uses one Asker is consistent. A Binding makes an Asker, and so does
// engine.As. It is immutable and safe for concurrent use as far as its facts are.
//
// An Asker does not see later changes of the account, and keeps the facts in memory. Do not store
// it: make one for each request, and a new one for a connection that stays open. Commands of an
// account do not use it.
//
// The methods of the zero Asker return an error that wraps usher.ErrNoAuthorizer, which denies.
// Errors are those of the method of Policy with the same name.
type Asker struct {
	asking
	plain   bool // nothing but the user, the facts of the request and its time matters: no by, gives or monitor
	by      usher.UserID
	gives   string
	context usher.Context
	time    time.Time
	visitor bool
	monitor Monitor
}

// asking is a user of an account whose checks a Binding makes.
type asking struct {
	binding *Binding
	who     subject
	subject usher.UserID
}

// Monitor is called by an Asker that Monitored has made. Ready is called before each result; its
// error is the result, which denies. Decided is called after each Check with the result.
type Monitor interface {
	Ready() error
	Decided(r usher.Request, d usher.Decision, err error)
}

// Monitored returns the same Asker, which calls m. It is for programs that keep facts in memory
// and must not decide on facts that are too old. A nil m is not called.
func (a Asker) Monitored(m Monitor) Asker {
	a.monitor = m
	a.plain = a.plain && m == nil
	return a
}

// Giving returns an Asker for a command that gives a role: see usher.Request.Gives. A role that
// the policy does not declare is an error of each check. An Asker for a copy is allocated.
func (a *Asker) Giving(name string) usher.Asker {
	given := new(Asker)
	if a != nil {
		*given = *a
		given.gives = name
		given.plain = given.plain && name == ""
	}
	return given
}

// Account returns the id of the account, "" for the zero Asker.
func (a *Asker) Account() usher.AccountID {
	if a == nil || a.binding == nil {
		return ""
	}
	return a.binding.account
}

// Version returns the version of the account that all results are about; 0 if the facts have no
// versions.
func (a *Asker) Version() uint64 {
	if a == nil || a.binding == nil {
		return 0
	}
	versioned, ok := a.binding.basis.(interface{ Version() uint64 })
	if !ok {
		return 0
	}
	return versioned.Version()
}

// Request returns the request that Check decides: the one for which the Asker was made, with this
// permission and this resource.
func (a *Asker) Request(p permission.Permission, on usher.Resource) usher.Request {
	if a == nil {
		return usher.Request{Permission: p, Resource: on}
	}
	return usher.Request{
		Account: a.Account(), Subject: a.subject, Visitor: a.visitor, By: a.by, Permission: p, Resource: on,
		Context: a.context, Gives: a.gives, Time: a.time,
	}
}

// Check decides whether the user has a permission on a resource, as Policy.Decide does. It
// allocates no more than Decide. A nil resource asks about the account as a whole.
func (a *Asker) Check(p permission.Permission, on usher.Resource) (usher.Decision, error) {
	if a == nil || !a.plain {
		return a.checkAsRequest(p, on)
	}
	o, list := a.quick(p, on)
	if o != 0 {
		return decision.New(a.binding.basis, o.reason(), o.bits(), a.time), nil
	}
	return a.finish(list, p, on)
}

// checkAsRequest is Check with a Monitor, for two users, for a command that gives a role, and for the zero Asker.
func (a *Asker) checkAsRequest(p permission.Permission, on usher.Resource) (usher.Decision, error) {
	r := a.Request(p, on)
	if err := a.ready("check", &r); err != nil {
		return a.decided(&r, usher.Decision{}, err)
	}
	if !r.OnBehalf() && a.gives == "" {
		own := *a
		own.plain = true
		d, err := own.Check(p, on)
		return a.decided(&r, d, err)
	}
	d, err := a.binding.policy.Decide(a.binding.facts, &r)
	return a.decided(&r, decision.On(d, a.binding.basis), err)
}

// decided passes the result of a check to the Monitor, and returns it.
func (a *Asker) decided(r *usher.Request, d usher.Decision, err error) (usher.Decision, error) {
	if a != nil && a.monitor != nil {
		a.monitor.Decided(*r, d, err)
	}
	return d, err
}

// Actions returns the permissions that the user has on a resource, as Policy.Actions does.
func (a *Asker) Actions(on usher.Resource) ([]Action, error) {
	return a.AppendActions(nil, on)
}

// AppendActions appends the result of Actions to dst. With enough capacity in dst, it allocates no
// more than Check. On an error it returns dst unchanged.
func (a *Asker) AppendActions(dst []Action, on usher.Resource) ([]Action, error) {
	if a == nil || !a.plain {
		r := a.Request(noPermission, on)
		if err := a.ready("actions", &r); err != nil {
			return dst, err
		}
		if r.OnBehalf() || a.gives != "" {
			return a.appendActionsAsRequest(dst, &r)
		}
	}
	return a.appendActions(dst, on)
}

func (a *Asker) appendActionsAsRequest(dst []Action, r *usher.Request) ([]Action, error) {
	n := len(dst)
	dst, err := a.binding.policy.AppendActions(dst, a.binding.facts, r)
	for i := n; i < len(dst); i++ {
		dst[i].Decision = decision.On(dst[i].Decision, a.binding.basis)
	}
	return dst, err
}

// Filter returns a filter for the resources on which the user has a permission, as Policy.Filter
// does. The filter keeps the facts, and does not call the Monitor when it is used.
func (a *Asker) Filter(p permission.Permission) (filter.Filter, error) {
	r := a.Request(p, nil)
	if err := a.ready("filter", &r); err != nil {
		return filter.Filter{}, err
	}
	source := &filterSource{asker: *a}
	source.asker.monitor = nil
	err := source.setPerms(a.binding.policy, p)
	if err == nil {
		err = source.begun()
	}
	if err != nil {
		return filter.Filter{}, requestError("filter", &r, err)
	}
	return filter.New(source), nil
}

// Explain decides as Check does, and describes the reason, as Policy.Explain does. If the facts are a
// Forecaster, the sentence of an allowance also states until when it holds. It requires no
// permission; usher.Explanation states what the result discloses. The Monitor does not receive the
// result.
func (a *Asker) Explain(p permission.Permission, on usher.Resource) (usher.Explanation, error) {
	r := a.Request(p, on)
	if err := a.ready("explain", &r); err != nil {
		return usher.Explanation{}, err
	}
	x, err := a.binding.policy.Explain(a.binding.facts, &r)
	x.Decision = decision.On(x.Decision, a.binding.basis)
	if err == nil && x.Decision.Allowed() {
		r.Time = x.Decision.Time()
		x.Sentence += a.until(r)
	}
	return x, err
}

// until returns the end of the sentence about an allowed request, "" if nothing is known to end it.
func (a *Asker) until(r usher.Request) string {
	of, ok := a.binding.facts.(Forecaster)
	if !ok {
		return ""
	}
	end, err := of.AllowedUntil(r)
	if err != nil || end.IsZero() {
		return ""
	}
	return "; until " + end.UTC().Format(time.RFC3339Nano)
}

// ready returns an error if the Asker must not decide.
func (a *Asker) ready(op string, r *usher.Request) error {
	if a == nil || a.binding == nil {
		return requestError(op, r, usher.ErrNoAuthorizer)
	}
	if a.monitor != nil {
		if err := a.monitor.Ready(); err != nil {
			return requestError(op, r, err)
		}
	}
	return nil
}

// noPermission is the permission of a request for an Asker or for actions.
var noPermission permission.Permission
