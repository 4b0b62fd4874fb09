package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
)

func open(t *testing.T, c *Client, cfg LinkConfig) *Link {
	t.Helper()
	l, err := c.Open(t.Context(), "one", cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// receive reads a link's undrawn output until it ends with end.
func receive(t *testing.T, l *Link, end string) string {
	t.Helper()
	var got []byte
	for !bytes.HasSuffix(got, []byte(end)) {
		o, err := l.Receive()
		if err != nil {
			t.Fatalf("after %q: %v, %+v", got, err, l.Outcome())
		}
		if !o.Drawn {
			got = append(got, o.Data...)
		}
	}
	return string(got)
}

func TestLink(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.replay = []byte("screen")
	l := open(t, newTestClient(s), LinkConfig{})
	if o, err := l.Receive(); err != nil || string(o.Data) != "screen" || !o.Drawn {
		t.Fatalf("first comes %+v, %v; want the replay", o, err)
	}
	if err := l.Type([]byte("typed.")); err != nil {
		t.Fatal(err)
	}
	if got := receive(t, l, "."); got != "typed." {
		t.Errorf("received %q", got)
	}
	l.Resize(exec.Size{Rows: 30, Cols: 100})
	s.await("the size", func() bool { return len(s.sizes) > 0 && s.sizes[0].GetRows() == 30 && s.sizes[0].GetCols() == 100 })
	if err := l.Detach(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o := l.Outcome(); o.Reason != ReasonDetached || o.Session.ID != "id1" || o.Unsure != 0 {
		t.Errorf("outcome %+v", o)
	}
	if _, err := l.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("Receive after the end: %v", err)
	}
	if err := l.Type([]byte("x")); !errors.Is(err, ErrLinkEnded) {
		t.Errorf("Type after the end: %v", err)
	}
	l.Close()
}

func TestLinkEnds(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	l := open(t, newTestClient(s), LinkConfig{})
	s.print("last.")
	s.end(closeOutput(&typespb.ExitStatus{Code: 7}))
	receive(t, l, "last.")
	<-l.Done()
	if o := l.Outcome(); o.Reason != ReasonEnded || o.Exit == nil || o.Exit.Code != 7 {
		t.Errorf("outcome %+v", o)
	}
	l.Close()
}

// TestLinkFromAnOffset: who asks for the output from an offset on is told that it
// comes, with an empty replay, and is drawn nothing when the connection breaks before.
func TestLinkFromAnOffset(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.replay = []byte("screen")
	s.print("before")
	l := open(t, newTestClient(s), LinkConfig{
		Options: exec.AttachOptions{Resume: true, ResumeOffset: int64(len("before"))}, Reconnect: patience,
	})
	if o, err := l.Receive(); err != nil || len(o.Data) != 0 || !o.Drawn || !o.Whole || o.Offset != int64(len("before")) {
		t.Fatalf("first comes %+v, %v; want an empty replay", o, err)
	}
	s.cut()
	s.print("behind.")
	if o, err := l.Receive(); err != nil || string(o.Data) != "behind." || o.Drawn || o.Offset != int64(len("before")) {
		t.Errorf("then comes %+v, %v", o, err)
	}
}

func TestOpenFails(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.refuse = errNotFound
	if _, err := newTestClient(s).Open(t.Context(), "nosuch", LinkConfig{}); !errors.Is(err, exec.ErrSessionNotFound) {
		t.Errorf("Open = %v", err)
	}
	s = newFakeServer(t)
	s.greet = func(conn net.Conn) bool { // an older server's HTTP/2 settings
		conn.Write([]byte{0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0x40, 0})
		return false
	}
	if _, err := newTestClient(s).Open(t.Context(), "one", LinkConfig{}); !errors.Is(err, ErrOldServer) {
		t.Errorf("Open = %v", err)
	}
	s = newFakeServer(t)
	s.greet = func(net.Conn) bool { return false }
	if _, err := newTestClient(s).Open(t.Context(), "one", LinkConfig{}); !errors.Is(err, ErrNoServer) {
		t.Errorf("Open = %v", err)
	}
	s = newFakeServer(t)
	hold := make(chan struct{})
	s.greet = func(net.Conn) bool { <-hold; return false }
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	var wait *WaitError
	if _, err := newTestClient(s).Open(ctx, "one", LinkConfig{}); !errors.As(err, &wait) {
		t.Errorf("Open = %v", err)
	}
	close(hold)
}

// TestCutsEverywhere breaks the connection at every byte of a conversation, in
// both directions, and again behind each break. Each line comes once, and each
// key arrives once.
func TestCutsEverywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("tries some hundreds of breaks")
	}
	leaktest.Check(t)
	const lines = 8
	for _, direction := range []string{"to the client", "to the server"} {
		for at := 60; at < 500; at += 1 + rand.IntN(5) {
			s := newFakeServer(t)
			var dials atomic.Int32
			c := New(Config{Dial: s.dialer(func(conn net.Conn) net.Conn {
				if dials.Add(1) > 4 {
					return conn // in the end it holds
				}
				cut := &cutConn{Conn: conn, read: -1, write: -1}
				if direction == "to the client" {
					cut.write = at
				} else {
					cut.read = at + 11
				}
				return cut
			})})
			l, err := c.Open(t.Context(), "one", LinkConfig{Reconnect: patience})
			if err != nil {
				continue // cut before it began, which is not mended
			}
			var want strings.Builder
			for i := range lines {
				line := fmt.Sprintf("line %d.\n", i)
				want.WriteString(line)
				if err := l.Type([]byte(line)); err != nil {
					t.Fatalf("cut %s at %d: %v", direction, at, err)
				}
			}
			got := receive(t, l, fmt.Sprintf("line %d.\n", lines-1))
			if got != want.String() {
				t.Errorf("cut %s at %d: received %q", direction, at, got)
			}
			s.await("the input", func() bool { return len(s.input) == want.Len() })
			if got := s.arrived(); got != want.String() {
				t.Errorf("cut %s at %d: arrived %q", direction, at, got)
			}
			if err := l.Detach(t.Context()); err != nil {
				t.Error(err)
			}
			l.Close()
		}
	}
}

func TestInputNobodyKnowsOf(t *testing.T) {
	s := newFakeServer(t)
	l := open(t, newTestClient(s), LinkConfig{Reconnect: patience})
	s.mu.Lock()
	s.onInput = func(f stream.InputFrame) { // taken, and the server dies before it says so
		s.unknown, s.onInput = true, nil
		for c := range s.conns {
			c.Close()
			delete(s.conns, c)
		}
	}
	s.mu.Unlock()
	if err := l.Type([]byte("rm -r x\n")); err != nil {
		t.Fatal(err)
	}
	s.await("a new connection", func() bool { return len(s.attaches) == 2 })
	if err := l.Type([]byte("more.")); err != nil {
		t.Fatal(err)
	}
	receive(t, l, "more.")
	if got := s.arrived(); got != "rm -r x\nmore." {
		t.Errorf("arrived %q", got)
	}
	l.Detach(t.Context())
	<-l.Done()
	if o := l.Outcome(); o.Unsure != len("rm -r x\n") {
		t.Errorf("outcome %+v, want to hear of the unsure input", o)
	}
}

func TestSessionGoneAtReconnect(t *testing.T) {
	s := newFakeServer(t)
	l := open(t, newTestClient(s), LinkConfig{Reconnect: patience})
	s.mu.Lock()
	s.refuse = errNotFound
	s.mu.Unlock()
	s.cut()
	<-l.Done()
	if o := l.Outcome(); o.Reason != ReasonLost || exec.ErrorFromStatus(o.Err, "one") == nil || !errors.Is(exec.ErrorFromStatus(o.Err, "one"), exec.ErrSessionNotFound) {
		t.Errorf("outcome %+v", o)
	}
}

func TestServerGoneForGood(t *testing.T) {
	s := newFakeServer(t)
	gone := errors.New("refused")
	l := open(t, newTestClient(s), LinkConfig{
		Reconnect: 100 * time.Millisecond,
		Redial:    func(context.Context) (net.Conn, error) { return nil, gone },
	})
	s.cut()
	<-l.Done()
	if o := l.Outcome(); o.Reason != ReasonLost || !errors.Is(o.Err, gone) {
		t.Errorf("outcome %+v", o)
	}
}

func TestResumeWhereTheLogIsGone(t *testing.T) {
	s := newFakeServer(t)
	l := open(t, newTestClient(s), LinkConfig{Reconnect: patience})
	s.print("before.")
	receive(t, l, "before.")
	s.mu.Lock()
	s.log = append(s.log, "lost"...)
	s.from, s.replay = int64(len(s.log)), []byte("drawn anew")
	s.mu.Unlock()
	s.cut()
	for {
		o, err := l.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if o.Drawn && string(o.Data) == "drawn anew" {
			break
		}
	}
	s.print("after.")
	if got := receive(t, l, "after."); !strings.HasSuffix(got, "after.") {
		t.Errorf("received %q", got)
	}
}
