package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxLog is the size at which a log is set aside.
	maxLog = 1 << 20
	// maxUnwritten is how much of the log waits for a disk that takes nothing;
	// what comes then is lost.
	maxUnwritten = 256 << 10
	// logWait is how long a server waits for its log before it says that there is
	// none.
	logWait = 500 * time.Millisecond
	// lastLines is how long the end of the log may take to be written.
	lastLines = 500 * time.Millisecond
)

// Log is the server's log, a file that is set aside once it has grown large, in
// place of the one that was set aside before. Nobody ever waits for it: one
// goroutine opens the file and writes to it, which on a mount that hangs may
// take for ever. Where there is no log, a full or read-only disk for one, what
// is written is lost.
type Log struct {
	path string
	std  bool

	mu     sync.Mutex
	buf    []byte
	reopen bool
	closed bool
	wake   chan struct{} // holds at most one piece of news
	done   chan struct{} // closed when the goroutine has ended

	opened  chan struct{} // closed once the file was opened, or could not be
	problem error         // why it could not; set by then
}

// OpenLog returns the log that is written to path. With std this process's
// standard output and error go there as well, for what Go says of its own end.
// The caller closes the Log.
func OpenLog(path string, std bool) *Log {
	l := &Log{path: path, std: std, wake: make(chan struct{}, 1), done: make(chan struct{}), opened: make(chan struct{})}
	if std {
		// Whoever started us reads the pipe that these are now to its end.
		if null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0); err == nil {
			redirect(null)
			null.Close()
		}
	}
	go l.run()
	return l
}

// Problem waits a moment for the file to be open and returns why it is not.
func (l *Log) Problem() error {
	select {
	case <-l.opened:
		return l.problem
	case <-time.After(logWait):
		return fmt.Errorf("open %s: it takes long", l.path)
	}
}

// Write implements io.Writer. It never fails.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	if len(l.buf)+len(p) <= maxUnwritten && !l.closed {
		l.buf = append(l.buf, p...)
	}
	l.mu.Unlock()
	l.news()
	return len(p), nil
}

// Reopen has the file opened anew: somebody may have moved it.
func (l *Log) Reopen() {
	l.mu.Lock()
	l.reopen = true
	l.mu.Unlock()
	l.news()
}

// Close writes what is left and closes the file, unless that takes long.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.news()
	select {
	case <-l.done:
	case <-time.After(lastLines):
	}
	return nil
}

func (l *Log) news() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run writes what there is to write. It ends with Close.
func (l *Log) run() {
	defer close(l.done)
	f, size, err := openLogFile(l.path)
	l.problem = err
	l.use(f)
	close(l.opened)
	for range l.wake {
		l.mu.Lock()
		data, reopen, closed := l.buf, l.reopen, l.closed
		l.buf, l.reopen = nil, false
		l.mu.Unlock()
		if reopen || size+int64(len(data)) > maxLog {
			if !reopen {
				os.Rename(l.path, l.path+".old")
			}
			if f != nil {
				f.Close()
			}
			f, size, _ = openLogFile(l.path)
			l.use(f)
		}
		if f != nil {
			n, _ := f.Write(data)
			size += int64(n)
		}
		if closed {
			f.Close() // a nil one says so and no more
			return
		}
	}
}

// use has our own standard files go to f.
func (l *Log) use(f *os.File) {
	if l.std && f != nil {
		redirect(f)
	}
}

// openLogFile opens a log to append to and tells its size. It does not wait, as
// opening a FIFO would.
func openLogFile(path string) (*os.File, int64, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, 0, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, 0, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errNoFile}
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, st.Size(), nil
}

var errNoFile = errors.New("it is not a regular file")
