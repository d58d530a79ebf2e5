package engine

import (
	"errors"
	"fmt"
	"strings"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// What can go wrong in an Engine, besides what a policy, an account or a store
// says.
var (
	ErrClosed = errors.New("the engine is closed")

	// ErrFutureVersion: the journal has not come as far as the version that was asked for.
	ErrFutureVersion = errors.New("the journal has not got this version")

	// ErrStale: what is known of the account is older than Options.MaxStaleness allows,
	// and the store did not tell more.
	ErrStale = errors.New("what is known is too old")

	// ErrContention: others changed the account first, again and again, or it is not known
	// yet whether an earlier commit is stored. Nothing was done, and to try again
	// later is right.
	ErrContention = errors.New("the account is busy")

	// ErrOutcomeUnknown: the store failed while storing the commit, and nobody knows yet
	// whether it is stored. Whoever repeats the batch under the same Key gets to
	// know, and never has it done twice.
	ErrOutcomeUnknown = errors.New("not known whether it is stored")

	// ErrKeyReused: the same actor made another request under the same Key. Only
	// another key helps. It has a method Refused, so that a Guard of usherhttp answers
	// with 422. The others here it answers with 503.
	ErrKeyReused error = refused{"key-reused", "the actor made another request under this key"}
)

// refused is an error that is the asker's own doing, with a code like that of an
// account.Refusal.
type refused struct{ code, text string }

func (r refused) Error() string { return r.text }

// Refused returns the code, by which usherhttp answers.
func (r refused) Refused() string { return r.code }

// Error says what an Engine was asked for, and why it did not do it. errors.Is finds in
// it one of the errors above, or what the store, the account or the policy returned. A
// command that is refused is no such error but an *account.Refusal, and a question
// that cannot be answered a *usher.RequestError.
type Error struct {
	Op      string          // submit, preview, read journal, set policy and so on
	Account usher.AccountID // "" where it is about no single account
	Version uint64          // 0 where it is about no single version
	Err     error
}

// Error returns "submit to acme, version 7: …".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(printable.Value(e.Op))
	if e.Account != "" {
		b.WriteString(" " + printable.Quote(e.Account))
	}
	if e.Version != 0 {
		fmt.Fprintf(&b, " version %d", e.Version)
	}
	b.WriteString(": " + printable.Cause(e.Err))
	return b.String()
}

// Unwrap returns why.
func (e *Error) Unwrap() error { return e.Err }

// Undecided does nothing. By this method a Guard of usherhttp knows the error: where the
// store failed with one of Guard.NotFound, the answer is still 503 and not 404.
func (e *Error) Undecided() {}

// wrapped makes an *Error of what is neither one nor a refusal.
func wrapped(op string, id usher.AccountID, err error) error {
	var e *Error
	var refusal *account.Refusal
	if errors.As(err, &e) || errors.As(err, &refusal) {
		return err
	}
	return &Error{Op: op, Account: id, Err: unknownIfErased(err)}
}

// unknownIfErased makes of an account that was erased one that there is not.
func unknownIfErased(err error) error {
	if !errors.Is(err, store.ErrErased) || errors.Is(err, usher.ErrUnknownAccount) {
		return err
	}
	var of *store.Error
	if errors.As(err, &of) {
		err = of.Err // what the store was asked for says nothing more
	}
	return printable.Errorf("%w: %w", usher.ErrUnknownAccount, err)
}

// checkAccount refuses ids that no account has.
func checkAccount(id usher.AccountID) error {
	if id == "" {
		return printable.Errorf("%w: the request names no account", usher.ErrUnknownAccount)
	}
	if err := store.CheckAccount(id); err != nil {
		return printable.Errorf("%w: %w", usher.ErrUnknownAccount, err)
	}
	return nil
}

// PolicyMismatchError lists the accounts that a new policy does not fit. errors.Is finds
// account.ErrPolicyMismatch in it.
type PolicyMismatchError struct {
	Accounts []*account.PolicyMismatchError // the first of them, in the order of their ids
	More     int                            // how many others there are

	policy string  // the digest
	seen   seenSet // all mismatches, also those of the others
}

// Error returns what does not fit, in one line. It is for people, who want an excerpt of
// a long list: what wraps it may cut the text. Accounts has the list.
func (e *PolicyMismatchError) Error() string {
	text := "an account does not fit the policy"
	if n := len(e.Accounts) + e.More; n != 1 {
		text = fmt.Sprintf("%d accounts do not fit the policy", n)
	}
	var list []string
	for _, a := range e.Accounts {
		list = append(list, a.Error())
	}
	if e.More > 0 {
		list = append(list, fmt.Sprintf("and %d more", e.More))
	}
	if len(list) > 0 {
		text += ": " + strings.Join(list, "; ")
	}
	return text
}

// Is makes errors.Is find account.ErrPolicyMismatch, whether accounts are listed or not.
func (e *PolicyMismatchError) Is(target error) bool { return target == account.ErrPolicyMismatch }

// Unwrap returns what is listed, for errors.As.
func (e *PolicyMismatchError) Unwrap() []error {
	list := make([]error, len(e.Accounts))
	for i, a := range e.Accounts {
		list[i] = a
	}
	return list
}
