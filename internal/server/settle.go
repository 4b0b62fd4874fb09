package server

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/poll"
)

// wire is a connection as the local stream needs it.
type wire interface {
	io.ReadWriteCloser
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// settledConn is a connection of the local stream that Go's poller has no part
// in: it would wake the server each time that the client reads what it was sent.
type settledConn struct {
	*poll.File
	begin []byte // was read already
}

// Read implements io.Reader.
func (c *settledConn) Read(p []byte) (int, error) {
	if len(c.begin) > 0 {
		n := copy(p, c.begin)
		c.begin = c.begin[n:]
		return n, nil
	}
	return c.File.Read(p)
}

// settle takes over a connection that was accepted. One that has no descriptor
// stays as it is.
func settle(accepted net.Conn) (wire, error) {
	settled := &settledConn{}
	inner := accepted
	if begun, ok := accepted.(*begunConn); ok {
		inner, settled.begin = begun.Conn, begun.begin
	}
	sc, ok := inner.(syscall.Conn)
	if !ok {
		return accepted, nil
	}
	defer accepted.Close()
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd, dupErr := -1, error(nil)
	err = raw.Control(func(theirs uintptr) { fd, dupErr = unix.FcntlInt(theirs, unix.F_DUPFD_CLOEXEC, 0) })
	if err := errors.Join(err, dupErr); err != nil {
		return nil, fmt.Errorf("take the connection: %w", err)
	}
	settled.File, err = poll.New(fd)
	return settled, err
}
