package poll

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair returns both ends of a connection.
func pair(t *testing.T) (a, b *File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var ends [2]*File
	for i, fd := range fds {
		if ends[i], err = New(fd); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { ends[i].Close() })
	}
	return ends[0], ends[1]
}

// result is what a call in another goroutine returned.
type result struct {
	n   int
	err error
}

func begin(call func() (int, error)) <-chan result {
	done := make(chan result, 1)
	go func() {
		n, err := call()
		done <- result{n, err}
	}()
	return done
}

func await(t *testing.T, done <-chan result) result {
	t.Helper()
	select {
	case r := <-done:
		return r
	case <-time.After(10 * time.Second):
		t.Fatal("the call does not return")
		return result{}
	}
}

func TestReadWaits(t *testing.T) {
	a, b := pair(t)
	buf := make([]byte, 10)
	for range 1000 { // each news counts, whenever it comes
		done := begin(func() (int, error) { return a.Read(buf) })
		if _, err := b.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if r := await(t, done); r.n != 1 || r.err != nil {
			t.Fatalf("Read = %d, %v", r.n, r.err)
		}
	}
	b.Close()
	if n, err := a.Read(buf); n != 0 || err != io.EOF {
		t.Errorf("Read behind the end = %d, %v", n, err)
	}
}

func TestTryDoesNotWait(t *testing.T) {
	a, b := pair(t)
	if n, err := a.TryRead(make([]byte, 1)); n != 0 || err != nil {
		t.Errorf("TryRead of nothing = %d, %v", n, err)
	}
	for chunk, n := make([]byte, 4096), 1; n > 0; {
		var err error
		if n, err = a.TryWrite(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := a.TryWrite([]byte("x")); n != 0 || err != nil {
		t.Errorf("TryWrite without room = %d, %v", n, err)
	}
	b.Close()
	if _, err := a.TryWrite([]byte("x")); err == nil {
		t.Error("TryWrite to nobody does not fail")
	}
}

// A write waits for room as often as that takes.
func TestWriteWaits(t *testing.T) {
	a, b := pair(t)
	sent := make([]byte, 4<<20)
	for i := range sent {
		sent[i] = byte(i >> 8)
	}
	done := begin(func() (int, error) { return a.Write(sent) })
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(b, got); err != nil {
		t.Fatal(err)
	}
	if r := await(t, done); r.n != len(sent) || r.err != nil {
		t.Errorf("Write = %d, %v", r.n, r.err)
	}
	if !bytes.Equal(got, sent) {
		t.Error("what was read is not what was written")
	}
}

func TestDeadlines(t *testing.T) {
	a, _ := pair(t)
	reading := begin(func() (int, error) { return a.Read(make([]byte, 1)) })
	a.SetReadDeadline(time.Unix(1, 0))
	if r := await(t, reading); !errors.Is(r.err, os.ErrDeadlineExceeded) {
		t.Errorf("Read = %v", r.err)
	}
	a.SetReadDeadline(time.Time{})

	writing := begin(func() (int, error) { return a.Write(make([]byte, 4<<20)) })
	a.SetWriteDeadline(time.Unix(1, 0))
	if r := await(t, writing); !errors.Is(r.err, os.ErrDeadlineExceeded) || r.n == 0 {
		t.Errorf("Write = %d, %v", r.n, r.err)
	}
}

func TestCloseEndsWaits(t *testing.T) {
	a, _ := pair(t)
	for n := 1; n > 0; {
		n, _ = a.TryWrite(make([]byte, 4096))
	}
	reading := begin(func() (int, error) { return a.Read(make([]byte, 1)) })
	writing := begin(func() (int, error) { return a.Write([]byte("x")) })
	a.Close()
	for _, done := range []<-chan result{reading, writing} {
		if r := await(t, done); !errors.Is(r.err, os.ErrClosed) {
			t.Errorf("a call that waited = %v", r.err)
		}
	}
	if err := a.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("second Close = %v", err)
	}
	if err := a.Control(func(int) error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Control = %v", err)
	}
}
