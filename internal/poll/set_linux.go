package poll

import (
	"errors"
	"os"
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Set waits for several descriptors at once. One goroutine uses it.
type Set struct {
	ep         int     // has the descriptors
	wait       *waiter // has ep, but while eager
	eager      bool    // waits hold their thread; see stay
	slots      [SetSize]slot
	parked     time.Duration // how long the last wait was in Go's poller
	news       time.Time     // when something came last, while eager
	interrupts int           // since then
	until      time.Time     // when a wait ends at the latest; zero for never

	events [SetSize]unix.EpollEvent
	n      int
	err    error
	look   func(uintptr) bool // made once
}

// SetSize is how many slots a Set has for descriptors.
const SetSize = 8

type slot struct {
	fd     int
	wanted uint32 // 0: the descriptor is not in the set
	ready  uint32
}

// NewSet returns an empty Set, which its user closes.
func NewSet() (*Set, error) {
	ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	w, err := newWaiter()
	if err != nil {
		unix.Close(ep)
		return nil, err
	}
	s := &Set{ep: ep, wait: w}
	if err := w.add(ep, unix.EPOLLIN); err != nil {
		s.Close()
		return nil, err
	}
	s.look = func(uintptr) bool {
		s.n, s.err = s.harvest(0)
		return s.n > 0 || s.err != nil
	}
	return s, nil
}

// harvest asks what is ready, and waits for it.
func (s *Set) harvest(millis int) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(s.ep), uintptr(unsafe.Pointer(&s.events)), SetSize, uintptr(millis), 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
		s.interrupts++
		return 0, nil // news of a signal comes over a descriptor
	}
	return 0, errno
}

// Want says what to wait for in a slot: nothing for a negative descriptor, or if
// neither is wanted. A descriptor must be taken out before it is closed, or
// before its slot is used for one that was opened then.
func (s *Set) Want(i, fd int, read, write bool) error {
	slot := &s.slots[i]
	var wanted uint32
	if fd >= 0 && read {
		wanted |= unix.EPOLLIN
	}
	if fd >= 0 && write {
		wanted |= unix.EPOLLOUT
	}
	if wanted == slot.wanted && (fd == slot.fd || wanted == 0) {
		return nil
	}
	if slot.wanted != 0 && (wanted == 0 || fd != slot.fd) {
		s.control(unix.EPOLL_CTL_DEL, i, 0) // one that was closed has left by itself
		slot.wanted = 0
	}
	if wanted == 0 {
		return nil
	}
	op := unix.EPOLL_CTL_ADD
	if slot.wanted != 0 {
		op = unix.EPOLL_CTL_MOD
	}
	slot.fd = fd
	if err := s.control(op, i, wanted); err != nil {
		return err
	}
	slot.wanted = wanted
	return nil
}

func (s *Set) control(op, i int, events uint32) error {
	return unix.EpollCtl(s.ep, op, s.slots[i].fd, &unix.EpollEvent{Events: events, Fd: int32(i)})
}

// Wait waits until something wanted is there, or for as long as timeout says; a
// negative one is for ever. It may also end early with nothing.
func (s *Set) Wait(timeout time.Duration) error {
	for i := range s.slots {
		s.slots[i].ready = 0
	}
	if s.stay(timeout); !s.eager {
		if err := s.park(timeout); err != nil {
			return err
		}
	}
	for _, e := range s.events[:s.n] {
		s.slots[e.Fd].ready = e.Events
	}
	return s.err
}

const (
	// eagerFor is how long waits are eager behind the last piece of news.
	eagerFor = time.Second

	// settled is how long a wait in Go's poller must have lasted before the next
	// one is eager. The scheduler's monitor thread sleeps by then, if nothing else
	// goes on. It does not go to sleep while a processor is held, but looks at
	// that every 10 ms and interrupts its thread.
	settled = 20 * time.Millisecond

	// maxInterrupts is how often eager waits are interrupted before they end, so
	// that the monitor can go to sleep.
	maxInterrupts = 3
)

// held counts the processors, in the scheduler's sense, that eager waits hold.
var held atomic.Int32

// stay waits eagerly, if something came not long ago: it keeps the goroutine's
// thread, and the processor as well, so that a key's echo and the next key find
// the goroutine where it waits, and the scheduler has no part in it. The thread
// sleeps. One processor at least stays for everybody else.
func (s *Set) stay(timeout time.Duration) {
	if !s.eager && s.n > 0 && s.parked >= settled {
		s.beginEager()
	}
	s.n, s.err = 0, nil
	if !s.eager {
		return
	}
	wait := eagerFor
	if timeout >= 0 {
		wait = min(wait, timeout)
	}
	s.n, s.err = s.harvest(int((wait + time.Millisecond - 1) / time.Millisecond))
	if now := time.Now(); s.n > 0 {
		s.news, s.interrupts = now, 0
	} else if now.Sub(s.news) >= eagerFor || s.interrupts >= maxInterrupts {
		s.endEager()
	}
}

func (s *Set) beginEager() {
	if int(held.Add(1)) >= runtime.GOMAXPROCS(0) {
		held.Add(-1)
		return
	}
	s.eager, s.news, s.interrupts = true, time.Now(), 0
	s.wait.change(s.ep, 0) // or Go's poller would wake as well
	// Our thread may be the one that watched Go's poller. Whoever runs this
	// goroutine does so from now on.
	go func() {}()
}

func (s *Set) endEager() {
	if s.eager {
		s.eager = false
		s.wait.change(s.ep, unix.EPOLLIN)
		held.Add(-1)
	}
}

// park waits in Go's poller.
func (s *Set) park(timeout time.Duration) error {
	began := time.Now()
	if err := s.limit(began, timeout); err != nil {
		return err
	}
	err := s.wait.raw.Read(s.look)
	s.parked = time.Since(began)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}

// limit sets when the wait ends. An earlier end that was set for a wait before
// stays: to change it at each key costs more than a wait that ends for nothing.
func (s *Set) limit(now time.Time, timeout time.Duration) error {
	var until time.Time
	if timeout >= 0 {
		until = now.Add(timeout)
	}
	if s.until.After(now) && (until.IsZero() || !until.Before(s.until)) || s.until.IsZero() && until.IsZero() {
		return nil
	}
	s.until = until
	return s.wait.file.SetReadDeadline(until)
}

// Ready tells whether the last wait found a slot's descriptor ready to be read
// and written. One whose other end is gone is ready for what was wanted.
func (s *Set) Ready(i int) (read, write bool) {
	const gone = unix.EPOLLHUP | unix.EPOLLERR
	got, wanted := s.slots[i].ready, s.slots[i].wanted
	return wanted&unix.EPOLLIN != 0 && got&(unix.EPOLLIN|gone) != 0,
		wanted&unix.EPOLLOUT != 0 && got&(unix.EPOLLOUT|gone) != 0
}

// Close releases the Set.
func (s *Set) Close() {
	s.endEager()
	s.wait.close()
	unix.Close(s.ep)
}
