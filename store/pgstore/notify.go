package pgstore

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

const (
	notifyEvery = 10 * time.Millisecond  // the least time between two notifications of an instance
	idle        = time.Minute            // after which a listener checks its connection
	firstPause  = 100 * time.Millisecond // before a listener connects again
	maxPause    = 10 * time.Second
)

// channel returns the name of the channel of a schema. A schema may have a longer name than a
// channel.
func channel(schema string) string {
	sum := sha256.Sum256([]byte(schema))
	return "usher_" + hex.EncodeToString(sum[:8])
}

// notify sends a notification after commits, for all commits since the last one. It does so outside
// of their transactions, because the server commits transactions with a notification one by one.
func (s *Store) notify(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		}
		// The notification need not be durable, so it does not wait for the disk. Without it, other
		// instances find the commit by polling.
		if c, err := s.pool.Acquire(ctx); err == nil {
			s.notifier.Store(c.Conn().PgConn().PID())
			run, cancel := untilEnd(ctx)
			_, _ = c.Exec(run, "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, '')", channel(s.options.Schema))
			cancel()
			c.Release()
		}
		if !sleep(ctx, notifyEvery) {
			return
		}
	}
}

// listen waits for notifications, on a connection of its own, and makes the loops of Watch look for
// changes. While it has no connection, they only poll.
func (s *Store) listen(ctx context.Context) {
	pause := firstPause
	for {
		began := time.Now()
		s.listenOnce(ctx)
		if time.Since(began) > maxPause {
			pause = firstPause
		}
		if !sleep(ctx, pause/2+rand.N(pause)) {
			return
		}
		pause = min(2*pause, maxPause)
	}
}

// listenConfig returns the address where to listen.
func (s *Store) listenConfig(ctx context.Context) (*pgx.ConnConfig, error) {
	if s.options.Listen != nil {
		return s.options.Listen.Copy(), nil
	}
	pool := s.pool.Config()
	if pool.BeforeConnect != nil { // such as one that sets a password of limited duration
		if err := pool.BeforeConnect(ctx, pool.ConnConfig); err != nil {
			return nil, err
		}
	}
	return pool.ConnConfig, nil
}

// listenOnce listens until the connection fails.
func (s *Store) listenOnce(ctx context.Context) {
	config, err := s.listenConfig(ctx)
	if err != nil {
		return
	}
	// A request to cancel, which the host may have configured, would reach the next statement.
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.DeadlineContextWatcherHandler{Conn: c.Conn()}
	}
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = c.Close(end)
	}()
	if _, err := c.Exec(ctx, "LISTEN "+pgx.Identifier{channel(s.options.Schema)}.Sanitize()); err != nil {
		return
	}
	s.Wake()
	for {
		wait, cancel := context.WithTimeout(ctx, idle)
		n, err := c.WaitForNotification(wait)
		cancel()
		switch {
		case err == nil && n.PID == s.notifier.Load():
			s.WakeForOwn()
		case err == nil:
			s.Wake()
		case ctx.Err() != nil || c.Ping(ctx) != nil:
			return
		}
	}
}

// sleep reports false if the context is done first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
