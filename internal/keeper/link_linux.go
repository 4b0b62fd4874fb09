package keeper

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// talk handles what a server's socket is ready for.
func (k *keeper) talk(s *server) {
	k.send(s)
	// A server that does not read what it asked for is not heard either. After
	// a while it is the turn of whatever else has happened.
	for range 64 {
		if len(s.replies) > 0 || !k.receive(s) {
			return
		}
		k.send(s)
	}
}

// receive takes a message from a server and reports whether there may be more.
func (k *keeper) receive(s *server) bool {
	if s.sock < 0 {
		return false
	}
	n, oobn, flags, _, err := unix.Recvmsg(s.sock, k.packet[:], k.oob[:], unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	switch {
	case errors.Is(err, unix.EINTR):
		return true
	case errors.Is(err, unix.EAGAIN):
		return false
	case err != nil || n == 0:
		k.linkEnded(s)
		return false
	}
	s.heard, s.pinged = time.Now(), time.Time{}
	if s.complained {
		s.complained = false
		k.logf("server %d answers again", s.pid)
	}
	fds := passed(k.oob[:oobn])
	m, _, err := decodeMessage(k.packet[:n])
	if err == nil && flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
		err = errNoFiles
	}
	if err == nil {
		fds, err = k.handle(s, &m, fds)
	}
	closeAll(fds)
	if err != nil && m.seq == 0 {
		k.logf("server %d: %v", s.pid, err)
	}
	if m.seq != 0 && (err != nil || s.upgrade == nil || s.upgrade.seq != m.seq) {
		s.replies = append(s.replies, &message{kind: kindReply, seq: m.seq, text: clip(err)})
	}
	return true
}

// linkEnded is called when a server closed its end: it is dead, which the end
// of the process tells, or must be soon.
func (k *keeper) linkEnded(s *server) {
	k.closeLink(s)
	s.until = time.Now().Add(k.cfg.ExitPatience)
}

// passed returns the descriptors that came with a message.
func passed(oob []byte) (fds []int) {
	all, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return nil
	}
	for i := range all {
		if got, err := unix.ParseUnixRights(&all[i]); err == nil {
			fds = append(fds, got...)
		}
	}
	return fds
}

func clip(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	return text[:min(len(text), maxText)]
}

// handle does what a message says. It returns the descriptors that it has no
// use for.
func (k *keeper) handle(s *server, m *message, fds []int) ([]int, error) {
	switch m.kind {
	case kindHold:
		if len(m.sessions) != 1 || len(m.sessions[0].fds) != len(fds) {
			return fds, errDamaged
		}
		m.sessions[0].fds = fds
		if err := k.hold(s, m.sessions[0]); err != nil {
			return fds, err
		}
		return nil, nil
	case kindListen:
		k.pollListeners(false)
		closeAll(k.listeners)
		k.listeners = fds
		k.setNonblock()
		return nil, nil
	case kindReady:
		k.isReady(s)
	case kindLeave:
		s.leaving, s.why = leaving(m.how), m.text
	case kindUpgrade:
		return fds, k.startUpgrade(s, m)
	case kindPong:
	case kindUpdate, kindEnded, kindDrop, kindAdopting, kindAdopted:
		return fds, k.handleOne(s, m)
	default:
		return fds, fmt.Errorf("the keeper does not know message %d: it is older than its server", m.kind)
	}
	return fds, nil
}

// handleOne does what a message says of one session.
func (k *keeper) handleOne(s *server, m *message) error {
	h := k.held[m.id]
	if h == nil {
		return fmt.Errorf("the keeper has no session %q", m.id)
	}
	switch m.kind {
	case kindUpdate:
		h.record = m.record
	case kindEnded:
		k.ended(h, m.status, s)
	case kindDrop:
		k.drop(h)
	case kindAdopting:
		h.adopting = s
	case kindAdopted:
		h.adopting, h.faults, h.kills = nil, 0, 0
	}
	return nil
}

// told reports whether a server knows all that there is to know.
func (s *server) told() bool {
	return s.packet == nil && len(s.replies) == 0 && s.handed && len(s.news) == 0
}

// send sends a server what there is to tell, as much as its socket takes, and
// has the socket polled for what is next.
func (k *keeper) send(s *server) {
	if s.sock < 0 {
		return
	}
	if !s.retryAt.IsZero() && time.Now().Before(s.retryAt) {
		return
	}
	s.retryAt = time.Time{}
	full := false
	for !full && (s.packet != nil || k.compose(s)) {
		err := unix.Sendmsg(s.sock, s.packet, s.rights, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		switch {
		case err == nil:
			s.packet, s.rights = nil, nil
			s.sent()
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			full = true
		case errors.Is(err, unix.ETOOMANYREFS), errors.Is(err, unix.ENOMEM), errors.Is(err, unix.ENOBUFS):
			// Too many descriptors are on their way: the server has to take some.
			s.retryAt = time.Now().Add(10 * time.Millisecond)
			return
		default: // it is gone; its end says the rest
			s.packet, s.replies, s.hand, s.handed = nil, nil, nil, true
			clear(s.news)
			return
		}
	}
	var want uint32
	if len(s.replies) == 0 {
		want = unix.EPOLLIN
	}
	if s.packet != nil {
		want |= unix.EPOLLOUT
	}
	if want != s.polled {
		k.watch(unix.EPOLL_CTL_MOD, s.sock, want)
		s.polled = want
	}
}

// compose makes the next message to a server, if there is one: replies first,
// then all that is held, then what has changed since.
func (k *keeper) compose(s *server) bool {
	switch {
	case len(s.replies) > 0:
		s.put(s.replies[0], nil, func() { s.replies = s.replies[1:] })
	case !s.handed && len(s.hand) == 0:
		s.put(&message{kind: kindAll}, nil, func() {
			s.handed = true
			debug.FreeOSMemory() // what the batches took
		})
	case !s.handed:
		k.composeBatch(s)
	default:
		for h, st := range s.news {
			s.put(&message{kind: kindEvent, id: h.id, status: st}, nil, func() {
				if s.news[h] == st {
					delete(s.news, h)
				}
			})
			return true
		}
		return false
	}
	return true
}

func (s *server) put(m *message, fds []int, sent func()) {
	s.packet, s.sent = m.encode(), sent
	if len(fds) > 0 {
		s.rights = unix.UnixRights(fds...)
	}
}

// composeBatch makes a message of as many sessions as fit.
func (k *keeper) composeBatch(s *server) {
	batch, fds := batchOf(s.hand, maxPassed)
	var m message
	m.kind = kindHeld
	for _, h := range batch {
		m.sessions = append(m.sessions, h.session)
		delete(s.news, h) // it is in the batch
	}
	s.put(&m, fds, func() { s.hand = s.hand[len(batch):] })
}

// forget takes a session out of what a server is to be told. A message that
// waits to be sent may have its descriptors: it is made again.
func (s *server) forget(h *held) {
	delete(s.news, h)
	s.hand = slices.DeleteFunc(s.hand, func(other *held) bool { return other == h })
	s.packet = nil
}

// batchOf returns the first sessions that go into one message, and their
// descriptors.
func batchOf(all []*held, most int) (batch []*held, fds []int) {
	size := 0
	for _, h := range all {
		size += len(h.record) + maxID + 100
		if len(fds)+len(h.fds) > most || size > batchBytes {
			break
		}
		batch = append(batch, h)
		fds = append(fds, h.fds...)
	}
	return batch, fds
}
