package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	osexec "os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xsh-project/xsh/internal/child"
	"github.com/xsh-project/xsh/internal/keeper"
	"github.com/xsh-project/xsh/internal/paths"
)

// Start says how to start a server.
type Start struct {
	Paths paths.Paths
	// Command is the keeper's, or the server's where there is none: it stays in
	// the foreground, and says that the server is ready, or why not, on the file
	// descriptor ReadyFD (see Ready).
	Command []string
	Env     []string
	// Warn, if not nil, is told what a server that was started has to say to a
	// person although it is ready: that it runs without a log, for one.
	Warn func(string)
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
// the others find it. A server that lost its socket is asked to put it back.
func (s Start) Ensure(ctx context.Context) error {
	if err := s.Paths.MakeDir(); err != nil {
		return err
	}
	lock, err := OpenLock(s.Paths.Lock)
	if err != nil {
		return fmt.Errorf("open lock: %w", err)
	}
	if err := lock.Wait(ctx); err != nil {
		return err
	}
	defer lock.Release()
	if found, err := Recall(ctx, s.Paths); found || err != nil {
		return err
	}
	return s.launch(ctx)
}

// Recall reports whether a server runs, or a keeper that starts one for whoever
// connects. If it lives and has lost its socket it is asked to put that back, and
// waited for, as is the exit of one that leaves.
func Recall(ctx context.Context, p paths.Paths) (bool, error) {
	for pause := 2 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		if Running(p) {
			return true, nil
		}
		found, err := ask(p)
		if !found || err != nil {
			return false, err
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("a server runs that has no socket, and does not put it back (%s tells its process): %w", p.PID, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// ask asks a server that lives to put its socket back, or a keeper without a
// server to start one, which does that.
func ask(p paths.Paths) (found bool, err error) {
	server, err := Holder(p.PID)
	if server != 0 || err != nil {
		if server > 0 {
			unix.Kill(server, unix.SIGUSR1)
		}
		return server != 0, err
	}
	keeper, err := Holder(p.Keeper)
	if keeper > 0 {
		unix.Kill(keeper, unix.SIGHUP)
	}
	return keeper != 0, err
}

// Exit returns a function that waits until the server that runs now, and its
// keeper, have left. Ask for it before you stop the server: once that leaves, the
// next one may take its place.
func Exit(p paths.Paths) (wait func(context.Context) error, err error) {
	var locks []*Lock
	for _, path := range []string{p.PID, p.Keeper} {
		f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("open pid file: %w", err)
		}
		locks = append(locks, &Lock{f})
	}
	return func(ctx context.Context) error {
		for _, l := range locks {
			if err := l.waitAs(ctx, unix.LOCK_SH); err != nil {
				return fmt.Errorf("the server does not leave: %w", err)
			}
			l.Release()
		}
		return nil
	}, nil
}

// ExitKept is Exit for a server that leaves its sessions with the keeper. The
// next one has the same lock: it is the process that is waited for.
func ExitKept(p paths.Paths) (wait func(context.Context) error, err error) {
	pid, kept := Processes(p)
	if pid <= 0 || !kept {
		return nil, errors.New("there is no server with a keeper, or its process is not known")
	}
	return func(ctx context.Context) error {
		for unix.Kill(pid, 0) == nil {
			select {
			case <-ctx.Done():
				return fmt.Errorf("the server does not leave: %w", ctx.Err())
			case <-time.After(5 * time.Millisecond): // a process's end is no event for strangers
			}
		}
		return nil
	}, nil
}

// Processes returns the server's process, 0 if there is none and negative if it
// is not known, and whether there is a keeper.
func Processes(p paths.Paths) (server int, kept bool) {
	server, err := Holder(p.PID)
	if err != nil {
		server = -1
	}
	keeper, err := Holder(p.Keeper)
	return server, keeper != 0 && err == nil
}

// launch starts the server in a session of its own, without a controlling
// terminal, and waits until it is ready. What it writes before it has opened its
// log comes to us.
func (s Start) launch(ctx context.Context) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := osexec.Command(s.Command[0], s.Command[1:]...)
	cmd.Dir = "/"
	cmd.Env = keeper.WithoutSystemd(s.Env)
	cmd.Stdout, cmd.Stderr = w, w
	cmd.ExtraFiles = []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	KeepFiles()
	// Whoever waits for the start of a process can be told nothing, not even to end.
	if err = child.Reach(ctx, cmd.Dir, cmd.Path); err == nil {
		err = cmd.Start()
	}
	w.Close()
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	go cmd.Wait() // reaps it if it ends before we do
	return s.await(ctx, r)
}

// KeepFiles keeps files that this process was given beside its standard ones
// from all that it starts: whoever waits for the end of a pipe among them would
// wait for as long as a server or a session runs.
func KeepFiles() {
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

// await reads what the server says of itself until it says that it is ready or
// closes the pipe, which its end without a word does as well.
func (s Start) await(ctx context.Context, r *os.File) error {
	said := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(io.LimitReader(r, 4096))
		said <- string(all)
	}()
	select {
	case all := <-said:
		warning, isReady := strings.CutSuffix(all, ready)
		switch {
		case isReady && warning != "" && s.Warn != nil:
			s.Warn(strings.TrimSpace(warning))
			return nil
		case isReady:
			return nil
		case all == "":
			return fmt.Errorf("the server ended before it was ready; %s may say why", s.Paths.Log)
		default:
			return errors.New(strings.TrimSpace(all))
		}
	case <-ctx.Done():
		return fmt.Errorf("the server is not ready: %w", ctx.Err())
	}
}

// Ready says on ReadyFD how the start went, and closes it. Only a process that
// Ensure started may call it, and once. Where err is nil the server is ready;
// warning, if there is one, is for whoever asked for it.
func Ready(warning string, err error) {
	f := os.NewFile(ReadyFD, "ready")
	defer f.Close()
	oneLine := strings.NewReplacer("\n", " ")
	switch {
	case err != nil:
		fmt.Fprintln(f, oneLine.Replace(err.Error()))
	case warning != "":
		fmt.Fprintln(f, oneLine.Replace(warning))
		fallthrough
	default:
		io.WriteString(f, ready)
	}
}
