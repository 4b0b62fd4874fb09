package server

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/logging"
)

// pipes makes connections in this process, which know the clock of a synctest
// bubble.
type pipes struct{ to *splitter }

func newPipes(conns *connections) *pipes {
	return &pipes{newSplitter(&net.UnixAddr{Name: "pipe"}, conns, echoing)}
}

func (p *pipes) dial() net.Conn {
	c, server := net.Pipe()
	p.to.take(server)
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
	s := newSplitter(l.Addr(), newConnections(), echoing)
	ran := make(chan struct{})
	go func() {
		defer close(ran)
		accept(l, logging.Discard(), s.take)
	}()
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
	l.Close()
	<-ran
	s.Close()
	s.Close()
	s.wait(t.Context())
	if _, ok := <-others; ok {
		t.Error("a connection after Close")
	}
}

// TestSilentConnectionsTimeOut, and those who say something have all the time.
func TestSilentConnectionsTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := newConnections()
		p := newPipes(conns)
		s := p.to
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
		s.closeAll()
		s.wait(t.Context())
	})
}

// TestCloseWhileSorting: who has said nothing, and whom nobody accepts, holds up
// no server that leaves.
func TestCloseWhileSorting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conns := newConnections()
		p := newPipes(conns)
		s := p.to
		var clients []net.Conn
		for range 10 {
			clients = append(clients, p.dial())
			other := p.dial()
			io.WriteString(other, "P")
			clients = append(clients, other)
		}
		synctest.Wait()
		began := time.Now()
		s.closeAll()
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
