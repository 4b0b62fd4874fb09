// Package peer tells whose process is at the other end of a unix socket. Both
// sides of the server's socket ask before the first byte.
package peer

import (
	"fmt"
	"net"
)

// UID returns the uid of the process at the other end of c, a unix socket.
func UID(c net.Conn) (int, error) {
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
