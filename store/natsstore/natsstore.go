package natsstore

import (
	"context"
	"errors"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/usher-go/usher"
	"github.com/usher-go/usher/internal/printable"
	"github.com/usher-go/usher/store"
)

var (
	_ store.UserDataStore = (*Store)(nil)
	_ store.Confirmer     = (*Store)(nil)
	_ store.Checker       = (*Store)(nil)
	_ store.VersionReader = (*Store)(nil)
	_ store.UserIndex     = (*Store)(nil)
	_ store.Shortener     = (*Store)(nil)
)

var errNoConn = errors.New("the connection is nil (want one from nats.Connect)")

// Store stores the journals of many accounts in JetStream. Its methods may be called concurrently.
// Open returns a Store; the zero Store cannot be used.
type Store struct {
	nc         *nats.Conn
	options    Options
	partitions []*partition
	replies    *replies
	heads      heads
	readLast   func(ctx context.Context, st *stream, subjects []string) (map[string]message, error) // lastOnce, except in tests

	workMu sync.Mutex
	work   map[usher.AccountID]work // for the background
	wake   chan struct{}            // contains a value if there is new work

	feeds feeds

	open    sync.RWMutex // read-locked by each call
	closed  bool
	ctx     context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Open returns a Store on the servers of a connection, which stays the caller's and should have the
// options of ConnectOptions. If none of the streams exists, it creates them; otherwise it checks them.
// It returns ErrStreams if one is missing or unsafe: for example if it has fewer replicas than
// Options.Replicas, or limits that make the servers drop commits. The caller must close the Store
// before the connection.
func Open(ctx context.Context, nc *nats.Conn, o Options) (*Store, error) {
	s, err := open(ctx, nc, o)
	if err != nil {
		return nil, printable.Errorf("natsstore: open: %w", err)
	}
	return s, nil
}

func open(ctx context.Context, nc *nats.Conn, o Options) (*Store, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if nc == nil {
		return nil, errNoConn
	}
	s := &Store{
		nc: nc, options: o,
		heads: heads{all: map[usher.AccountID]*known{}},
		work:  map[usher.AccountID]work{}, wake: make(chan struct{}, 1),
	}
	s.readLast = s.lastOnce
	if s.replies, err = newReplies(nc); err != nil {
		return nil, printable.Errorf("subscribe: %w", printable.Error(err))
	}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.openStreams(ctx); err != nil {
		s.stop()
		_ = s.replies.sub.Unsubscribe()
		return nil, err
	}
	s.running.Go(s.background)
	return s, nil
}

// Close ends the loops of Watch and all goroutines of the Store. Calls that run go on to their end;
// later calls return store.ErrClosed. It returns nil, and does not close the connection.
func (s *Store) Close() error {
	s.open.Lock()
	s.closed = true
	s.open.Unlock()
	s.stop()
	s.running.Wait()
	if s.replies.sub.IsValid() {
		_ = s.replies.sub.Unsubscribe()
	}
	return nil
}
