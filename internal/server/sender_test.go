package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/stream"
)

// narrow is a connection that takes exactly as many bytes as a test gives room
// for.
type narrow struct {
	net.Conn // nil: nothing else is called

	mu       sync.Mutex // guards the fields below
	room     int
	got      []byte
	closed   bool
	late     bool          // the deadline has passed
	waits    bool          // a Write waits for room
	changed  chan struct{} // closed when a field changes
	deadline func()        // called before each new deadline counts
}

func newNarrow() *narrow { return &narrow{changed: make(chan struct{})} }

// sender returns a sender to the connection.
func (c *narrow) sender() *sender {
	return &sender{conn: c, turn: make(chan struct{}, 1), now: func(p []byte) (int, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.take(p), nil
	}}
}

// take takes what there is room for. The caller holds mu.
func (c *narrow) take(p []byte) int {
	n := min(len(p), c.room)
	c.got = append(c.got, p[:n]...)
	c.room -= n
	c.notify()
	return n
}

func (c *narrow) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *narrow) Write(p []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		n += c.take(p[n:])
		switch {
		case n == len(p):
			return n, nil
		case c.late:
			return n, os.ErrDeadlineExceeded
		case c.closed:
			return n, net.ErrClosed
		}
		c.waits = true
		changed := c.changed
		c.mu.Unlock()
		<-changed
		c.mu.Lock()
		c.waits = false
	}
}

func (c *narrow) SetWriteDeadline(t time.Time) error {
	if c.deadline != nil {
		c.deadline()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late = !t.IsZero()
	c.notify()
	return nil
}

func (c *narrow) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.notify()
	return nil
}

// open makes room for n more bytes.
func (c *narrow) open(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.room += n
	c.notify()
}

// await waits until ok, which may look at the connection's fields.
func (c *narrow) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		done, changed := ok(), c.changed
		c.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (c *narrow) has(text string) func() bool {
	return func() bool { return string(c.got) == text }
}

func (c *narrow) waiting() bool { return c.waits }

// TestTryWithOneByteOfRoom: a frame that was begun goes out before any other,
// and nobody who must not wait does.
func TestTryWithOneByteOfRoom(t *testing.T) {
	leaktest.Check(t)
	c := newNarrow()
	s := c.sender()
	if s.try([]byte("none")) {
		t.Error("a frame was sent without any room")
	}
	c.open(1)
	if !s.try([]byte("first")) {
		t.Error("a frame was not begun with a byte of room")
	}
	c.await(t, "the writer of the rest", c.waiting)
	if s.try([]byte("second")) {
		t.Error("a frame was sent while another was under way")
	}
	third := make(chan error, 1)
	go func() { third <- s.write(t.Context(), []byte("third")) }()
	for range len("irstthird") {
		c.open(1)
	}
	if err := <-third; err != nil {
		t.Error(err)
	}
	c.await(t, "both frames", c.has("firstthird"))
	c.open(100)
	if !s.try([]byte(" fourth")) {
		t.Error("a frame was not sent, with room")
	}
	c.await(t, "all frames", c.has("firstthird fourth"))
}

// TestTryDoesNotWaitForWriters: not on the lock of a writer that waits for the
// peer either.
func TestTryDoesNotWaitForWriters(t *testing.T) {
	leaktest.Check(t)
	c := newNarrow()
	s := c.sender()
	ctx, cancel := context.WithCancel(t.Context())
	wrote := make(chan error, 1)
	go func() { wrote <- s.write(ctx, []byte("long")) }()
	c.await(t, "the writer", c.waiting)
	c.mu.Lock()
	c.room = 1 // of which the writer is not told
	c.mu.Unlock()
	if s.try([]byte("x")) {
		t.Error("a frame was sent while a writer waited")
	}
	cancel()
	if err := <-wrote; err != nil {
		t.Errorf("a frame that was begun: %v", err)
	}
	c.open(3)
	if err := s.write(t.Context(), nil); err != nil {
		t.Error(err)
	}
	c.await(t, "the rest of the frame", c.has("long"))
}

// TestWriteGivesUpWithItsContext: what was begun counts as sent and is finished
// before what comes next; what was not begun is not sent at all, whoever it
// waited for.
func TestWriteGivesUpWithItsContext(t *testing.T) {
	leaktest.Check(t)
	c := newNarrow()
	s := c.sender()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.write(ended, []byte("not")); !errors.Is(err, context.Canceled) {
		t.Errorf("without room: %v", err)
	}
	c.open(1)
	if err := s.write(ended, []byte("begun ")); err != nil {
		t.Errorf("with some room: %v", err)
	}
	if err := s.write(ended, []byte("not this either")); err == nil {
		t.Error("a frame was taken behind one that is stuck")
	}
	c.open(100)
	if err := s.write(t.Context(), []byte("next")); err != nil {
		t.Error(err)
	}
	c.await(t, "what was begun and what came next", c.has("begun next"))
}

// TestStuckRestHoldsNobody: while the peer does not take the rest of a frame, a
// write gives up with its context. An attachment could not end otherwise, and the
// one that takes its place would never begin.
func TestStuckRestHoldsNobody(t *testing.T) {
	leaktest.Check(t)
	c := newNarrow()
	s := c.sender()
	c.open(1)
	if !s.try([]byte("frame")) {
		t.Fatal("the frame was not begun")
	}
	c.await(t, "the writer of the rest", c.waiting)
	ctx, cancel := context.WithCancel(t.Context())
	wrote := make(chan error, 1)
	go func() { wrote <- s.write(ctx, []byte("next")) }()
	cancel()
	select {
	case err := <-wrote:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("write returned %v", err)
		}
	case <-time.After(patience):
		t.Error("a write waits for a peer behind its context's end")
	}
	c.Close()
}

// TestDeadlineIsGoneAfterAWrite: a context that ends just when its write does
// leaves no deadline behind, which would fail all that is written next.
func TestDeadlineIsGoneAfterAWrite(t *testing.T) {
	leaktest.Check(t)
	c := newNarrow()
	s := c.sender()
	ctx, cancel := context.WithCancel(t.Context())
	hold := make(chan struct{})
	first := true
	c.deadline = func() { // the deadline comes late
		if first {
			first = false
			c.open(10)
			<-hold
		}
	}
	wrote := make(chan error, 1)
	go func() { wrote <- s.write(ctx, []byte("one ")) }()
	c.await(t, "the writer", c.waiting)
	cancel()
	c.await(t, "the frame", c.has("one "))
	close(hold)
	if err := <-wrote; err != nil {
		t.Error(err)
	}
	if err := s.write(t.Context(), []byte("two")); err != nil {
		t.Errorf("the next write: %v", err)
	}
	c.await(t, "both frames", c.has("one two"))
}

// smallSocket is a pair of sockets of which one takes as little as the system
// lets it.
func smallSocket(t *testing.T) (from, to net.Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	unix.SetsockoptInt(fds[0], unix.SOL_SOCKET, unix.SO_SNDBUF, 1)
	var ends [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "socket")
		c, err := net.FileConn(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		ends[i] = c
	}
	return ends[0], ends[1]
}

// TestFramesStayWholeOnASmallSocket: one who must not wait, two who may and one
// who gives up write to a peer that reads a byte at a time. What arrives is
// whole frames, all of those that were taken, each writer's in order.
func TestFramesStayWholeOnASmallSocket(t *testing.T) {
	leaktest.Check(t)
	from, to := smallSocket(t)
	w := settled(t, from)
	s := newSender(w)
	if s.now == nil {
		t.Fatal("a socket knows no writes that do not wait")
	}
	const frames = 60
	frame := func(writer, i int) []byte {
		return stream.Append(nil, stream.Type(200+writer), bytes.Repeat([]byte{byte(i)}, 1+i*211%7000))
	}
	var writers sync.WaitGroup
	var sent [4][]int // which of each writer's frames were taken
	for n, send := range []func([]byte) bool{
		s.try,
		func(f []byte) bool { return s.write(context.Background(), f) == nil },
		func(f []byte) bool { return s.write(context.Background(), f) == nil },
		func(f []byte) bool {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			return s.write(ctx, f) == nil
		},
	} {
		writers.Go(func() {
			for i := range frames {
				if send(frame(n+1, i)) {
					sent[n] = append(sent[n], i)
				}
			}
		})
	}
	go func() {
		writers.Wait()
		s.write(context.Background(), stream.Append(nil, 99, nil)) // behind what is left
		w.Close()
	}()
	var got [4][]int
	var r stream.Reader
	for {
		f, err := r.Read(oneByte{to})
		if err != nil {
			if err != io.EOF {
				t.Errorf("the frames end with %v", err)
			}
			break
		}
		if f.Type == 99 {
			continue
		}
		w := int(f.Type) - 201
		if w < 0 || w > 3 || len(f.Payload) == 0 || !bytes.Equal(frame(w+1, int(f.Payload[0]))[5:], f.Payload) {
			t.Fatalf("a frame of type %d, %d bytes, is none of those written", f.Type, len(f.Payload))
		}
		got[w] = append(got[w], int(f.Payload[0]))
	}
	to.Close()
	writers.Wait()
	for w := range got {
		if !bytes.Equal(asBytes(got[w]), asBytes(sent[w])) {
			t.Errorf("writer %d sent %d, of which arrived %d", w, sent[w], got[w])
		}
	}
	if len(sent[1]) != frames || len(sent[2]) != frames {
		t.Errorf("of frames that could wait %d and %d were sent", len(sent[1]), len(sent[2]))
	}
}

func asBytes(n []int) []byte {
	b := make([]byte, len(n))
	for i := range n {
		b[i] = byte(n[i])
	}
	return b
}

// oneByte reads a byte at a time.
type oneByte struct{ io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.Reader.Read(p[:1]) }

// TestSoonBehindAWriter: what is sent soon is sent, whenever somebody else is writing.
func TestSoonBehindAWriter(t *testing.T) {
	leaktest.Check(t)
	from, to := smallSocket(t)
	s := newSender(settled(t, from))
	if !s.begin() {
		t.Fatal("somebody writes")
	}
	s.soon([]byte("first"))
	s.soon([]byte("pong"))
	s.end()
	got := make([]byte, 4)
	if _, err := io.ReadFull(to, got); err != nil || string(got) != "pong" {
		t.Fatalf("behind a writer came %q, %v", got, err)
	}
	for i := range 1000 {
		var both sync.WaitGroup
		both.Go(func() { s.write(t.Context(), []byte("output")) })
		both.Go(func() { s.soon([]byte("pong")) })
		got := make([]byte, len("output")+len("pong"))
		if _, err := io.ReadFull(to, got); err != nil || string(got) != "outputpong" && string(got) != "pongoutput" {
			t.Fatalf("%d: %q, %v", i, got, err)
		}
		both.Wait()
	}
	to.Close()
}

// TestSenderOfABrokenConnection says so to everyone.
func TestSenderOfABrokenConnection(t *testing.T) {
	leaktest.Check(t)
	from, to := smallSocket(t)
	s := newSender(settled(t, from))
	to.Close()
	if s.try([]byte("x")) {
		t.Error("a frame was sent to nobody")
	}
	if err := s.write(t.Context(), []byte("y")); err == nil {
		t.Error("a frame was written to nobody")
	}
}

// settled is a connection as the server has it.
func settled(t *testing.T, c net.Conn) wire {
	t.Helper()
	w, err := settle(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}
