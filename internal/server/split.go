package server

import (
	"context"
	"errors"
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
	active sync.WaitGroup // connections that nobody else has yet, or that serve has

	mu      sync.Mutex            // guards the fields below
	leaving bool                  // closed is closed
	silent  map[net.Conn]struct{} // have not said yet what they speak
}

func newSplitter(l net.Listener, conns *connections, serve func(net.Conn)) *splitter {
	return &splitter{
		Listener: l, serve: serve, conns: conns,
		others: make(chan net.Conn), closed: make(chan struct{}), silent: make(map[net.Conn]struct{}),
	}
}

// mostPause is how long the splitter waits at the most before it accepts again.
const mostPause = time.Second

// run accepts connections until the listener is closed. Where the process, or
// the system, has too many files open it waits for some to be closed: sessions
// and clients that are there have nothing to do with it.
func (s *splitter) run() error {
	pause := time.Duration(0)
	for {
		c, err := s.Listener.Accept()
		var temporary interface{ Temporary() bool }
		switch {
		case err == nil:
			pause = 0
			s.active.Go(func() { s.sort(c) })
			continue
		case !errors.As(err, &temporary) || !temporary.Temporary():
			return err
		}
		pause = min(max(2*pause, 5*time.Millisecond), mostPause)
		select {
		case <-time.After(pause):
		case <-s.closed:
			return net.ErrClosed
		}
	}
}

// firstWait is how long a client may take to say what it speaks.
const firstWait = 10 * time.Second

// sort looks at a connection's first byte.
func (s *splitter) sort(c net.Conn) {
	s.conns.add(1)
	defer s.conns.add(-1)
	c.SetReadDeadline(time.Now().Add(firstWait))
	if !s.await(c) {
		c.Close()
		return
	}
	first := make([]byte, 4096)
	n, err := c.Read(first)
	s.said(c)
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

// await notes that a connection is to say something. It reports false when the
// splitter is closed.
func (s *splitter) await(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.leaving {
		s.silent[c] = struct{}{}
	}
	return !s.leaving
}

func (s *splitter) said(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.silent, c)
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

// Close implements net.Listener. It also hangs up on those who have said
// nothing yet. It may be called twice.
func (s *splitter) Close() error {
	s.mu.Lock()
	if !s.leaving {
		s.leaving = true
		close(s.closed)
	}
	for c := range s.silent {
		c.SetReadDeadline(time.Unix(1, 0))
	}
	s.mu.Unlock()
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
