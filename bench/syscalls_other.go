//go:build !linux

package main

import (
	"time"

	"golang.org/x/sys/unix"
)

// poll waits until fd can be read or has no writer any more.
func poll(fd int, limit time.Duration) (bool, error) {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(limit.Milliseconds())+1)
	if err == unix.EINTR {
		return false, nil
	}
	return n > 0, err
}

func read(fd int, p []byte) (int, error) { return unix.Read(fd, p) }

func write(fd int, p []byte) (int, error) { return unix.Write(fd, p) }
