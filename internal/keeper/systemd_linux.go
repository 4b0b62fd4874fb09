package keeper

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// FromSystemd returns what systemd gave this process, and removes it from the
// environment. It can be called once.
func FromSystemd() Systemd {
	s := Systemd{Notify: os.Getenv(notifyVariable)}
	pid, _ := strconv.Atoi(os.Getenv("LISTEN_PID"))
	count, _ := strconv.Atoi(os.Getenv("LISTEN_FDS"))
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	for _, name := range systemdVariables {
		os.Unsetenv(name)
	}
	if pid != os.Getpid() {
		return s
	}
	stored := map[string]*os.File{}
	for i := range count {
		fd := linkFD + i
		unix.CloseOnExec(fd)
		name := ""
		if i < len(names) {
			name = names[i]
		}
		file := os.NewFile(uintptr(fd), name)
		switch {
		case !strings.HasPrefix(name, storedPrefix):
			s.Listeners = append(s.Listeners, file)
		case stored[name] != nil:
			file.Close()
		default:
			stored[name] = file
		}
	}
	s.Sessions = sessionsOf(stored)
	return s
}

// Names of stored descriptors are this, which of a session's it is or "p" for
// its pidfd, a dot and the session's ID.
const storedPrefix = "xsh-kept."

func storedName(h *held, i int) string {
	which := strconv.Itoa(i)
	if h.fds[i] == h.pidfdOf() {
		which = "p"
	}
	return storedPrefix + which + "." + h.id
}

// sessionsOf puts the stored descriptors of each session together.
func sessionsOf(stored map[string]*os.File) []Session {
	byID := map[string]*Session{}
	var ids []string
	for name, file := range stored {
		which, id, _ := strings.Cut(strings.TrimPrefix(name, storedPrefix), ".")
		if byID[id] == nil {
			byID[id] = &Session{ID: id, Files: make([]*os.File, MaxFiles)}
			ids = append(ids, id)
		}
		s := byID[id]
		if which == "p" {
			s.Pidfd, s.PID = file, pidOf(file)
		} else if i, err := strconv.Atoi(which); err == nil && i >= 0 && i < MaxFiles {
			s.Files[i] = file
		}
	}
	slices.Sort(ids)
	var all []Session
	for _, id := range ids {
		s := byID[id]
		s.Files = slices.DeleteFunc(s.Files, func(f *os.File) bool { return f == nil })
		all = append(all, *s)
	}
	return all
}

// pidOf returns the pid of a pidfd's process; -1 if the process is no more, 0
// without /proc.
func pidOf(pidfd *os.File) int {
	info, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", descriptor(pidfd)))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(info)) {
		if text, ok := strings.CutPrefix(line, "Pid:"); ok {
			pid, _ := strconv.Atoi(strings.TrimSpace(text))
			return pid
		}
	}
	return 0
}

// notice is what systemd is to be told: a line of sd_notify, with descriptor i
// of a session if there is one.
type notice struct {
	text string
	h    *held
	i    int
}

// maxNotices is how many wait for a systemd that does not read.
const maxNotices = 4 * 4096

// store has systemd store a session's descriptors, for a keeper that dies. A
// pty whose program has ended polls as hung up, and is to be stored all the same.
func (k *keeper) store(h *held) {
	if k.cfg.Notify == "" {
		return
	}
	for i := range h.fds {
		k.notify(notice{"FDSTORE=1\nFDPOLL=0\nFDNAME=" + storedName(h, i), h, i})
	}
}

func (k *keeper) unstore(h *held) {
	if k.cfg.Notify == "" {
		return
	}
	for i := range h.fds {
		k.notify(notice{text: "FDSTOREREMOVE=1\nFDNAME=" + storedName(h, i)})
	}
}

// notify tells systemd something, now or when it reads again.
func (k *keeper) notify(n notice) {
	if k.cfg.Notify == "" {
		return
	}
	if len(k.notices) == maxNotices {
		k.logf("systemd does not read what it is told")
		k.notices = nil
	}
	k.notices = append(k.notices, n)
	if len(k.notices) == 1 {
		k.sendNotices(time.Now())
	}
}

// sendNotices tells systemd what it takes, and returns when to go on.
func (k *keeper) sendNotices(now time.Time) time.Time {
	if len(k.notices) > 0 && k.notifySocket == 0 {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			k.noticeAt = now.Add(time.Second)
			return k.noticeAt
		}
		k.notifySocket = fd
	}
	for len(k.notices) > 0 {
		if now.Before(k.noticeAt) {
			return k.noticeAt
		}
		n := k.notices[0]
		var rights []byte
		if n.h != nil {
			if k.held[n.h.id] != n.h { // dropped since
				k.notices = k.notices[1:]
				continue
			}
			rights = unix.UnixRights(n.h.fds[n.i])
		}
		err := unix.Sendmsg(k.notifySocket, []byte(n.text), rights, &unix.SockaddrUnix{Name: k.cfg.Notify}, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ETOOMANYREFS) {
			k.noticeAt = now.Add(20 * time.Millisecond)
			return k.noticeAt
		}
		if err != nil {
			k.logf("tell systemd: %v", err)
		}
		k.notices = k.notices[1:]
	}
	k.notices = nil
	return time.Time{}
}

// takeStored takes over the sessions that systemd stored.
func (k *keeper) takeStored() {
	for i := range k.cfg.Sessions {
		s, files := k.cfg.Sessions[i].wire()
		s.fds = nil
		for _, f := range files {
			if fd, err := unix.FcntlInt(uintptr(descriptor(f)), unix.F_DUPFD_CLOEXEC, linkFD); err == nil {
				s.fds = append(s.fds, fd)
			}
			f.Close()
		}
		if len(s.fds) != len(files) {
			closeAll(s.fds)
			k.logf("session %s that systemd kept is lost: %v", s.id, errNoFiles)
			continue
		}
		if s.pid < 0 { // it ended, and only the pidfd knows how
			s.pid = 0
			st, _ := lastWords(0, s.fds[len(s.fds)-1])
			s.end = &st
		}
		k.goOnHolding(s, nil)
	}
	k.cfg.Sessions = nil
}
