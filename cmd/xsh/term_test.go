package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	xterm "golang.org/x/term"

	"github.com/xsh-project/xsh/internal/vt"
)

// term is a terminal with a command on it: what a person sits at.
type term struct {
	pty    *os.File
	before *xterm.State
	holder *osexec.Cmd
	letGo  *os.File // closing it ends the holder
	pid    int      // of the command

	eof    chan struct{} // closed when all output was read
	exited chan struct{} // closed when the command has ended; then
	code   int           // its exit code, and
	after  *xterm.State  // how it left the terminal

	mu      sync.Mutex
	out     []byte        // all output
	seen    int           // how much of it was expected
	more    chan struct{} // holds at most one piece of news of it
	screen  *vt.Terminal  // what it shows
	mute    bool          // it does not answer queries until it is told to,
	late    bool          // or what it is asked first, until there is more output
	answers []byte        // to queries, not typed yet
}

// holderScript runs a command on the terminal of a session that does not end
// with it: with its leader the terminal's state would go. The command is told
// of no file but the terminal.
const holderScript = `sh -c 'echo $$ >&3; exec "$@" 3>&- 4<&-' sh "$@"; echo $? >&3; read x <&4`

// startTerm runs a command on a new terminal of that size.
func startTerm(dir string, env []string, rows, cols uint16, mute, late bool, command []string) (*term, error) {
	ours, tty, err := openPTY()
	if err != nil {
		return nil, err
	}
	defer tty.Close()
	t := &term{
		pty: ours, eof: make(chan struct{}), exited: make(chan struct{}), more: make(chan struct{}, 1),
		mute: mute, late: late,
	}
	t.screen = vt.New(vt.Size{Rows: int(rows), Cols: int(cols)}, vt.Config{Effects: vt.Effects{Reply: t.reply}})
	if t.before, err = t.state(); err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	if err := t.resize(rows, cols); err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	report, reportTo, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, ours.Close())
	}
	defer reportTo.Close()
	hold, letGo, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, ours.Close(), report.Close())
	}
	defer hold.Close()
	t.letGo = letGo
	t.holder = osexec.Command("/bin/sh", append([]string{"-c", holderScript, "sh"}, command...)...)
	t.holder.Dir, t.holder.Env = dir, env
	t.holder.Stdin, t.holder.Stdout, t.holder.Stderr = tty, tty, tty
	t.holder.ExtraFiles = []*os.File{reportTo, hold}
	t.holder.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := t.holder.Start(); err != nil {
		return nil, errors.Join(err, ours.Close(), report.Close(), letGo.Close())
	}
	go t.read()
	lines := bufio.NewReader(report)
	if t.pid, err = readNumber(lines); err != nil {
		report.Close()
		t.close()
		return nil, fmt.Errorf("start %q: %w", command, err)
	}
	go func() {
		defer report.Close()
		t.await(lines)
	}()
	return t, nil
}

// openPTY opens a terminal whose pty can be closed while it is read: pty.Open
// leaves one that blocks.
func openPTY() (ours, tty *os.File, err error) {
	p, tty, err := pty.Open()
	if err != nil {
		return nil, nil, err
	}
	defer p.Close()
	fd, err := unix.FcntlInt(p.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		return nil, nil, errors.Join(err, tty.Close())
	}
	return os.NewFile(uintptr(fd), "pty"), tty, nil
}

func readNumber(r *bufio.Reader) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(line))
}

// read gathers output until the terminal is closed, shows it and answers what
// it asks.
func (t *term) read() {
	defer close(t.eof)
	buf := make([]byte, 64<<10)
	for {
		n, err := t.pty.Read(buf)
		t.mu.Lock()
		t.out = append(t.out, buf[:n]...)
		t.late = t.late && len(t.answers) == 0
		t.screen.Write(buf[:n])
		answers := t.takeAnswers(!t.mute && !t.late)
		t.mu.Unlock()
		t.write(answers) // to a terminal that is gone, in vain
		select {
		case t.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// await notes how the command ended.
func (t *term) await(lines *bufio.Reader) {
	var err error
	if t.code, err = readNumber(lines); err != nil {
		t.code = -1
	}
	t.after, _ = t.state()
	close(t.exited)
}

// write types.
func (t *term) write(s string) error {
	_, err := io.WriteString(t.pty, s)
	return err
}

// expect waits for output that matches, behind what was expected before.
func (t *term) expect(re *regexp.Regexp) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for ended := false; ; {
		t.mu.Lock()
		at := re.FindIndex(t.out[t.seen:])
		if at != nil {
			t.seen += at[1]
		}
		rest := string(t.out[t.seen:])
		t.mu.Unlock()
		if at != nil {
			return nil
		}
		if ended {
			return fmt.Errorf("the terminal's output ended without %q; it was, since the last match:\n%q", re, rest)
		}
		select {
		case <-t.more:
		case <-t.eof:
			ended = true // look once more
		case <-deadline.C:
			return fmt.Errorf("no %q; output since the last match:\n%q", re, rest)
		}
	}
}

// output is all that the terminal was sent.
func (t *term) output() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.out)
}

// wait waits for the command's end, and for the last of its output.
func (t *term) wait() (code int, err error) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	select {
	case <-t.exited:
	case <-deadline.C:
		return 0, fmt.Errorf("the command does not end; output:\n%q", t.output())
	}
	t.letGo.Close()
	select {
	case <-t.eof:
	case <-deadline.C:
		return 0, errors.New("the terminal's output does not end")
	}
	return t.code, nil
}

// state returns the terminal's attributes.
func (t *term) state() (s *xterm.State, err error) {
	ctlErr := t.control(func(fd int) { s, err = xterm.GetState(fd) })
	return s, errors.Join(ctlErr, err)
}

func (t *term) resize(rows, cols uint16) (err error) {
	t.mu.Lock()
	t.screen.Resize(vt.Size{Rows: int(rows), Cols: int(cols)})
	t.mu.Unlock()
	size := &unix.Winsize{Row: rows, Col: cols}
	ctlErr := t.control(func(fd int) { err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, size) })
	return errors.Join(ctlErr, err)
}

// control is for what needs the descriptor: File.Fd would have it block.
func (t *term) control(do func(fd int)) error {
	conn, err := t.pty.SyscallConn()
	if err != nil {
		return err
	}
	return conn.Control(func(fd uintptr) { do(int(fd)) })
}

// sane reports whether the terminal is as the command found it.
func (t *term) sane() (bool, error) {
	select {
	case <-t.exited:
		return reflect.DeepEqual(t.before, t.after), nil
	default:
		now, err := t.state()
		return reflect.DeepEqual(t.before, now), err
	}
}

// close closes the terminal's window: whatever is on it is hung up.
func (t *term) close() {
	t.letGo.Close()
	t.pty.Close()
	t.holder.Wait()
	<-t.eof
}
