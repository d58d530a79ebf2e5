package policy

import (
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/decision"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/table"
)

// Binding is a policy together with the facts of one account. It makes an [Asker] for a user. A
// program that keeps the facts of accounts in memory makes one Binding for each version of an
// account; a host with its own tables makes one for each of its requests. It is immutable, and
// safe for concurrent use as far as the facts are. The zero Binding, and a nil one, return an
// error for each user.
type Binding struct {
	policy  *Policy
	facts   Facts
	account usher.AccountID
	basis   decision.Basis
	users   *table.Table[*Record] // nil: the facts find a user, and a user's class is found by the contents
	clocked bool                  // the facts have a clock
}

// Bind returns the policy bound to the facts of an account. Decisions get the given basis, which
// must describe them as the policy does, and may add details such as a version; with a nil basis,
// the policy describes them. If the basis has a method Version() uint64, Asker.Version returns
// its result. Bind does not validate its arguments: an Asker of a nil policy or of nil facts
// returns an error.
func (p *Policy) Bind(f Facts, id usher.AccountID, basis decision.Basis) *Binding {
	if basis == nil && p != nil {
		basis = p
	}
	_, clocked := f.(Clock)
	return &Binding{policy: p, facts: f, account: id, basis: basis, clocked: clocked}
}

// BindRecords is Bind for facts whose users are those of a table, such as the engine's. Checks find the
// user in the table, and the user's class by the number in the record.
func (p *Policy) BindRecords(f Facts, users *table.Table[*Record], id usher.AccountID, basis decision.Basis) *Binding {
	b := p.Bind(f, id, basis)
	if p != nil && p.classes != nil {
		b.users = users
	}
	return b
}

// isTimed reports whether a decision can have the time, or the time of the facts' clock if it is zero.
func (b *Binding) isTimed(at time.Time) bool {
	if at == (time.Time{}) {
		return b.clocked
	}
	return b.facts != nil && inRange(at)
}

// lookUp returns the user with an id, and the user's class.
func (b *Binding) lookUp(id usher.UserID) (subject, error) {
	if b.users == nil || id == "" {
		return b.policy.lookUp(b.facts, id)
	}
	r, _ := b.users.Find(string(id))
	if r == nil {
		return subject{class: &b.policy.classes.absent}, nil
	}
	if c := b.policy.classes.find(r); c != nil {
		return subject{&r.user, c}, nil
	}
	return b.policy.classify(r)
}

// As returns an Asker for a user. Context has the facts of the request, and at is its time; the
// zero Time stands for the clock of the facts. A user who is not in the account gets an Asker
// whose checks deny.
//
// The error is an *usher.RequestError. It wraps usher.ErrNoAuthorizer for the zero Binding, or an
// error that a check of the user would return: that of the facts, usher.ErrUndeclared for a fact
// of the request or a role that the policy lacks, or usher.ErrNoTime.
func (b *Binding) As(user usher.UserID, context usher.Context, at time.Time) (Asker, error) {
	if b != nil && b.policy != nil && len(context) == 0 && b.isTimed(at) {
		if who, err := b.lookUp(user); err == nil {
			return Asker{asking: asking{b, who, user}, plain: true, time: at}, nil
		}
	}
	return b.AsRequest(&usher.Request{Subject: user, Context: context, Time: at})
}

// AsRequest returns an Asker for the subject of a request, with everything that the request states
// beside its permission and its resource: whether the subject is a visitor, which user acts on
// behalf of the subject, the role that the command gives, the facts and the time. It ignores the
// permission and the resource, and does not keep r. An empty account stands for that of the
// Binding; another one is an error that wraps usher.ErrOtherAccount. The errors are those of As,
// and usher.ErrVisitor.
func (b *Binding) AsRequest(r *usher.Request) (Asker, error) {
	a, err := b.as(r)
	if err != nil {
		return Asker{}, askError(r, err)
	}
	return a, nil
}

func (b *Binding) as(r *usher.Request) (Asker, error) {
	switch {
	case b == nil || b.policy == nil || r == nil:
		return Asker{}, usher.ErrNoAuthorizer
	case r.Account != "" && r.Account != b.account:
		return Asker{}, printable.Errorf("%w: the facts are of %q, but the request is about %q", usher.ErrOtherAccount, b.account, r.Account)
	}
	if len(r.Context) > 0 || r.Visitor || r.Gives != "" || !b.isTimed(r.Time) {
		about := *r
		about.Resource = nil
		if err := b.policy.validate(b.facts, &about, nil); err != nil {
			return Asker{}, err
		}
	}
	who, err := b.lookUp(r.Subject)
	if err == nil && r.OnBehalf() {
		_, err = b.lookUp(r.By)
	}
	if err != nil {
		return Asker{}, err
	}
	return Asker{
		asking: asking{b, who, r.Subject}, plain: r.By == "" && r.Gives == "", by: r.By, gives: r.Gives, visitor: r.Visitor, context: r.Context, time: r.Time,
	}, nil
}

// askError returns the error of a request for an Asker, which names no permission and no resource.
func askError(r *usher.Request, err error) error {
	if r == nil {
		return &usher.RequestError{Op: "ask", Err: err}
	}
	return &usher.RequestError{Op: "ask", Subject: r.Subject, Err: err}
}
