package server

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/stream"
)

// pipes is a listener whose clients are in this process; its connections know
// the clock of a synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	fail   chan error // what Accept fails with
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{}), fail: make(chan error)}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case err := <-p.fail:
		return nil, err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p *pipes) dial() net.Conn {
	c, server := net.Pipe()
	p.conns <- server
	return c
}

// echoing serves the local stream by sending back what comes.
func echoing(c net.Conn) {
	defer c.Close()
	io.Copy(c, c)
}

// TestSplitterSorts: both kinds of client on one socket, each given all that it
// sent.
func TestSplitterSorts(t *testing.T) {
	leaktest.Check(t)
	dir, err := os.MkdirTemp("", "xsh")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	s := newSplitter(l, newConnections(), echoing)
	ran := make(chan error, 1)
	go func() { ran <- s.run() }()
	others := make(chan string)
	go func() {
		for {
			c, err := s.Accept()
			if err != nil {
				close(others)
				return
			}
			line, _ := bufio.NewReader(c).ReadString('\n')
			others <- line
			c.Close()
		}
	}()
	for range 20 {
		local, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		other, err := net.Dial("unix", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(local, stream.Preface)
		io.WriteString(other, "PRI * HTTP/2.0\n")
		if got := <-others; got != "PRI * HTTP/2.0\n" {
			t.Errorf("others were given %q", got)
		}
		back := make([]byte, len(stream.Preface))
		if _, err := io.ReadFull(local, back); err != nil || string(back) != stream.Preface {
			t.Errorf("the local stream was given %q, %v", back, err)
		}
		local.Close()
		other.Close()
	}
	s.Close()
	s.Close()
	if err := <-ran; !errors.Is(err, net.ErrClosed) {
		t.Errorf("run returned %v", err)
	}
	s.wait(t.Context())
	if _, ok := <-others; ok {
		t.Error("a connection after Close")
	}
}

// TestSilentConnectionsTimeOut, and those who say something have all the time.
func TestSilentConnectionsTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		conns := newConnections()
		s := newSplitter(p, conns, echoing)
		go s.run()
		silent, talks := p.dial(), p.dial()
		io.WriteString(talks, "x")
		began := time.Now()
		if _, err := silent.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a silent client read %v", err)
		}
		if waited := time.Since(began); waited != firstWait {
			t.Errorf("it was hung up on after %v", waited)
		}
		synctest.Wait()
		if n := conns.count(); n != 1 {
			t.Errorf("%d clients count", n)
		}
		time.Sleep(time.Hour)
		if _, err := talks.Read(make([]byte, 1)); err != nil {
			t.Errorf("a client that had begun: %v", err)
		}
		talks.Close()
		s.Close()
		s.wait(t.Context())
	})
}

// TestCloseWhileSorting: who has said nothing, and whom nobody accepts, holds up
// no server that leaves.
func TestCloseWhileSorting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		conns := newConnections()
		s := newSplitter(p, conns, echoing)
		go s.run()
		var clients []net.Conn
		for range 10 {
			clients = append(clients, p.dial())
			other := p.dial()
			io.WriteString(other, "P")
			clients = append(clients, other)
		}
		synctest.Wait()
		began := time.Now()
		s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s.wait(ctx)
		if waited := time.Since(began); waited != 0 || conns.count() != 0 {
			t.Errorf("it took %v until %d connections were left", waited, conns.count())
		}
		for _, c := range clients {
			if _, err := c.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("a client read %v", err)
			}
		}
	})
}

// TestTooManyFiles: a process that can open no more files accepts again when it
// can.
func TestTooManyFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		var served atomic.Int32
		s := newSplitter(p, newConnections(), func(c net.Conn) {
			served.Add(1)
			c.Close()
		})
		ran := make(chan error, 1)
		go func() { ran <- s.run() }()
		for range 20 {
			p.fail <- &net.OpError{Op: "accept", Net: "unix", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
		}
		c := p.dial()
		io.WriteString(c, "x")
		synctest.Wait()
		if served.Load() != 1 {
			t.Error("nobody was served after a shortage of files")
		}
		broken := errors.New("broken")
		p.fail <- broken
		if err := <-ran; err != broken {
			t.Errorf("run returned %v", err)
		}
		s.Close()
	})
}

// TestManyFramesAtOnce: a million empty frames of a kind that nobody knows are
// passed over, in no memory.
func TestManyFramesAtOnce(t *testing.T) {
	frames := strings.Repeat(string(stream.Append(nil, 250, nil)), 1_000_000)
	var r stream.Reader
	from := strings.NewReader(frames + string(stream.Append(nil, stream.Detach, nil)))
	allocated := testing.AllocsPerRun(1, func() {
		from.Seek(0, io.SeekStart)
		for n := 0; ; n++ {
			f, err := r.Read(from)
			if err != nil || f.Type == stream.Detach {
				if n != 1_000_000 || err != nil {
					t.Errorf("after %d frames: %v", n, err)
				}
				return
			}
		}
	})
	if allocated > 10 {
		t.Errorf("%v allocations", allocated)
	}
}
