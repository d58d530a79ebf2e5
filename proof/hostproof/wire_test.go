package hostproof_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// wire is a connection to a server that can be cut in the middle of a round trip.
type wire struct {
	net.Conn
	fault    atomic.Uint32
	delay    atomic.Int64 // of cutDuring
	answered atomic.Bool  // an answer was lost that reported a commit
	sent     atomic.Int64 // the number of messages to the server
}

// The faults. The zero value is none of them.
const (
	loseRequest uint32 = iota + 1 // the server does not receive the next message
	loseAnswer                    // it does, and its answer is lost
	cutDuring                     // the connection is cut some time after the message was sent
)

var errCut = errors.New("the connection was cut")

func (w *wire) Write(data []byte) (int, error) {
	switch w.fault.Load() {
	case loseRequest:
		_ = w.Close()
		return 0, errCut
	case cutDuring:
		time.AfterFunc(time.Duration(w.delay.Load()), func() { _ = w.Close() }) // in time, or the host discards the connection
	}
	w.sent.Add(1)
	return w.Conn.Write(data)
}

func (w *wire) Read(data []byte) (int, error) {
	n, err := w.Conn.Read(data)
	if w.fault.Load() == loseAnswer && err == nil {
		if bytes.Contains(data[:n], []byte("COMMIT\x00")) {
			w.answered.Store(true)
		}
		_ = w.Close()
		return 0, errCut
	}
	return n, err
}

// dial connects to a server with a wire.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return &wire{Conn: c}, nil
}
