package server

import (
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// watcher tells that something happened to a directory, to what is in it, or to
// a directory that it is in.
type watcher struct {
	events <-chan struct{}
	tick   <-chan time.Time // where the system has no more watches to give
	dir    string
	fd     int
	f      *os.File
}

func newWatcher(dir string) *watcher {
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return &watcher{tick: time.Tick(lookEvery)}
	}
	events := make(chan struct{}, 1)
	w := &watcher{events: events, dir: dir, fd: fd, f: os.NewFile(uintptr(fd), "inotify")}
	go func() { // ends with close
		buf := make([]byte, 4096)
		for {
			if _, err := w.f.Read(buf); err != nil {
				return
			}
			select {
			case events <- struct{}{}:
			default: // there is news already
			}
		}
	}()
	return w
}

// renew watches what is there now. What is watched already stays so.
func (w *watcher) renew() {
	if w.f == nil {
		return
	}
	const gone = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_ONLYDIR
	mask := uint32(gone | unix.IN_DELETE | unix.IN_MOVED_FROM)
	for dir := w.dir; ; dir = filepath.Dir(dir) {
		if _, err := unix.InotifyAddWatch(w.fd, dir, mask); err != nil {
			// It is not there. What it would be in tells when it comes.
			mask = gone | unix.IN_CREATE | unix.IN_MOVED_TO
		} else {
			mask = gone
		}
		if dir == "/" {
			return
		}
	}
}

func (w *watcher) close() {
	if w.f != nil {
		w.f.Close()
	}
}
