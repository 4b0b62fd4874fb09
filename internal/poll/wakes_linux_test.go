package poll

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Who reads what was written to a File makes room, which is no news for it.
func TestRoomIsNoNews(t *testing.T) {
	a, b := pair(t)
	outer := epoll(t, a.in)
	buf := make([]byte, 10)
	for range 3 {
		if _, err := a.TryWrite([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if n, err := b.Read(buf); n != 1 || err != nil {
			t.Fatalf("Read = %d, %v", n, err)
		}
		if news(t, outer) {
			t.Fatal("the other end's read is news")
		}
	}
	if _, err := b.TryWrite([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if !news(t, outer) {
		t.Error("something to read is no news")
	}
}

// While a File is mute nothing to read is news; what is left is when it no longer is.
func TestMute(t *testing.T) {
	a, b := pair(t)
	outer := epoll(t, a.in)
	news(t, outer)
	a.Mute()
	if _, err := b.TryWrite([]byte("xy")); err != nil {
		t.Fatal(err)
	}
	if news(t, outer) {
		t.Error("a mute file has news")
	}
	buf := make([]byte, 1)
	if n, err := a.TryRead(buf); n != 1 || err != nil {
		t.Errorf("TryRead = %d, %v", n, err)
	}
	a.Unmute()
	if !news(t, outer) {
		t.Error("what came meanwhile is no news")
	}
	if n, err := a.Read(buf); n != 1 || err != nil || buf[0] != 'y' {
		t.Errorf("Read = %q, %v", buf[:n], err)
	}
	waits := begin(func() (int, error) { return a.Read(buf) })
	if _, err := b.TryWrite([]byte("z")); err != nil {
		t.Fatal(err)
	}
	if r := await(t, waits); r.n != 1 || r.err != nil {
		t.Errorf("Read = %d, %v", r.n, r.err)
	}
}

func TestReadMakesNoGarbage(t *testing.T) {
	a, b := pair(t)
	buf, x := make([]byte, 10), []byte("x")
	if n := testing.AllocsPerRun(100, func() {
		b.TryWrite(x)
		a.Read(buf)
	}); n > 0 {
		t.Errorf("a write and a read make %v allocations", n)
	}
}

// epoll asks for all news of a waiter, as Go's poller does.
func epoll(t *testing.T, w *waiter) int {
	t.Helper()
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(ep) })
	w.raw.Control(func(fd uintptr) {
		const all = unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET&0xffffffff
		err = unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{Events: all})
	})
	if err != nil {
		t.Fatal(err)
	}
	return ep
}

func news(t *testing.T, ep int) bool {
	t.Helper()
	n, err := unix.EpollWait(ep, make([]unix.EpollEvent, 1), 0)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func newSet(t *testing.T) *Set {
	t.Helper()
	s, err := NewSet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func TestSetTellsWhatIsReady(t *testing.T) {
	s := newSet(t)
	r1, w1 := pipe(t)
	r2, w2 := pipe(t)
	for i, r := range []*os.File{r1, r2} {
		if err := s.Want(i, int(r.Fd()), true, false); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Want(2, int(w1.Fd()), false, true); err != nil {
		t.Fatal(err)
	}
	w2.WriteString("x")
	if err := s.Wait(-1); err != nil {
		t.Fatal(err)
	}
	for i, want := range [][2]bool{{}, {true, false}, {false, true}} {
		if read, write := s.Ready(i); read != want[0] || write != want[1] {
			t.Errorf("slot %d: Ready = %v, %v", i, read, write)
		}
	}

	// What is not wanted any more ends no wait.
	s.Want(1, int(r2.Fd()), false, false)
	s.Want(2, -1, false, false)
	if err := s.Wait(0); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if read, write := s.Ready(i); read || write {
			t.Errorf("slot %d is ready", i)
		}
	}

	// One whose other end is gone is ready.
	w1.Close()
	s.Wait(-1)
	if read, _ := s.Ready(0); !read {
		t.Error("a pipe that was closed is not ready")
	}
}

// A wait that is eager behaves as one that is not.
func TestEagerWaits(t *testing.T) {
	s := newSet(t)
	r, w := pipe(t)
	s.Want(0, int(r.Fd()), true, false)
	var b [1]byte
	round := func() {
		t.Helper()
		done := begin(func() (int, error) {
			for {
				if err := s.Wait(-1); err != nil {
					return 0, err
				}
				if ready, _ := s.Ready(0); ready {
					return 1, nil
				}
			}
		})
		w.WriteString("x")
		if got := await(t, done); got.err != nil {
			t.Fatal(got.err)
		}
		r.Read(b[:])
	}
	round()
	s.parked = settled // as if nothing had come for long
	round()
	if !s.eager {
		t.Skip("there is one processor only") // TestOneProcessorStays
	}
	round()
	if err := s.Wait(time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if read, _ := s.Ready(0); read {
		t.Error("a wait that brought nothing found something")
	}
	s.news = time.Now().Add(-eagerFor)
	s.Wait(time.Millisecond)
	if s.eager || held.Load() != 0 {
		t.Error("an eager wait does not end")
	}
	round()
}

// Eager waits leave a processor to everybody else.
func TestOneProcessorStays(t *testing.T) {
	before := held.Load()
	var all []*Set
	for range 64 {
		s := newSet(t)
		s.beginEager()
		all = append(all, s)
	}
	ran := make(chan result, 1)
	go func() { ran <- result{} }()
	await(t, ran)
	for _, s := range all {
		s.endEager()
	}
	if held.Load() != before {
		t.Errorf("%d processors are still held", held.Load())
	}
}
