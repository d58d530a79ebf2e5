package engineproof_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxy forwards the connections of one process to a PostgreSQL server, and cuts them. It reads the
// messages of the protocol, so that it can cut a connection at a COMMIT.
type proxy struct {
	dir      string // of its socket
	server   string // the socket of the server
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	links map[*link]bool
	armed cutPoint
	cut   chan struct{} // gets a value after the armed cut
}

// cutPoint is when a connection is cut. The zero value is for none.
type cutPoint struct {
	moment      cutMoment
	transaction bool // at the COMMIT of a transaction with an append, instead of an append of its own
}

type cutMoment uint8

const (
	notCut         cutMoment = iota
	beforeMessage            // the message that commits does not reach the server
	withinMessage            // half of the message reaches the server
	afterMessage             // the message reaches the server, and the connection is cut at once
	beforeResponse           // the server has committed, and its response does not reach the client
)

// socketName is the name of the socket of a server with the default port, in its directory.
const socketName = ".s.PGSQL.5432"

func newProxy(t testing.TB, serverDir string) *proxy {
	// The path of a socket may have at most about a hundred bytes, and those of t.TempDir are often
	// longer.
	dir, err := os.MkdirTemp("", "usherproxy")
	require.NoError(t, err)
	p := &proxy{dir: dir, server: filepath.Join(serverDir, socketName), links: map[*link]bool{}, cut: make(chan struct{}, 1)}
	p.listener, err = net.Listen("unix", filepath.Join(dir, socketName))
	require.NoError(t, err)
	p.running.Go(p.accept)
	t.Cleanup(func() {
		assert.NoError(t, p.listener.Close())
		p.cutAll()
		p.running.Wait()
		assert.NoError(t, os.RemoveAll(dir))
	})
	return p
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // it is closed
		}
		server, err := net.Dial("unix", p.server)
		if err != nil {
			_ = client.Close() // the server is down, as the client will find out
			continue
		}
		l := &link{proxy: p, client: client, server: server, appends: map[string]bool{}}
		p.mu.Lock()
		p.links[l] = true
		p.mu.Unlock()
		p.running.Go(func() { defer l.close(); l.forward() })
		p.running.Go(func() { defer l.close(); l.forwardBack() })
	}
}

// cutAll cuts all connections, and returns their number.
func (p *proxy) cutAll() (n int) {
	p.mu.Lock()
	all := p.links
	p.links = map[*link]bool{}
	p.mu.Unlock()
	for l := range all {
		l.close()
	}
	return len(all)
}

// arm makes the proxy cut the next connection that is at a point. Then p.cut has a value.
func (p *proxy) arm(c cutPoint) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = c
}

// take disarms the proxy and returns the moment, if a connection at a commit is to be cut.
func (p *proxy) take(transaction bool) cutMoment {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.armed.moment
	if m == notCut || p.armed.transaction != transaction {
		return notCut
	}
	p.armed = cutPoint{}
	return m
}

// link is a connection of a client and the one to the server.
type link struct {
	proxy          *proxy
	client, server net.Conn
	once           sync.Once

	// Only forward uses these.
	appends  map[string]bool // the names of prepared statements that append
	bound    bool            // the messages since the last Sync append
	appended bool            // the transaction has appended

	inTx    atomic.Bool // as the server has last reported
	swallow atomic.Bool // the client gets no more messages; the link is cut when the server is ready
}

func (l *link) close() {
	l.once.Do(func() {
		_ = l.client.Close()
		_ = l.server.Close()
		l.proxy.mu.Lock()
		delete(l.proxy.links, l)
		l.proxy.mu.Unlock()
	})
}

// forward forwards the client's messages. The first one has no type.
func (l *link) forward() {
	for headed := false; ; headed = true {
		m, err := readMessage(l.client, headed)
		if err != nil {
			return
		}
		moment := notCut
		if headed {
			if commits, transaction := l.follow(m); commits {
				moment = l.proxy.take(transaction)
			}
		}
		switch moment {
		case beforeMessage:
			m = nil
		case withinMessage:
			m = m[:len(m)/2]
		case beforeResponse:
			l.swallow.Store(true)
		}
		if _, err := l.server.Write(m); err != nil && moment == notCut {
			return
		}
		if moment != notCut && moment != beforeResponse {
			l.close()
			l.proxy.cut <- struct{}{}
			return
		}
	}
}

// forwardBack forwards the server's messages.
func (l *link) forwardBack() {
	for {
		m, err := readMessage(l.server, true)
		swallow := l.swallow.Load()
		if swallow && (err != nil || m[0] == 'Z') {
			l.close()
			l.proxy.cut <- struct{}{}
			return
		}
		if err != nil {
			return
		}
		if m[0] == 'Z' {
			l.inTx.Store(m[5] != 'I')
		}
		if swallow {
			continue
		}
		if _, err := l.client.Write(m); err != nil {
			return
		}
	}
}

// follow follows the statements of the client. It reports whether a message commits an append, and
// whether that is the COMMIT of a transaction.
func (l *link) follow(m []byte) (commits, transaction bool) {
	switch body := m[5:]; m[0] {
	case 'P': // Parse: name, statement
		name, text, _ := bytes.Cut(body, []byte{0})
		l.appends[string(name)] = bytes.Contains(text, []byte("commits (account, version"))
	case 'B': // Bind: portal, name
		_, rest, _ := bytes.Cut(body, []byte{0})
		name, _, _ := bytes.Cut(rest, []byte{0})
		l.bound = l.bound || l.appends[string(name)]
	case 'S': // Sync
		bound := l.bound
		l.bound = false
		if bound && l.inTx.Load() {
			l.appended = true
			return false, false
		}
		return bound, false
	case 'Q': // Query: statements
		switch text := strings.ToLower(string(body)); {
		case strings.HasPrefix(text, "commit"):
			appended := l.appended
			l.appended = false
			return appended, true
		case strings.HasPrefix(text, "begin"), strings.HasPrefix(text, "rollback"):
			l.appended = false
		}
	}
	return false, false
}

var errMessage = errors.New("a message of the protocol has a wrong length")

// readMessage reads a message with its length, and with its type if it is headed.
func readMessage(r io.Reader, headed bool) ([]byte, error) {
	m := make([]byte, 4, 64)
	if headed {
		m = m[:5]
	}
	if _, err := io.ReadFull(r, m); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(m[len(m)-4:])
	if size < 4 || size > 1<<28 {
		return nil, errMessage
	}
	at := len(m)
	m = append(m, make([]byte, size-4)...)
	_, err := io.ReadFull(r, m[at:])
	return m, err
}
