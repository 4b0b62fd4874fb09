package client

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/poll"
)

// descriptor is a connection as a loop that waits for several files uses it: it
// does not block.
type descriptor struct {
	fd     int
	bridge func() // ends the copying, where conn has no descriptor
}

// errNotNow says that a descriptor has nothing to read, or no room.
var errNotNow = errors.New("not now")

// takeDescriptor takes conn over and closes it. A connection that has no
// descriptor of its own, such as one made of a process's pipes, is bridged by
// two goroutines, which end with it.
func takeDescriptor(conn net.Conn) (*descriptor, error) {
	sc, ok := conn.(syscall.Conn)
	if !ok {
		return bridge(conn)
	}
	defer conn.Close()
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, dupErr := -1, error(nil)
	err = raw.Control(func(theirs uintptr) {
		fd, dupErr = unix.FcntlInt(theirs, unix.F_DUPFD_CLOEXEC, 3)
	})
	if err := errors.Join(err, dupErr); err != nil {
		return nil, fmt.Errorf("take the connection: %w", err)
	}
	return &descriptor{fd: fd}, unix.SetNonblock(fd, true)
}

// bridge makes a descriptor of a connection that has none.
func bridge(conn net.Conn) (*descriptor, error) {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("take the connection: %w", err)
	}
	for _, fd := range pair {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			conn.Close()
			return nil, errors.Join(err, unix.Close(pair[0]), unix.Close(pair[1]))
		}
	}
	theirs := os.NewFile(uintptr(pair[1]), "bridge")
	ended := make(chan struct{})
	go func() { // ends when either end is closed
		defer close(ended)
		io.Copy(theirs, conn)
		theirs.Close()
	}()
	go func() { // the same
		io.Copy(conn, theirs)
		conn.Close()
	}()
	return &descriptor{fd: pair[0], bridge: func() {
		conn.Close()
		<-ended
	}}, nil
}

func (d *descriptor) close() {
	unix.Close(d.fd)
	if d.bridge != nil {
		d.bridge()
	}
}

// Read implements io.Reader: it does not wait.
func (d *descriptor) Read(p []byte) (int, error) {
	n, err := poll.ReadNow(d.fd, p)
	switch {
	case errors.Is(err, unix.EAGAIN):
		return 0, errNotNow
	case err != nil:
		return 0, err
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write implements io.Writer: it takes what there is room for.
func (d *descriptor) Write(p []byte) (int, error) {
	n, err := poll.WriteNow(d.fd, p)
	if errors.Is(err, unix.EAGAIN) {
		return 0, errNotNow
	}
	return n, err
}
