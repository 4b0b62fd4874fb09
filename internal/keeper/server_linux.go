package keeper

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// server is a server that runs, and what the keeper has yet to tell it.
type server struct {
	pid     int
	argv    []string
	sock    int // -1 when closed
	polled  uint32
	ready   time.Time // when it said so; zero before
	until   time.Time // by when it must be ready or gone; zero for no limit
	leaving leaving
	why     string // it leaves, or failed

	replies []*message       // at most one, and that of an upgrade
	hand    []*held          // not handed over yet
	handed  bool             // and it knows that this was all
	news    map[*held]Status // how programs are

	packet  []byte // the message that did not go out yet
	rights  []byte
	sent    func()    // when it did
	retryAt time.Time // it is not the socket that is full

	upgrade    *message  // what it asked for, while that is under way
	heard      time.Time // from it last
	pinged     time.Time // zero if it answered
	complained bool
}

// leaving is how a server that says so leaves.
type leaving int

const (
	leavingNot     leaving = iota
	leavingIdle            // it holds nothing, or what it holds can wait for a client
	leavingRestart         // another shall take its place at once
	leavingFailed          // it cannot serve
	leavingEnd             // and the keeper with it
)

// Names of the environment variables that tell a process what it inherited.
const (
	linkVariable  = "XSH_KEEPER"       // a server: the number of listening sockets behind linkFD
	stateVariable = "XSH_KEEPER_STATE" // a keeper: the descriptor of its state
)

// supervised is what follows the number in linkVariable under systemd.
const supervised = ":supervised"

// linkFD is a server's end of the socket to its keeper.
const linkFD = 3

// launch starts a server, which is handed all that is held. Its program is at
// path.
func (k *keeper) launch(path string, argv []string) (*server, error) {
	k.reap() // so that it gets the newest state of all
	s, err := k.spawn(path, argv)
	if err != nil {
		return nil, fmt.Errorf("start the server %s: %w", argv[0], err)
	}
	s.hand = slices.SortedFunc(maps.Values(k.held), func(a, b *held) int { return cmp.Compare(a.number, b.number) })
	k.servers[s.pid] = s
	return s, nil
}

// ownProgram is this process's program, wherever that is on disk by now.
const ownProgram = "/proc/self/exe"

// serverPath returns where the program of the server is. If it is this process's
// own, and another was put in its place, the one that runs is taken: the other
// may not know the state, and nobody has asked for an upgrade.
func (k *keeper) serverPath() string {
	path := k.cfg.Server[0]
	if k.own && !isFile(path, ownProgram) {
		return ownProgram
	}
	return path
}

// isFile reports whether a and b are paths of one file.
func isFile(a, b string) bool {
	var sa, sb unix.Stat_t
	return unix.Stat(a, &sa) == nil && unix.Stat(b, &sb) == nil && sa.Dev == sb.Dev && sa.Ino == sb.Ino
}

func (k *keeper) spawn(path string, argv []string) (*server, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(pair[1])
	files := []uintptr{0, 1, 2, uintptr(pair[1])}
	for _, fd := range k.listeners {
		files = append(files, uintptr(fd))
	}
	link := strconv.Itoa(len(k.listeners))
	if k.cfg.Notify != "" {
		link += supervised
	}
	pid, err := syscall.ForkExec(path, argv, &syscall.ProcAttr{
		Dir:   "/",
		Env:   withVariable(k.cfg.Env, linkVariable, link),
		Files: files,
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err == nil {
		err = k.watch(unix.EPOLL_CTL_ADD, pair[0], unix.EPOLLIN)
	}
	if err != nil {
		unix.Close(pair[0])
		return nil, err
	}
	raiseScore(pid, k.score)
	return newServer(pid, pair[0], argv), nil
}

func newServer(pid, sock int, argv []string) *server {
	return &server{
		pid: pid, argv: argv, sock: sock, polled: unix.EPOLLIN, news: map[*held]Status{}, heard: time.Now(),
	}
}

// withVariable returns env with one variable of ours in place of all of them.
func withVariable(env []string, name, value string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		return strings.HasPrefix(v, linkVariable) // both
	})
	return append(env, name+"="+value)
}

// attend does what a server's time has come for and returns when to look again.
func (k *keeper) attend(s *server, now time.Time) time.Time {
	if !s.until.IsZero() && !now.Before(s.until) {
		s.until = time.Time{}
		k.logf("server %d is not done in time and is killed", s.pid)
		if s == k.successor {
			s.why = "it was not ready in time"
		}
		unix.Kill(s.pid, unix.SIGKILL)
	}
	k.send(s)
	next := sooner(s.until, s.retryAt)
	if s.sock < 0 {
		return next
	}
	return sooner(next, k.ping(s, now))
}

// ping asks a server that said nothing for long whether it is there. One that
// hangs is reported and nothing else: a debugger, a swap storm and a stopped
// process look the same.
func (k *keeper) ping(s *server, now time.Time) time.Time {
	every := k.cfg.PingEvery
	if s.pinged.IsZero() {
		if at := s.heard.Add(every); now.Before(at) {
			return at
		}
		s.pinged = now
		s.replies = append(s.replies, &message{kind: kindPing})
		k.send(s)
	}
	at := s.pinged.Add(every)
	if now.Before(at) {
		return at
	}
	if !s.complained {
		s.complained = true
		k.logf("server %d has not answered for %v; it is left alone", s.pid, now.Sub(s.heard).Round(time.Second))
	}
	return time.Time{}
}

// closeLink closes the socket to a server, which may still run.
func (k *keeper) closeLink(s *server) {
	if s.sock < 0 {
		return
	}
	unix.Close(s.sock) // ours alone, so that this ends the polling too
	s.sock, s.packet, s.news, s.hand = -1, nil, nil, nil
}

// serverEnded is called once a server was waited for.
func (k *keeper) serverEnded(s *server, st Status) {
	for k.receive(s) { // what it said before
	}
	k.closeLink(s)
	delete(k.servers, s.pid)
	k.leaveBehind(s, st)
	switch s {
	case k.successor:
		k.successor = nil
		k.upgradeFailed(s, st)
	case k.serving:
		k.serving, k.successor = k.successor, nil
		if k.serving != nil {
			k.logf("server %d %v during the upgrade; its successor goes on", s.pid, st)
			return
		}
		k.next(s, st)
	}
}

// leaveBehind takes over what a dead server was doing and whose parent it was.
func (k *keeper) leaveBehind(s *server, st Status) {
	killed := st.Wait.Signaled() && st.Wait.Signal() == unix.SIGKILL
	for _, h := range k.held {
		if h.adopting == s {
			h.adopting = nil
			switch {
			case s == k.successor: // a new binary that is not up to it
			case killed: // by somebody else, mostly
				h.kills++
			case s.leaving == leavingNot:
				h.faults++
			}
		}
		if h.parent == s {
			h.parent = nil
		}
		k.collect(h)
	}
}

// next decides what follows a server that served, or should have.
func (k *keeper) next(s *server, st Status) {
	if k.plan == planEnd {
		return
	}
	switch s.leaving {
	case leavingIdle:
		k.failures, k.plan = 0, planWait
		k.logf("server %d is not needed; %d sessions are kept", s.pid, len(k.held))
		return
	case leavingRestart:
		k.failures = 0
		k.startAfter(0)
		return
	case leavingEnd:
		k.plan = planEnd
		return
	}
	why := fmt.Sprintf("server %d %v", s.pid, st)
	if s.why != "" {
		why = s.why
	}
	killed := st.Wait.Signaled() && st.Wait.Signal() == unix.SIGKILL
	if !s.ready.IsZero() && (killed || time.Since(s.ready) >= k.cfg.Settled) {
		k.failures = 0
		k.logf("%s; starting it again with %d sessions", why, len(k.held))
		k.startAfter(0)
		return
	}
	k.failed(why)
}

// failed counts a server that did not come to serve, and starts the next one
// after a pause, or none.
func (k *keeper) failed(why string) {
	k.why = why
	if !k.ready && len(k.held) == 0 {
		// Nothing was lost, and whoever waits can decide better.
		k.plan = planRefuse
		k.sayReady(errors.New(why))
		return
	}
	k.failures++
	if k.failures < k.cfg.MaxFailures {
		pause := time.Duration(0)
		if k.failures > 1 {
			pause = min(k.cfg.FirstPause<<(k.failures-2), 5*time.Second)
		}
		k.logf("%s; starting it again in %v", why, pause)
		k.startAfter(pause)
		return
	}
	k.why = fmt.Sprintf("the server failed %d times, at last: %s; %d sessions are kept, the log %s says more, and the next attempt is made for who connects after %v",
		k.failures, why, len(k.held), k.cfg.LogPath, k.cfg.Rest)
	k.logf("%s", k.why)
	k.plan, k.startAt = planRefuse, time.Now().Add(k.cfg.Rest)
}

func (k *keeper) sayReady(err error) {
	if err == nil && !k.ready {
		k.notify(notice{text: "READY=1"})
	}
	if k.cfg.Ready != nil {
		k.cfg.Ready(err)
		k.cfg.Ready = nil
	}
	k.ready = true
}

// isReady is a server's word that it serves.
func (k *keeper) isReady(s *server) {
	s.ready, s.until = time.Now(), time.Time{}
	if s != k.successor {
		k.sayReady(nil)
		return
	}
	k.cfg.Server, k.own = s.argv, false // no older one from here on: it may not know what this one stores
	old := k.serving
	k.serving, k.successor = s, nil
	k.become = old.upgrade.keeperArgv
	k.logf("server %d took over from %d", s.pid, old.pid)
	old.replies = append(old.replies, &message{kind: kindReply, seq: old.upgrade.seq})
	old.upgrade = nil
	old.until = time.Now().Add(k.cfg.ExitPatience)
}

// startUpgrade starts the successor that a server asks for.
func (k *keeper) startUpgrade(s *server, m *message) error {
	switch {
	case s != k.serving || k.successor != nil:
		return errors.New("an upgrade is under way already")
	case len(m.argv) == 0:
		return errors.New("an upgrade to nothing")
	}
	n, err := k.launch(m.argv[0], m.argv)
	if err != nil {
		return err
	}
	most := uint64(time.Hour / time.Millisecond)
	n.until = time.Now().Add(time.Duration(min(m.how, most)) * time.Millisecond)
	k.successor, s.upgrade = n, m
	return nil
}

// upgradeFailed tells the server that asked for a successor why there is none.
func (k *keeper) upgradeFailed(n *server, st Status) {
	s := k.serving
	why := n.why
	if why == "" {
		why = "it " + st.String()
	}
	why = fmt.Sprintf("the new server did not take over: %s", why)
	k.logf("%s", why)
	if s != nil && s.upgrade != nil {
		s.replies = append(s.replies, &message{kind: kindReply, seq: s.upgrade.seq, text: why})
		s.upgrade = nil
	}
}
