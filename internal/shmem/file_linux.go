package shmem

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// seals keep the size as it is for good: a shrunken file would be a SIGBUS.
const seals = unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_SEAL

// newFile makes a file in memory of that size, none of which is there yet.
func newFile(name string, size int64) (*os.File, error) {
	flags := unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate(name, flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate(name, flags)
	}
	switch {
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		return nil, ErrUnsupported
	case err != nil:
		return nil, fmt.Errorf("memory for a session: %w", err)
	}
	file := os.NewFile(uintptr(fd), "memfd:"+name)
	err = unix.Ftruncate(fd, size)
	if err == nil {
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	}
	if err != nil {
		file.Close()
		if errors.Is(err, unix.EFBIG) {
			return nil, fmt.Errorf("%w: a session may need %d bytes, more than the limit of file sizes (ulimit -f)", ErrUnsupported, size)
		}
		return nil, fmt.Errorf("memory for a session: %w", err)
	}
	return file, nil
}

// sealedSize returns the size of a file that cannot change its size any more.
func sealedSize(file *os.File) (int64, error) {
	have, err := unix.FcntlInt(file.Fd(), unix.F_GET_SEALS, 0)
	if err != nil || have&unix.F_SEAL_SHRINK == 0 {
		return 0, errNotOurs
	}
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("a session's memory: %w", err)
	}
	return info.Size(), nil
}

// release gives the memory of a part of the file back to the kernel, and reports whether
// it could. What stood there reads as zeros.
func release(file *os.File, at, n int64) bool {
	if file == nil {
		return false
	}
	for {
		err := unix.Fallocate(int(file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, at, n)
		if err != unix.EINTR {
			return err == nil
		}
	}
}

// reserve has the kernel take memory for a part of the file.
func reserve(file *os.File, at, n int64) error {
	if file == nil {
		return nil
	}
	for {
		if err := unix.Fallocate(int(file.Fd()), 0, at, n); err != unix.EINTR {
			return err
		}
	}
}
