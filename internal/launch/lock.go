package launch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Lock is an exclusive lock of a file. It ends with the process that holds it.
type Lock struct{ f *os.File }

// OpenLock opens the file of a lock, and makes it if need be. A symbolic link
// is not followed.
func OpenLock(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, err
	}
	return &Lock{f}, nil
}

// try takes the lock and reports whether it could.
func (l *Lock) try() (bool, error) { return l.tryAs(unix.LOCK_EX) }

// tryAs is try for a kind of lock: those of unix.LOCK_SH do not exclude each
// other.
func (l *Lock) tryAs(kind int) (bool, error) {
	err := flock(l.f, kind|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// Wait takes the lock as soon as it is free. When ctx ends first, the lock is
// not held and l must not be used any more.
func (l *Lock) Wait(ctx context.Context) error { return l.waitAs(ctx, unix.LOCK_EX) }

// waitAs is Wait for a kind of lock.
func (l *Lock) waitAs(ctx context.Context, kind int) error {
	if ok, err := l.tryAs(kind); ok || err != nil {
		return err
	}
	locked := make(chan error, 1)
	go func() { locked <- flock(l.f, kind) }() // ends when the holder lets go
	select {
	case err := <-locked:
		return err
	case <-ctx.Done():
		go func() {
			<-locked
			l.f.Close()
		}()
		return fmt.Errorf("wait for %s: %w", l.f.Name(), ctx.Err())
	}
}

// Release lets the lock go.
func (l *Lock) Release() { l.f.Close() }

// InPlace reports whether the file is still what its path means.
func (l *Lock) InPlace() bool {
	own, err := l.f.Stat()
	there, err2 := os.Lstat(l.f.Name())
	return err == nil && err2 == nil && os.SameFile(own, there)
}

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how)
		if err != unix.EINTR {
			return err
		}
	}
}

// ErrRunning is wrapped by an error when another server of this user runs.
var ErrRunning = errors.New("a server is running already")

// tryServer takes the lock that a server holds. It returns ErrRunning if one
// does. Those who wait for a server to leave share the lock for a moment
// (Exit), which is no server.
func (l *Lock) tryServer() error {
	for range 1000 {
		if ok, err := l.try(); ok || err != nil {
			return err
		}
		if free, err := l.tryAs(unix.LOCK_SH); !free || err != nil {
			return errors.Join(err, ErrRunning)
		}
		if err := flock(l.f, unix.LOCK_UN); err != nil {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	return ErrRunning
}

// HoldPID takes the lock that the one server holds, or the one keeper, and
// writes down its pid and what more there is to say, for people to read. A full
// disk leaves the file empty and is no error.
func HoldPID(path, more string) (*Lock, error) {
	for range 100 {
		l, err := OpenLock(path)
		if err != nil {
			return nil, fmt.Errorf("open pid file: %w", err)
		}
		if err := l.tryServer(); err != nil {
			l.Release()
			return nil, err
		}
		if !l.InPlace() { // a server that left has removed it since
			l.Release()
			continue
		}
		text := strconv.Itoa(os.Getpid()) + "\n" + more
		if _, err := l.f.WriteAt([]byte(text), 0); err == nil { // first: it is never empty to who reads it
			l.f.Truncate(int64(len(text)))
		}
		unix.FcntlFlock(l.f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}) // see Holder
		return l, nil
	}
	return nil, fmt.Errorf("%s does not stay what it is", path)
}

// Holder returns the process of a server that holds the pid file, or 0 if none
// does. It is negative if a server does whose process is not known: one of
// another version, or that this process cannot see.
//
// The server holds a record lock of the file beside the other: the system tells
// whose that is, in the asker's own numbering of processes, and who has one
// puts its socket back at SIGUSR1.
func Holder(path string) (int, error) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("open pid file: %w", err)
	}
	l := &Lock{f}
	defer l.Release()
	if free, err := l.tryAs(unix.LOCK_SH); free || err != nil {
		return 0, err
	}
	if !l.InPlace() { // the server has just left
		return 0, nil
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(l.f.Fd(), unix.F_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK || lock.Pid <= 0 {
		return -1, nil
	}
	return int(lock.Pid), nil
}
