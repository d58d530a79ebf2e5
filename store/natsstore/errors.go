package natsstore

import (
	"context"
	"errors"
	"time"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

// ErrLost means that the servers have fewer or other commits of an account than this process has read
// before: they lost acknowledged commits, for example because a disk was replaced by an earlier copy
// of itself. The journal must be restored, or the loss accepted by a restart of all processes.
var ErrLost = errors.New("the servers lost acknowledged commits")

// ErrDamaged means that the servers have data that this package did not write, or that was changed.
var ErrDamaged = errors.New("the stored data is damaged")

// ErrStreams means that the streams are missing or unsafe. The text says which, and what would help.
var ErrStreams = errors.New("the streams cannot be used")

var (
	errNoReply = errors.New("no response in time; the connection or the stream's leader is lost")
	errNotSent = errors.New("the connection to the servers is interrupted")
	errBehind  = errors.New("the server that answers has not received the latest commits yet")
	errChanged = errors.New("the data was replaced while it was read")
)

func damaged(format string, args ...any) error {
	return printable.Errorf("%w: %w", ErrDamaged, printable.Errorf(format, args...))
}

// call runs a call of the store's interface, which is not a loop.
func (s *Store) call(ctx context.Context, op string, account usher.AccountID, version uint64, f func() error) error {
	err := s.during(ctx, f)
	if err != nil {
		return &store.Error{Op: op, Account: account, Version: version, Err: err}
	}
	return nil
}

// during runs a part of a call, unless the context is done or the store is closed. Close waits for it.
func (s *Store) during(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.open.RLock()
	defer s.open.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	return f()
}

// tries repeats requests until a call has lasted for too long.
type tries struct {
	ctx   context.Context
	until time.Time
	pause time.Duration
}

func (s *Store) tries(ctx context.Context) *tries {
	return &tries{ctx: ctx, until: time.Now().Add(patience * s.options.Timeout), pause: time.Millisecond}
}

// again waits before another try. It returns the error of the last try, or of the context, if there
// is no time for another one.
func (t *tries) again(last error) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	if time.Now().Add(t.pause).After(t.until) {
		return last
	}
	timer := time.NewTimer(t.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.ctx.Done():
		return t.ctx.Err()
	}
	t.pause = min(2*t.pause, 250*time.Millisecond)
	return nil
}
