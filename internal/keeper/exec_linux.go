package keeper

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Inherited reports whether this process was another before, which left it its
// state and descriptors: it takes no locks, binds no socket and is no news to
// anybody.
func Inherited() bool { return os.Getenv(stateVariable) != "" }

// Become makes this process a keeper by exec, with the pid, the children and
// the descriptors that it has. The server must have stopped reading from its
// sessions' ptys; it returns only with an error, and may go on then.
func Become(t Takeover) error {
	var all []session
	var fds []int
	for i := range t.Sessions {
		s, files := t.Sessions[i].wire()
		for j, f := range files {
			s.fds[j] = descriptor(f)
		}
		fds = append(fds, s.fds...)
		all = append(all, s)
	}
	state := message{kind: kindState}
	for _, f := range t.Listeners {
		state.argv = append(state.argv, strconv.Itoa(descriptor(f)))
		fds = append(fds, descriptor(f))
	}
	err := execWith(t.Argv, t.Env, &state, all, fds)
	return fmt.Errorf("become the keeper: %w", err)
}

// exec makes this keeper another. If that is not possible, it stays.
func (k *keeper) exec() {
	argv := k.become
	k.become = nil
	s := k.serving
	state := message{kind: kindState, text: k.score, record: []byte(k.cfg.Notify), how: uint64(s.pid), seq: uint64(s.sock)}
	fds := []int{s.sock}
	for _, fd := range k.listeners {
		state.argv = append(state.argv, strconv.Itoa(fd))
		fds = append(fds, fd)
	}
	var all []session
	for _, h := range slices.SortedFunc(maps.Values(k.held), func(a, b *held) int { return cmp.Compare(a.number, b.number) }) {
		one := h.session
		one.theirs = h.parent == s
		all = append(all, one)
		fds = append(fds, h.fds...)
	}
	env := k.cfg.Env
	if k.cfg.Notify != "" { // as systemd gave it: FromSystemd finds it again
		env = append(slices.Clone(env), notifyVariable+"="+k.cfg.Notify)
	}
	err := execWith(argv, env, &state, all, fds)
	k.logf("the keeper stays what it is: %v", err)
}

// execWith writes the state to a file in memory and replaces the process.
func execWith(argv, env []string, state *message, all []session, fds []int) error {
	if env == nil {
		env = os.Environ()
	}
	if len(argv) == 0 {
		return unix.ENOENT
	}
	file, err := stateFile(state, all)
	if err != nil {
		return err
	}
	defer file.Close()
	fds = append(fds, int(file.Fd()))
	// Nothing else may be started meanwhile, or it would have them too.
	syscall.ForkLock.Lock()
	defer syscall.ForkLock.Unlock()
	keepOnExec(fds, true)
	err = syscall.Exec(argv[0], argv, withVariable(env, stateVariable, strconv.Itoa(int(file.Fd()))))
	keepOnExec(fds, false)
	return fmt.Errorf("%s: %w", argv[0], err)
}

// keepOnExec says whether descriptors stay open across an exec.
func keepOnExec(fds []int, yes bool) {
	flag := unix.FD_CLOEXEC
	if yes {
		flag = 0
	}
	for _, fd := range fds {
		unix.FcntlInt(uintptr(fd), unix.F_SETFD, flag)
	}
}

// stateFile writes a keeper's state: one message about itself, and then its
// sessions in the messages that a server is sent. The message about itself has
// in argv the listening sockets, in how the pid of the server that runs, if
// one does, in seq the socket to that, in text what lowerScore returned, and in record
// Config.Notify.
func stateFile(state *message, all []session) (*os.File, error) {
	fd, err := unix.MemfdCreate("xsh-keeper-state", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("file for the state: %w", err)
	}
	file := os.NewFile(uintptr(fd), "state")
	_, err = file.Write(state.encode())
	for len(all) > 0 && err == nil {
		n := min(8, len(all))
		_, err = file.Write((&message{kind: kindHeld, sessions: all[:n]}).encode())
		all = all[n:]
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("write the state: %w", err)
	}
	return file, nil
}

// inherit takes over what the process was before, if it was.
func (k *keeper) inherit() error {
	if !Inherited() {
		return nil
	}
	fd, err := strconv.Atoi(os.Getenv(stateVariable))
	if err != nil {
		return fmt.Errorf("%s: %w", stateVariable, err)
	}
	os.Unsetenv(stateVariable)
	unix.CloseOnExec(fd)
	file := os.NewFile(uintptr(fd), "state")
	defer file.Close()
	p, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<30))
	if err != nil {
		return fmt.Errorf("read the state: %w", err)
	}
	k.ready, k.cfg.Ready = true, nil
	state, rest, err := decodeMessage(p)
	if err != nil || state.kind != kindState {
		return fmt.Errorf("read the state: %w", cmp.Or(err, errDamaged))
	}
	if len(state.record) > 0 {
		k.cfg.Notify = string(state.record)
	}
	if state.text != "" {
		k.score = state.text
	}
	for _, text := range state.argv {
		if fd, err := strconv.Atoi(text); err == nil {
			unix.CloseOnExec(fd)
			k.listeners = append(k.listeners, fd)
		}
	}
	if state.how != 0 {
		if err := k.goOnWith(int(state.how), int(state.seq)); err != nil {
			return err
		}
	}
	if err := k.inheritSessions(rest); err != nil {
		return err
	}
	k.logf("process %d goes on as another, the keeper of %d sessions", os.Getpid(), len(k.held))
	return nil
}

// goOnWith takes over the server that ran before.
func (k *keeper) goOnWith(pid, sock int) error {
	unix.CloseOnExec(sock)
	k.serving = newServer(pid, sock, k.cfg.Server)
	k.serving.ready, k.serving.handed = time.Now(), true
	k.servers[pid] = k.serving
	return k.watch(unix.EPOLL_CTL_ADD, sock, unix.EPOLLIN)
}

// inheritSessions takes over what was held. What cannot be read is left alone:
// its descriptors stay open, so that its programs go on.
func (k *keeper) inheritSessions(p []byte) error {
	for len(p) > 0 {
		m, rest, err := decodeMessage(p)
		if err != nil {
			k.logf("some sessions of the keeper before are lost: %v", err)
			return nil
		}
		for _, s := range m.sessions {
			for _, fd := range s.fds {
				unix.CloseOnExec(fd)
			}
			var parent *server
			if s.theirs {
				parent = k.serving
			}
			k.goOnHolding(s, parent)
		}
		p = rest
	}
	return nil
}

// goOnHolding takes over a session from before, whose program may have ended.
func (k *keeper) goOnHolding(s session, parent *server) {
	k.count++
	h := &held{session: s, number: k.count, parent: parent}
	if err := k.add(h); err != nil {
		k.logf("session %s from before is lost: %v", s.id, err)
		return
	}
	k.store(h) // which systemd may have done already
	k.collect(h)
}
