package server

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/stream"
)

// splitter takes connections and gives them out by what they begin with: those
// of the local stream to serve, all others, as a net.Listener, to whoever
// accepts. It knows all that are open, to close them in the end.
type splitter struct {
	serve func(net.Conn) // owns its connection
	conns *connections
	addr  net.Addr

	others chan net.Conn
	closed chan struct{}
	once   sync.Once
	active sync.WaitGroup // connections that nobody else has yet, or that serve has

	mu   sync.Mutex
	open map[*begunConn]struct{} // nil after closeAll
}

func newSplitter(addr net.Addr, conns *connections, serve func(net.Conn)) *splitter {
	return &splitter{
		serve: serve, conns: conns, addr: addr,
		others: make(chan net.Conn), closed: make(chan struct{}),
		open: make(map[*begunConn]struct{}),
	}
}

// take takes a connection. It does not wait.
func (s *splitter) take(c net.Conn) {
	begun := &begunConn{Conn: c, in: s}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		c.Close()
		return
	}
	s.open[begun] = struct{}{}
	s.active.Go(func() { s.sort(begun) })
}

// firstWait is how long a client may take to say what it speaks.
const firstWait = 10 * time.Second

// sort looks at a connection's first byte.
func (s *splitter) sort(c *begunConn) {
	s.conns.add(1)
	defer s.conns.add(-1)
	c.SetReadDeadline(time.Now().Add(firstWait))
	first := make([]byte, 4096)
	n, err := c.Conn.Read(first)
	if err != nil {
		c.Close()
		return
	}
	c.SetReadDeadline(time.Time{})
	c.begin = first[:n]
	if first[0] == stream.Preface[0] {
		s.serve(c)
		return
	}
	if err := roomForWatcher(); err != nil {
		turnAway(c, err)
		return
	}
	select {
	case s.others <- c:
	case <-s.closed:
		c.Close()
	}
}

// Accept implements net.Listener, for those who do not speak the local stream.
func (s *splitter) Accept() (net.Conn, error) {
	select {
	case c := <-s.others:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener: there are no more connections to accept. It may
// be called twice.
func (s *splitter) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

// Addr implements net.Listener.
func (s *splitter) Addr() net.Addr { return s.addr }

// closeAll closes every connection: also those whose client says nothing, for
// which grpc waits two minutes.
func (s *splitter) closeAll() {
	s.Close()
	s.mu.Lock()
	open := s.open
	s.open = nil
	s.mu.Unlock()
	for c := range open {
		c.Conn.Close()
	}
}

// wait returns when every connection has ended, or ctx has.
func (s *splitter) wait(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		s.active.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// begunConn is a connection of which the beginning was read already.
type begunConn struct {
	net.Conn
	in    *splitter
	begin []byte
}

// Read implements net.Conn.
func (c *begunConn) Read(p []byte) (int, error) {
	if len(c.begin) > 0 {
		n := copy(p, c.begin)
		c.begin = c.begin[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// Close implements net.Conn.
func (c *begunConn) Close() error {
	c.in.mu.Lock()
	delete(c.in.open, c)
	c.in.mu.Unlock()
	return c.Conn.Close()
}
