package server

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/peer"
	"github.com/xsh-project/xsh/pkg/logging"
)

// accept gives each connection that comes in on l to give, but closes those of
// other users. It returns when l is closed; whatever else goes wrong, too many
// open files for one, passes.
func accept(l net.Listener, log logging.Logger, give func(net.Conn)) {
	const shortest, longest = 5 * time.Millisecond, time.Second
	pause := shortest
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			log.Error("cannot accept a client", "error", err)
			time.Sleep(pause)
			pause = min(2*pause, longest)
			continue
		}
		pause = shortest
		if err := peer.Check(c); err != nil {
			log.Warn("refused a client", "error", err)
			c.Close()
			continue
		}
		give(c)
	}
}

// handed is a net.Listener for what was accepted elsewhere. It knows all
// connections that are open, to close them with it in the end.
type handed struct {
	conns chan net.Conn
	over  chan struct{} // closed by Close
	addr  net.Addr

	mu   sync.Mutex
	open map[*tracked]struct{} // nil after closeAll
	once sync.Once
}

func newHanded(addr net.Addr) *handed {
	return &handed{
		conns: make(chan net.Conn), over: make(chan struct{}), addr: addr,
		open: make(map[*tracked]struct{}),
	}
}

// give hands c to whoever calls Accept.
func (h *handed) give(c net.Conn) {
	t := &tracked{Conn: c, in: h}
	h.mu.Lock()
	late := h.open == nil
	if !late {
		h.open[t] = struct{}{}
	}
	h.mu.Unlock()
	if late {
		c.Close()
		return
	}
	select {
	case h.conns <- t:
	case <-h.over:
		t.Close()
	}
}

// Accept implements net.Listener.
func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.over:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener. Connections that were handed out go on.
func (h *handed) Close() error {
	h.once.Do(func() { close(h.over) })
	return nil
}

// Addr implements net.Listener.
func (h *handed) Addr() net.Addr { return h.addr }

// closeAll closes every connection: also those whose client says nothing, which
// grpc waits for.
func (h *handed) closeAll() {
	h.Close()
	h.mu.Lock()
	open := h.open
	h.open = nil
	h.mu.Unlock()
	for t := range open {
		t.Conn.Close()
	}
}

// tracked is a connection that its listener knows of until it is closed.
type tracked struct {
	net.Conn
	in *handed
}

// Close implements net.Conn.
func (t *tracked) Close() error {
	t.in.mu.Lock()
	delete(t.in.open, t)
	t.in.mu.Unlock()
	return t.Conn.Close()
}
