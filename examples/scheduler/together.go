package main

import (
	"context"
	"net/http"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/account"
	"github.com/usher-go/usher/engine"
)

// authority decides, and returns the account on which it decides.
type authority interface {
	usher.Authorizer
	View(context.Context, usher.AccountID) (account.View, error)
}

// decideAndChange runs a transaction that changes calendars or bookings because of a decision. In a
// database, the account cannot change between the decision and the end of the transaction, on any
// instance. In a directory it can; each caller states why that does no harm.
func (s *server) decideAndChange(ctx context.Context, do func(authority, *tx) error) error {
	return s.store.change(ctx, func(tx *tx) error {
		if s.shared == nil {
			return do(s.engine, tx)
		}
		return do(s.engine.HolderTx(s.shared.Tx(tx.sql)), tx)
	})
}

// submitAndChange submits a batch, and changes calendars and bookings if it is accepted for the first
// time. In a database, both are in one transaction: after a crash, both have happened or neither. In
// a directory, the batch comes first; if change fails then, sweep does it at the next start.
func (s *server) submitAndChange(r *http.Request, b engine.Batch, change func(context.Context, *tx) error) (engine.Result, error) {
	if s.shared == nil {
		result, err := s.engine.Submit(r.Context(), b)
		if err == nil && !result.Repeated { // after a retry, a removed user may have been added again
			s.cleanUp(r, change)
		}
		return result, err
	}
	return s.submitTx(r.Context(), b, change)
}

// submitTx is submitAndChange in a database.
func (s *server) submitTx(ctx context.Context, b engine.Batch, change func(context.Context, *tx) error) (result engine.Result, err error) {
	err = s.store.change(ctx, func(tx *tx) error {
		result, err = s.engine.SubmitTx(ctx, s.shared.Tx(tx.sql), b)
		if err != nil || result.Repeated {
			return err
		}
		return change(ctx, tx)
	})
	if err != nil {
		return engine.Result{}, err
	}
	// The engine does not know yet that the transaction is committed. Let it read the commit, so that
	// the next request to this instance sees it.
	if _, err := s.engine.AtLeast(b.Account, result.Version).View(ctx, b.Account); err != nil {
		s.log.DebugContext(ctx, "not read yet", "account", b.Account, "error", err) // it was deleted, or will be read later
	}
	return result, nil
}

// cleanUp removes data that is not needed any more. The request itself has succeeded, so a
// failure is only logged; sweep retries at the next start.
func (s *server) cleanUp(r *http.Request, remove func(context.Context, *tx) error) {
	ctx := context.WithoutCancel(r.Context())
	if err := s.store.change(ctx, func(tx *tx) error { return remove(ctx, tx) }); err != nil {
		s.log.ErrorContext(ctx, "clean-up failed", "account", subject(r).Account, "error", err)
	}
}
