package server

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/paths"
)

// place is where clients find the server: a directory with a pid file, whose
// lock the server holds, and a socket. Others may remove any of them, a cleaner
// of temporary files or a logout; the server then puts them back. It removes
// only what is its own.
type place struct {
	paths  paths.Paths
	serve  func(net.Listener) // serves a socket, until that is closed
	served sync.WaitGroup

	mu       sync.Mutex
	pid      *lockFile
	socket   *net.UnixListener
	socketID fileID
	left     bool
}

// fileID tells a file from all others that its path may mean.
type fileID struct{ dev, ino uint64 }

// idOf returns the ID of what is at path; zero if nothing is.
func idOf(path string) fileID {
	var st unix.Stat_t
	if unix.Lstat(path, &st) != nil {
		return fileID{}
	}
	return idFrom(&st)
}

func idFrom(st *unix.Stat_t) fileID { return fileID{uint64(st.Dev), st.Ino} }

// hold makes all that is missing. It returns ErrRunning if another server is
// there. It may be called again at any time.
func (p *place) hold() (changed bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left {
		return false, nil
	}
	if err := p.paths.MakeDir(); err != nil {
		return false, err
	}
	if p.pid == nil || !p.pid.inPlace() {
		pid, err := holdPID(p.paths.PID)
		if err != nil {
			return false, err
		}
		if p.pid != nil {
			p.pid.release()
		}
		p.pid = pid
		changed = true
	}
	if p.socket != nil && idOf(p.paths.Socket) == p.socketID {
		return changed, nil
	}
	l, err := listen(p.paths.Socket)
	if err != nil {
		return changed, err
	}
	if p.socket != nil {
		p.socket.Close()
	}
	p.socket, p.socketID = l, idOf(p.paths.Socket)
	p.served.Go(func() { p.serve(l) })
	return true, nil
}

// leave lets no more clients in, and another server take the place. Those who
// wait for the server's exit wait until release.
func (p *place) leave() {
	p.mu.Lock()
	p.left = true
	if p.socket != nil {
		p.socket.Close()
		if idOf(p.paths.Socket) == p.socketID {
			os.Remove(p.paths.Socket)
		}
	}
	if p.pid != nil && p.pid.inPlace() {
		os.Remove(p.paths.PID)
	}
	p.mu.Unlock()
	p.served.Wait()
}

// release tells those who wait for the server's exit that it is done.
func (p *place) release() {
	if p.pid != nil {
		p.pid.release()
	}
}

// listen makes the socket, mode 0600. One that is left over from a server that
// died is removed: the caller holds the pid lock, so nobody listens on it. To
// be sure, it is dialled first.
func listen(path string) (*net.UnixListener, error) {
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return nil, fmt.Errorf("%w: somebody listens on %s", ErrRunning, path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove a stale socket: %w", err)
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("make the socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // at its path there may be another's by then
	// Nobody else can enter the directory; the mode says so as well.
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("make the socket: %w", err)
	}
	return l, nil
}
