package natsstore

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher/internal/printable"
)

// replies receives the responses to all requests of a Store, through one subscription: one for each
// request would make reads several times slower.
type replies struct {
	nc     *nats.Conn
	prefix string
	sub    *nats.Subscription

	mu      sync.Mutex
	next    uint64
	waiting map[string]chan *nats.Msg
}

// pendingBytes is the size of responses that may wait in memory.
const pendingBytes = 1 << 30

func newReplies(nc *nats.Conn) (*replies, error) {
	r := &replies{nc: nc, prefix: nc.NewInbox() + ".", waiting: map[string]chan *nats.Msg{}}
	var err error
	if r.sub, err = nc.Subscribe(r.prefix+"*", r.received); err != nil {
		return nil, err
	}
	return r, r.sub.SetPendingLimits(-1, pendingBytes)
}

func (r *replies) received(m *nats.Msg) {
	r.mu.Lock()
	c := r.waiting[strings.TrimPrefix(m.Subject, r.prefix)]
	r.mu.Unlock()
	select {
	case c <- m:
	default: // the request has ended, or there are more responses than it asked for
	}
}

// expect returns a subject for the responses to a request, and a channel that receives up to n of
// them. The caller must call done.
func (r *replies) expect(n int) (subject string, received <-chan *nats.Msg, done func()) {
	c := make(chan *nats.Msg, n)
	r.mu.Lock()
	r.next++
	token := strconv.FormatUint(r.next, 36)
	r.waiting[token] = c
	r.mu.Unlock()
	return r.prefix + token, c, func() {
		r.mu.Lock()
		delete(r.waiting, token)
		r.mu.Unlock()
	}
}

// send sends a message. After errNotSent it was certainly not sent.
func (r *replies) send(m *nats.Msg) error {
	err := r.nc.PublishMsg(m)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed),
		errors.Is(err, nats.ErrConnectionDraining), errors.Is(err, nats.ErrInvalidConnection):
		return errNotSent
	}
	return printable.Errorf("send: %w", printable.Error(err))
}

// wait waits for one response.
func wait(ctx context.Context, received <-chan *nats.Msg, timeout time.Duration) (*nats.Msg, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case m := <-received:
		return m, nil
	default:
	}
	select {
	case m := <-received:
		return m, nil
	case <-timer.C:
		return nil, errNoReply
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// request sends a message and returns the response.
func (s *Store) request(ctx context.Context, m *nats.Msg) (*nats.Msg, error) {
	reply, received, done := s.replies.expect(1)
	defer done()
	m.Reply = reply
	if err := s.replies.send(m); err != nil {
		return nil, err
	}
	response, err := wait(ctx, received, s.options.Timeout)
	if err != nil {
		return nil, err
	}
	if status(response) == statusNoResponders {
		return nil, errNotSent
	}
	return response, nil
}

const (
	statusNoResponders = "503"
	statusEnd          = "204"
	statusNotFound     = "404"
)

func status(m *nats.Msg) string { return m.Header.Get("Status") }
