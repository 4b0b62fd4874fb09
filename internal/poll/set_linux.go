package poll

import (
	"errors"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Set waits for several descriptors at once. One goroutine uses it.
type Set struct {
	wait  *waiter
	slots [SetSize]slot
	until time.Time // when a wait ends at the latest; zero for never

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
	w, err := newWaiter()
	if err != nil {
		return nil, err
	}
	s := &Set{wait: w}
	s.look = func(ep uintptr) bool {
		s.n, s.err = s.harvest(ep)
		return s.n > 0 || s.err != nil
	}
	return s, nil
}

// harvest asks what is ready and does not wait.
func (s *Set) harvest(ep uintptr) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, ep, uintptr(unsafe.Pointer(&s.events)), SetSize, 0, 0, 0)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EINTR:
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
	var ctlErr error
	err := s.wait.raw.Control(func(ep uintptr) {
		ctlErr = unix.EpollCtl(int(ep), op, s.slots[i].fd, &unix.EpollEvent{Events: events, Fd: int32(i)})
	})
	return errors.Join(err, ctlErr)
}

// Wait waits until something wanted is there, or for as long as timeout says; a
// negative one is for ever. It may also end early with nothing.
func (s *Set) Wait(timeout time.Duration) error {
	for i := range s.slots {
		s.slots[i].ready = 0
	}
	s.n, s.err = 0, nil
	if err := s.limit(timeout); err != nil {
		return err
	}
	err := s.wait.raw.Read(s.look)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil
	case err != nil:
		return err
	}
	for _, e := range s.events[:s.n] {
		s.slots[e.Fd].ready = e.Events
	}
	return s.err
}

// limit sets when the wait ends. An earlier end that was set for a wait before
// stays: to change it at each key costs more than a wait that ends for nothing.
func (s *Set) limit(timeout time.Duration) error {
	now := time.Now()
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
func (s *Set) Close() { s.wait.close() }
