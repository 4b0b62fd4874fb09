package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/launch"
	"github.com/xsh-project/xsh/internal/paths"
)

// place is where clients find the server: a directory with a pid file, whose
// lock the server holds, and a socket. Others may remove any of them, a cleaner
// of temporary files or a logout; the server then puts them back. It removes
// only what is its own.
//
// A keeper has the socket as well, so that clients can connect while there is no
// server: it gives the socket to each server, and is given each new one.
type place struct {
	paths  paths.Paths
	serve  func(net.Listener) // serves a socket, until that is closed
	served sync.WaitGroup
	link   *keeper.Client // nil without a keeper
	keeper int            // the keeper's process, which is this one's parent for as long as it lives

	mu       sync.Mutex
	pid      *launch.Lock
	socket   *os.File // what listens; a listener for each time that clients are let in is made of it
	socketID fileID
	listener net.Listener // nil while no clients are let in
	open     bool         // they are to be
	paused   bool         // all stays as it is until resume
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
	if p.left || p.paused {
		return false, nil
	}
	if err := p.paths.MakeDir(); err != nil {
		return false, err
	}
	if p.pid == nil || !p.pid.InPlace() {
		if err := p.holdPID(); err != nil {
			return false, err
		}
		changed = true
	}
	if p.link != nil && os.Getppid() == p.keeper && idOf(p.paths.Keeper) == (fileID{}) {
		unix.Kill(p.keeper, unix.SIGUSR1) // to put its own file back
	}
	if p.socket == nil {
		p.inherit()
	}
	if p.socket == nil || idOf(p.paths.Socket) != p.socketID {
		if err := p.makeSocket(); err != nil {
			return changed, err
		}
		changed = true
	}
	if p.open && p.listener == nil {
		return changed, p.letIn()
	}
	return changed, nil
}

func (p *place) holdPID() error {
	if p.link == nil {
		if pid, err := launch.Holder(p.paths.Keeper); pid != 0 || err != nil {
			return errors.Join(err, ErrRunning)
		}
	}
	pid, err := launch.HoldPID(p.paths.PID, "")
	if err != nil {
		return err
	}
	if p.pid != nil {
		p.pid.Release()
	}
	p.pid = pid
	return nil
}

// inherit takes the socket that the keeper has, if clients find that one.
func (p *place) inherit() {
	if p.link == nil {
		return
	}
	for _, f := range p.link.Listeners() {
		l, err := net.FileListener(f)
		if err != nil {
			continue
		}
		here := l.Addr().String() == p.paths.Socket && p.socket == nil
		l.Close()
		if here && listens(p.paths.Socket) {
			p.socket, p.socketID = f, idOf(p.paths.Socket)
		} else {
			f.Close()
		}
	}
}

// makeSocket makes the socket in place of the one before.
func (p *place) makeSocket() error {
	l, err := listen(p.paths.Socket)
	if err != nil {
		return err
	}
	defer l.Close()
	f, err := l.File()
	if err != nil {
		return fmt.Errorf("make the socket: %w", err)
	}
	p.shut()
	if p.socket != nil {
		p.socket.Close()
	}
	p.socket, p.socketID = f, idOf(p.paths.Socket)
	if p.link == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), keeperWait)
	defer cancel()
	return p.link.Listen(ctx, []*os.File{f})
}

// letIn serves the socket.
func (p *place) letIn() error {
	l, err := net.FileListener(p.socket)
	if err != nil {
		return fmt.Errorf("serve the socket: %w", err)
	}
	p.listener = l
	p.served.Go(func() { p.serve(l) })
	return nil
}

// shut lets no more clients in. Those that connect wait.
func (p *place) shut() {
	if p.listener != nil {
		p.listener.Close()
		p.listener = nil
	}
}

// begin lets clients in, from now on.
func (p *place) begin() error {
	p.mu.Lock()
	p.open = true
	p.mu.Unlock()
	_, err := p.hold()
	return err
}

// pause lets clients that connect wait, for this server or the next one, to
// which it also gives the pid file.
func (p *place) pause() {
	p.mu.Lock()
	p.paused = true
	p.shut()
	if p.pid != nil {
		p.pid.Release()
		p.pid = nil
	}
	p.mu.Unlock()
	p.served.Wait()
}

// resume undoes pause.
func (p *place) resume() error {
	p.mu.Lock()
	p.paused = false
	p.mu.Unlock()
	_, err := p.hold()
	return err
}

// sockets returns what listens. It belongs to the place.
func (p *place) sockets() []*os.File {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.socket == nil {
		return nil
	}
	return []*os.File{p.socket}
}

// leave lets no more clients in, and another server take the place. Those who
// wait for the server's exit wait until release, and until the keeper has left.
func (p *place) leave() {
	p.mu.Lock()
	p.left = true
	p.shut()
	if p.socket != nil {
		p.socket.Close()
		if idOf(p.paths.Socket) == p.socketID && !p.supervised() {
			os.Remove(p.paths.Socket)
		}
	}
	if p.link != nil && !p.supervised() {
		if pid, err := launch.Holder(p.paths.Keeper); err == nil && pid == os.Getppid() {
			os.Remove(p.paths.Keeper)
		}
	}
	if p.link != nil {
		os.Remove(p.paths.Count)
	}
	if p.pid != nil && p.pid.InPlace() {
		os.Remove(p.paths.PID)
	}
	p.mu.Unlock()
	p.served.Wait()
}

// supervised reports whether systemd listens on the socket when nobody else
// does: it stays then, and its keeper's file is the keeper's to remove.
func (p *place) supervised() bool { return p.link != nil && p.link.Supervised() }

// release tells those who wait for the server's exit that it is done.
func (p *place) release() {
	if p.pid != nil {
		p.pid.Release()
	}
}

// listens reports whether somebody listens on the socket at path.
func listens(path string) bool {
	c, err := net.Dial("unix", path)
	if err == nil {
		c.Close()
	}
	return err == nil || errors.Is(err, unix.EAGAIN) // more wait than it has room for
}

// listen makes the socket, mode 0600. One that is left over from a server that
// died is removed: the caller holds the pid lock, so nobody listens on it. To
// be sure, it is dialled first.
func listen(path string) (*net.UnixListener, error) {
	if listens(path) {
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
