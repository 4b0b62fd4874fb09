package child

import (
	"bytes"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's, with room for what differs between machines. All
// zero it says that a signal does what it does by default.
type sigaction struct {
	handler uintptr
	rest    [7]uintptr
}

// What a handler is that is no address.
const (
	sigDefault = 0
	sigIgnore  = 1
)

// sigsetBytes is the size of the kernel's set of signals.
const sigsetBytes = 8

// Ignores reports whether this process ignores sig. os/signal cannot tell of
// the signals that Go leaves alone.
func Ignores(sig syscall.Signal) bool {
	var a sigaction
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), 0, uintptr(unsafe.Pointer(&a)), sigsetBytes, 0, 0)
	return errno == 0 && a.handler == sigIgnore
}

// ResetIgnored makes this process, and so what it starts, not ignore what it
// was started ignoring.
func ResetIgnored() {
	for _, sig := range Ignorable {
		if Ignores(sig) {
			setIgnored(sig, false)
		}
	}
}

// resetInternal has what is started not ignore the two signals that the C library
// keeps for itself: make, for one, starts its commands ignoring them.
func resetInternal() {
	for sig := syscall.Signal(32); sig <= 33; sig++ {
		if Ignores(sig) {
			setIgnored(sig, false)
		}
	}
}

func setIgnored(sig syscall.Signal, ignored bool) {
	var a sigaction
	if ignored {
		a.handler = sigIgnore
	}
	unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&a)), 0, sigsetBytes, 0, 0)
}

// statusField returns a number of /proc/PID/status.
func statusField(status []byte, name string, base int) (int, bool) {
	_, rest, found := bytes.Cut(status, []byte("\n"+name+":"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, err := strconv.ParseInt(strings.TrimSpace(string(line)), base, 32)
	return int(n), found && err == nil
}
