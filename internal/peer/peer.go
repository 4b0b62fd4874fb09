// Package peer tells whose process is at the other end of a unix socket. Server
// and client both ask before the first byte: a directory that others may write
// to, or another user's that was handed on, can lead to anybody's socket.
package peer

import (
	"fmt"
	"net"
	"os"
	"syscall"
)

// Check returns an error unless the process at the other end of c, a unix
// socket, is this user's.
func Check(c net.Conn) error {
	uid, err := UID(c)
	switch {
	case err != nil:
		return fmt.Errorf("ask whose socket it is: %w", err)
	case uid != os.Getuid():
		return &OtherUserError{UID: uid}
	default:
		return nil
	}
}

// OtherUserError says that the process at the other end is another user's.
type OtherUserError struct{ UID int }

func (e *OtherUserError) Error() string {
	return fmt.Sprintf("at the other end is a process of uid %d, not yours (uid %d)", e.UID, os.Getuid())
}

// UID returns the user ID of the process at the other end of c, a unix socket,
// as it was when that connected or began to listen.
func UID(c net.Conn) (int, error) {
	s, ok := c.(syscall.Conn)
	if _, unix := c.LocalAddr().(*net.UnixAddr); !ok || !unix {
		return -1, fmt.Errorf("%T is no unix socket", c)
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return -1, err
	}
	uid, credErr := -1, error(nil)
	if err := raw.Control(func(fd uintptr) { uid, credErr = socketUID(int(fd)) }); err != nil {
		return -1, err
	}
	return uid, credErr
}

// PID returns the process at the other end of fd, a unix socket, as it was when that
// connected.
func PID(fd int) (int, error) { return socketPID(fd) }
