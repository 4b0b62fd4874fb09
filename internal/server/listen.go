package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/pkg/logging"
)

// listen makes the socket, mode 0600. One that is left over from a server that
// died is removed: the caller holds the pid lock, so nobody listens on it. To
// be sure, it is dialled first.
func listen(path string) (net.Listener, error) {
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, fmt.Errorf("%w: somebody listens on %s", ErrRunning, path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove a stale socket: %w", err)
	}
	// Nobody else can enter the directory; the mask makes the socket's mode
	// right from its first moment all the same.
	old := unix.Umask(0o177)
	l, err := net.Listen("unix", path)
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("make the socket: %w", err)
	}
	return l, nil
}

// ownListener gives out the connections of one uid and closes all others.
type ownListener struct {
	net.Listener
	uid int
	log logging.Logger
}

func ours(l net.Listener, uid int, log logging.Logger) net.Listener {
	return &ownListener{Listener: l, uid: uid, log: log}
}

// Accept implements net.Listener.
func (l *ownListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, err := peerUID(c)
		if err == nil && uid == l.uid {
			return c, nil
		}
		l.log.Warn("refused a client of another user", "uid", uid, "error", err)
		c.Close()
	}
}

// peerUID tells whose process is at the other end of a unix socket.
func peerUID(c net.Conn) (int, error) {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return -1, fmt.Errorf("%T is no unix socket", c)
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return -1, err
	}
	uid, credErr := -1, error(nil)
	if err := raw.Control(func(fd uintptr) { uid, credErr = socketUID(int(fd)) }); err != nil {
		return -1, err
	}
	return uid, credErr
}
