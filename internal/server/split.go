package server

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/xsh-project/xsh/internal/stream"
)

// splitter gives out the connections of a listener by what they begin with:
// those of the local stream to serve, all others to whoever accepts.
type splitter struct {
	net.Listener
	serve func(net.Conn) // owns its connection
	conns *connections

	others chan net.Conn
	closed chan struct{}
	once   sync.Once
	active sync.WaitGroup // connections that nobody else has yet, or that serve has
}

func newSplitter(l net.Listener, conns *connections, serve func(net.Conn)) *splitter {
	return &splitter{
		Listener: l, serve: serve, conns: conns,
		others: make(chan net.Conn), closed: make(chan struct{}),
	}
}

// run accepts connections until the listener is closed.
func (s *splitter) run() error {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			return err
		}
		s.active.Go(func() { s.sort(c) })
	}
}

// firstWait is how long a client may take to say what it speaks.
const firstWait = 10 * time.Second

// sort looks at a connection's first byte.
func (s *splitter) sort(c net.Conn) {
	s.conns.add(1)
	defer s.conns.add(-1)
	c.SetReadDeadline(time.Now().Add(firstWait))
	first := make([]byte, 4096)
	n, err := c.Read(first)
	if err != nil {
		c.Close()
		return
	}
	c.SetReadDeadline(time.Time{})
	begun := &begunConn{Conn: c, begin: first[:n]}
	if first[0] == stream.Preface[0] {
		s.serve(begun)
		return
	}
	select {
	case s.others <- begun:
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

// Close implements net.Listener. It may be called twice.
func (s *splitter) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.Listener.Close()
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
