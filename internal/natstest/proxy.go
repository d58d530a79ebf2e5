package natstest

import (
	"net"
	"sync"
	"time"
)

// proxy passes connections on to an address. While it is cut, it takes connections and passes nothing
// on, like a network that loses all packets; afterwards it closes them.
type proxy struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	isCut bool
	conns map[net.Conn]bool // of the time before the cut
}

func newProxy(target string) (*proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: l, target: target, conns: map[net.Conn]bool{}}
	go p.accept()
	return p, nil
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.serve(c)
	}
}

func (p *proxy) serve(from net.Conn) {
	p.add(from)
	defer p.remove(from)
	to, err := net.DialTimeout("tcp", p.target, time.Second)
	if err != nil {
		return
	}
	p.add(to)
	defer p.remove(to)
	done := make(chan struct{}, 2)
	for _, pair := range [][2]net.Conn{{from, to}, {to, from}} {
		go func() {
			p.pass(pair[0], pair[1])
			done <- struct{}{}
		}()
	}
	<-done
}

// pass copies what comes from a connection to another one, unless the proxy is cut.
func (p *proxy) pass(from, to net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		isCut := p.isCut
		p.mu.Unlock()
		if isCut {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) add(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = true
}

func (p *proxy) remove(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// cut begins or ends a cut. Connections that lost bytes cannot go on, so their end closes them.
func (p *proxy) cut(isCut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isCut && !isCut {
		for c := range p.conns {
			_ = c.Close()
		}
	}
	p.isCut = isCut
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close()
	}
}
