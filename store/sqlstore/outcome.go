package sqlstore

import (
	"context"
	"errors"

	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/internal/sqljournal"
)

// errWaited is the cause of a context whose time for waiting is over.
var errWaited = errors.New("waited too long for a lock or a connection")

// notStored is an error after which certainly nothing was stored.
type notStored struct{ err error }

func (e notStored) Error() string { return printable.Cause(e.err) }

func (e notStored) Unwrap() error { return e.err }

// notBegun returns the error of a transaction that could not begin.
func notBegun(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(cause, errWaited) {
		return notStored{printable.Errorf("%w: %w", cause, err)}
	}
	return notStored{err}
}

// lost is an error after which the transaction of the host cannot go on.
type lost struct{ err error }

func (e lost) Error() string { return printable.Cause(e.err) }

func (e lost) Unwrap() error { return e.err }

// classify classifies an error of a Conn. The function failure classifies those of the driver.
func classify(err error, failure func(error) sqljournal.Failure) sqljournal.Failure {
	var ended lost
	if errors.As(err, &ended) {
		return sqljournal.Lost
	}
	said := failure(err)
	var before notStored
	if said == sqljournal.Unknown && errors.As(err, &before) {
		return sqljournal.LockFailed
	}
	return said
}
