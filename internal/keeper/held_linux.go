package keeper

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// held is what the keeper has of one session.
type held struct {
	session
	number   uint64  // in the order in which they came
	parent   *server // whose child the program is; nil for this process's, or nobody's
	adopting *server // which is at it; nil for none
	asked    int     // how often, how its program ended, which was nobody's child
}

// pidfdOf returns the program's pidfd, -1 if there is none.
func (h *held) pidfdOf() int {
	if !h.pidfd {
		return -1
	}
	return h.fds[len(h.fds)-1]
}

// hold takes a session with its descriptors, in place of one with that ID.
func (k *keeper) hold(from *server, s session) error {
	old := k.held[s.id]
	if old == nil && len(k.held) >= k.cfg.MaxSessions {
		return fmt.Errorf("%d sessions are kept already, and no more can be", len(k.held))
	}
	if k.files+len(s.fds) > k.maxFiles {
		k.maxFiles = maxFiles() // somebody may have raised it (prlimit)
	}
	if k.files+len(s.fds) > k.maxFiles {
		return errNoFiles
	}
	h := &held{session: s, parent: from}
	if old != nil {
		h.number = old.number
		k.drop(old)
	} else {
		k.count++
		h.number = k.count
	}
	if err := k.add(h); err != nil {
		return err
	}
	k.store(h)
	return nil
}

// errNoFiles is returned when the keeper has as many files open as it may.
var errNoFiles = errors.New("the keeper may open no more files: raise its limit of open files (prlimit --pid)")

// add enters a session into the tables and has its program watched.
func (k *keeper) add(h *held) error {
	k.held[h.id] = h
	k.files += len(h.fds)
	if h.end != nil || h.pid == 0 {
		return nil
	}
	k.byPID[h.pid] = h
	fd := h.pidfdOf()
	if fd < 0 {
		return nil
	}
	k.byFD[fd] = h
	// Only the change counts: a pidfd stays ready, also while the program is a
	// zombie that the server has yet to wait for.
	if err := k.watch(unix.EPOLL_CTL_ADD, fd, unix.EPOLLIN|unix.EPOLLET); err != nil {
		k.drop(h)
		return err
	}
	return nil
}

// drop lets go of a session.
func (k *keeper) drop(h *held) {
	k.unwatch(h)
	k.unstore(h)
	closeAll(h.fds)
	k.files -= len(h.fds)
	h.fds, h.pidfd = nil, false
	if k.held[h.id] == h {
		delete(k.held, h.id)
	}
	for _, s := range k.servers {
		s.forget(h)
	}
}

func (k *keeper) unwatch(h *held) {
	if k.byPID[h.pid] == h {
		delete(k.byPID, h.pid)
	}
	if fd := h.pidfdOf(); fd >= 0 && k.byFD[fd] == h {
		// Closing does not end it: a server has the same pidfd open.
		k.watch(unix.EPOLL_CTL_DEL, fd, 0)
		delete(k.byFD, fd)
	}
}

// ended notes how a session's program ended and tells the servers, but not the
// one that said so.
func (k *keeper) ended(h *held, st Status, from *server) {
	if h.end != nil {
		return
	}
	k.unwatch(h)
	h.end = &st
	k.tell(h, st, from)
}

func (k *keeper) tell(h *held, st Status, from *server) {
	for _, s := range k.servers {
		if s != from && s.sock >= 0 {
			s.news[h] = st
		}
	}
}

// reap waits for all children that ended, were stopped or went on. It looks
// first who it is: a held program is then waited for by its pidfd, since its
// pid may be another process's by now.
func (k *keeper) reap() {
	for {
		pid, _, err := waitFor(unix.P_ALL, 0, unix.WNOWAIT)
		if err != nil || pid == 0 {
			return
		}
		if h := k.byPID[pid]; h != nil && k.collect(h) {
			continue
		}
		_, st, err := waitFor(unix.P_PID, pid, 0)
		if s := k.servers[pid]; s != nil && err == nil && st.Ended() {
			k.serverEnded(s, st)
		}
	}
}

// collect asks how the program of h is, and reports whether that was a change
// in a child of this process.
func (k *keeper) collect(h *held) bool {
	if h.end != nil || h.pid == 0 {
		return false
	}
	kind, id := unix.P_PID, h.pid
	if fd := h.pidfdOf(); fd >= 0 {
		kind, id = unix.P_PIDFD, fd
	}
	pid, st, err := waitFor(kind, id, 0)
	switch {
	case err == nil && pid != 0:
		h.parent = nil
		if st.Ended() {
			k.ended(h, st, nil)
		} else {
			k.tell(h, st, nil)
		}
		return true
	case errors.Is(err, unix.ECHILD) && h.parent == nil && gone(h):
		k.askAfter(h)
	}
	return false
}

const (
	askAgain = 20 * time.Millisecond // see askAfter
	askMost  = 50
)

// askAfter finds out how a program ended whose parent is, or was, another
// process. Linux knows once that one has waited, which may be a moment later
// and is no event.
func (k *keeper) askAfter(h *held) {
	st, later := lastWords(h.pid, h.pidfdOf())
	if later && h.asked < askMost {
		h.asked++
		k.unsure = append(k.unsure, h)
		k.askAt = time.Now().Add(askAgain)
		return
	}
	k.ended(h, st, nil)
}

// askAll asks again after all programs of which it is not known how they ended,
// and returns when to do so next.
func (k *keeper) askAll(now time.Time) time.Time {
	if len(k.unsure) > 0 && !now.Before(k.askAt) {
		unsure := k.unsure
		k.unsure = nil
		for _, h := range unsure {
			if k.held[h.id] == h {
				k.collect(h)
			}
		}
	}
	if len(k.unsure) == 0 {
		return time.Time{}
	}
	return k.askAt
}

// gone reports whether a program that is not our child has ended.
func gone(h *held) bool {
	fd := h.pidfdOf()
	if fd < 0 {
		return errors.Is(unix.Kill(h.pid, 0), unix.ESRCH)
	}
	poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(poll, 0)
	return err == nil && n > 0
}

// waitFor waits, without waiting, for a change in a child. The pid is 0 if
// there is none.
func waitFor(kind, id, options int) (pid int, st Status, err error) {
	var info unix.Siginfo
	options |= unix.WEXITED | unix.WSTOPPED | unix.WCONTINUED | unix.WNOHANG
	for {
		err = unix.Waitid(kind, id, &info, options, nil)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return 0, Status{}, err
	}
	// siginfo_t of SIGCHLD: pid, uid and status behind three ints, which on 64
	// bits are padded to the size of two words.
	const at = 4 * (3 + ^uintptr(0)>>63)
	fields := (*[3]int32)(unsafe.Add(unsafe.Pointer(&info), at))
	return int(fields[0]), statusOf(info.Code, fields[2]), nil
}

// What si_code says of a child (waitid(2)).
const (
	cldExited = 1 + iota
	cldKilled
	cldDumped
	cldTrapped
	cldStopped
	cldContinued
)

// statusOf makes of what waitid says the status that wait4 would have said.
func statusOf(code, status int32) Status {
	st := Status{Known: true}
	switch code {
	case cldExited:
		st.Wait = syscall.WaitStatus(status&0xff) << 8
	case cldKilled:
		st.Wait = syscall.WaitStatus(status & 0x7f)
	case cldDumped:
		st.Wait = syscall.WaitStatus(status&0x7f) | 0x80
	case cldStopped, cldTrapped:
		st.Wait = syscall.WaitStatus(status&0xff)<<8 | 0x7f
	case cldContinued:
		st.Wait = 0xffff
	}
	return st
}

// pidfdInfo is struct pidfd_info as it was at first (linux/pidfd.h).
type pidfdInfo struct {
	mask   uint64
	_      uint64     // cgroup
	_      [11]uint32 // pid and credentials
	status int32
}

// pidfdGetInfo is _IOWR(0xff, 11, struct pidfd_info): the size is part of the
// number, and the kernel takes each that it ever had.
const pidfdGetInfo = unix.PIDFD_GET_INFO&^(0x1fff<<16) | unix.PIDFD_INFO_SIZE_VER0<<16

// lastWords returns the status of a program whose parent is another process, or
// that it may be known later. Once the parent has waited, Linux tells it from
// 6.15 on; until then /proc has it.
func lastWords(pid, pidfd int) (st Status, later bool) {
	info := pidfdInfo{mask: unix.PIDFD_INFO_EXIT}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(pidfd), pidfdGetInfo, uintptr(unsafe.Pointer(&info)))
	if errno == 0 && info.mask&unix.PIDFD_INFO_EXIT != 0 {
		return Status{Known: true, Wait: syscall.WaitStatus(info.status)}, false
	}
	if status, ok := zombieStatus(pid); ok && unix.PidfdSendSignal(pidfd, 0, nil, 0) == nil {
		return Status{Known: true, Wait: status}, false
	}
	return Status{}, errno == 0
}

// zombieStatus returns the status of a process for which nobody has waited
// (proc_pid_stat(5), fields 3 and 52).
func zombieStatus(pid int) (syscall.WaitStatus, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from the third on
	if len(fields) < 50 || string(fields[0]) != "Z" {
		return 0, false
	}
	status, err := strconv.ParseUint(string(fields[49]), 10, 32)
	return syscall.WaitStatus(status), err == nil
}
