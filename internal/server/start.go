package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/paths"
)

// Start is how a client starts a server.
type Start struct {
	Paths paths.Paths
	// Command is the server's: it serves in the foreground, and says that it
	// is ready, or why not, on the file descriptor ReadyFD (see Ready).
	Command []string
	Env     []string
}

// ReadyFD is where a server that was started says that it is ready.
const ReadyFD = 3

// ready is what it says then; anything else is why it cannot.
const ready = "ready\n"

// Running reports whether somebody listens on the socket.
func Running(p paths.Paths) bool {
	c, err := net.Dial("unix", p.Socket)
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// Ensure returns once a server runs, which it starts if there is none. Any
// number of processes may call it at once: one of them starts the server, and
// the others find it.
func (s Start) Ensure(ctx context.Context) error {
	if err := s.Paths.MakeDir(); err != nil {
		return err
	}
	lock, err := openLock(s.Paths.Lock)
	if err != nil {
		return fmt.Errorf("open lock: %w", err)
	}
	if err := lock.wait(ctx); err != nil {
		return err
	}
	defer lock.release()
	if Running(s.Paths) {
		return nil
	}
	if err := AwaitExit(ctx, s.Paths); err != nil {
		return err
	}
	return s.launch(ctx)
}

// AwaitExit waits until a server that is leaving has left: it holds its pid
// file until the end.
func AwaitExit(ctx context.Context, p paths.Paths) error {
	pid, err := openLock(p.PID)
	if err != nil {
		return fmt.Errorf("open pid file: %w", err)
	}
	if err := pid.waitAs(ctx, unix.LOCK_SH); err != nil {
		return fmt.Errorf("the server does not leave: %w", err)
	}
	pid.release()
	return nil
}

// launch starts the server in a session of its own, without a controlling
// terminal, and waits until it is ready.
func (s Start) launch(ctx context.Context) error {
	log, err := OpenLog(s.Paths.Log)
	if err != nil {
		return err
	}
	defer log.Close()
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := osexec.Command(s.Command[0], s.Command[1:]...)
	cmd.Dir = "/"
	cmd.Env = s.Env
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	keepFiles()
	err = cmd.Start()
	w.Close()
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	go cmd.Wait() // reaps it if it ends before we do
	return s.await(ctx, r)
}

// keepFiles keeps files that this process was given beside its standard ones
// from the server and from all that it starts: whoever waits for the end of a
// pipe among them would wait for as long as they run.
func keepFiles() {
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, f := range open {
		if fd, err := strconv.Atoi(f.Name()); err == nil && fd > 2 {
			unix.CloseOnExec(fd)
		}
	}
}

// await reads what the server says of itself until it closes the pipe, which
// its end without a word does as well.
func (s Start) await(ctx context.Context, r *os.File) error {
	said := make(chan string, 1)
	go func() {
		line, _ := io.ReadAll(io.LimitReader(r, 4096))
		said <- string(line)
	}()
	select {
	case line := <-said:
		switch {
		case line == ready:
			return nil
		case line == "":
			return fmt.Errorf("the server ended before it was ready; %s may say why", s.Paths.Log)
		default:
			return errors.New(strings.TrimSpace(line))
		}
	case <-ctx.Done():
		return fmt.Errorf("the server is not ready: %w", ctx.Err())
	}
}

// Ready says on ReadyFD how the start went, and closes it. Only a process that
// Ensure started may call it, and once.
func Ready(err error) {
	f := os.NewFile(ReadyFD, "ready")
	defer f.Close()
	if err == nil {
		io.WriteString(f, ready)
		return
	}
	fmt.Fprintln(f, strings.ReplaceAll(err.Error(), "\n", " "))
}

// maxLog is the size at which a log is set aside when a server starts.
const maxLog = 1 << 20

// OpenLog opens the server's log to append to. One that has grown large is
// renamed first, in place of the one renamed before. If the log cannot be
// opened, a full or read-only disk for one, the server runs without.
func OpenLog(path string) (*os.File, error) {
	if st, err := os.Stat(path); err == nil && st.Size() > maxLog {
		os.Rename(path, path+".old")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
		if err == nil {
			return f, nil
		}
	}
	return os.OpenFile(os.DevNull, os.O_WRONLY, 0)
}
