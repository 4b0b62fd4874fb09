package client

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/internal/termreset"
	"github.com/xsh-project/xsh/pkg/exec"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
	typespb "github.com/xsh-project/xsh/proto/xsh/types/v1"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

const fenceAnswer = "\x1b[0n\x1b[?62;22c\x1b[?62;22c"

// screen is the user's end of a terminal on which a client is attached.
type screen struct {
	t         *testing.T
	pty, tty  *os.File
	before    term.State
	attached  chan struct{} // closed when Attach has returned
	outcome   Outcome
	err       error
	mu        sync.Mutex
	got       []byte
	changed   *sync.Cond
	closeOnce sync.Once
}

// attach attaches a client to the server on a terminal of its own.
func attach(t *testing.T, s *fakeServer, cfg AttachConfig) *screen {
	return attachBy(t.Context(), t, newTestClient(s), cfg)
}

func attachBy(ctx context.Context, t *testing.T, c *Client, cfg AttachConfig) *screen {
	t.Helper()
	ours, tty := openPTY(t)
	var err error
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	x := &screen{t: t, pty: ours, tty: tty, attached: make(chan struct{})}
	x.changed = sync.NewCond(&x.mu)
	x.before = attributes(t, tty)
	cfg.Session, cfg.In, cfg.Out, cfg.Options.SyncOutput = "one", tty, tty, true
	if cfg.DetachKey == (DetachKey{}) {
		if cfg.DetachKey, err = ParseDetachKey(DefaultDetachKey); err != nil {
			t.Fatal(err)
		}
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := ours.Read(buf)
			x.mu.Lock()
			x.got = append(x.got, buf[:n]...)
			x.changed.Broadcast()
			x.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	go func() {
		defer close(x.attached)
		x.outcome, x.err = c.AttachTerminal(ctx, cfg)
	}()
	t.Cleanup(func() {
		x.close()
		<-x.attached
		tty.Close()
		<-read
	})
	return x
}

// openPTY opens a terminal whose pty can be closed while it is read: pty.Open
// leaves one that blocks.
func openPTY(t *testing.T) (ours, tty *os.File) {
	t.Helper()
	p, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	fd, err := unix.FcntlInt(p.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "pty"), tty
}

// close closes the terminal's window.
func (x *screen) close() {
	x.closeOnce.Do(func() { x.pty.Close() })
}

func attributes(t *testing.T, tty *os.File) term.State {
	t.Helper()
	s, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return *s
}

func (x *screen) typeText(text string) {
	x.t.Helper()
	if _, err := x.pty.WriteString(text); err != nil {
		x.t.Fatal(err)
	}
}

// shows waits until the terminal was sent text, and forgets all up to that.
func (x *screen) shows(text string) {
	x.t.Helper()
	late := time.AfterFunc(patience, func() { x.changed.Broadcast() })
	defer late.Stop()
	began := time.Now()
	x.mu.Lock()
	defer x.mu.Unlock()
	for {
		if _, rest, ok := bytes.Cut(x.got, []byte(text)); ok {
			x.got = rest
			return
		}
		if time.Since(began) > patience {
			x.t.Fatalf("the terminal does not show %q; it was sent %q", text, x.got)
		}
		x.changed.Wait()
	}
}

// end waits until the client has ended and checks that the terminal is as it
// was.
func (x *screen) end() Outcome {
	x.t.Helper()
	select {
	case <-x.attached:
	case <-time.After(patience):
		x.t.Fatal("the client does not end")
	}
	if x.err != nil {
		x.t.Fatalf("Attach: %v", x.err)
	}
	if now := attributes(x.t, x.tty); now != x.before {
		x.t.Errorf("the terminal was left as %+v, found as %+v", now, x.before)
	}
	return x.outcome
}

func TestAttachTypeDetach(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.replay = []byte("replay.")
	x := attach(t, s, AttachConfig{})
	x.shows("replay.")
	if attributes(t, x.tty) == x.before {
		t.Error("the terminal is not raw")
	}
	x.typeText("\x03typed\r")
	x.shows("\x03typed\r")
	if err := pty.Setsize(x.tty, &pty.Winsize{Rows: 30, Cols: 100}); err != nil {
		t.Fatal(err)
	}
	// The terminal is not this process's own: the kernel tells nobody.
	if err := unix.Kill(unix.Getpid(), unix.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	s.await("the size", func() bool { return len(s.sizes) > 0 && s.sizes[0].GetRows() == 30 })
	x.typeText("\x1c")
	s.await("the first press", func() bool { return s.firsts == 1 })
	x.typeText("\x1cmore")
	x.shows("bye.")
	if o := x.end(); o.Reason != ReasonDetached || o.Session.Name != "one" {
		t.Errorf("outcome %+v", o)
	}
	if got := s.arrived(); got != "\x03typed\r\x1c" || s.firsts != 1 {
		t.Errorf("arrived %q, with %d first presses", got, s.firsts)
	}
	o := s.attaches[0].GetOptions()
	if o.GetSize().GetRows() != 24 || o.GetSize().GetCols() != 80 || len(o.GetClient()) < 16 || !o.GetScreenFirst() {
		t.Errorf("attached with %v", o)
	}
}

func TestAttachSessionEnds(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.replay = []byte("ready")
	x := attach(t, s, AttachConfig{})
	x.shows("ready")
	s.print("last.")
	s.end(closeOutput(&typespb.ExitStatus{Code: 3}))
	x.shows("last.end.")
	if o := x.end(); o.Reason != ReasonEnded || o.Exit.Code != 3 {
		t.Errorf("outcome %+v", o)
	}
}

func TestAttachEvicted(t *testing.T) {
	s := newFakeServer(t)
	x := attach(t, s, AttachConfig{})
	s.end(&execpb.StreamOutput{Signal: execpb.StreamSignal_STREAM_SIGNAL_CLOSE, Detached: true, Data: []byte("out.")})
	x.shows("out.")
	if o := x.end(); o.Reason != ReasonEvicted {
		t.Errorf("outcome %+v", o)
	}
}

func TestAttachRefused(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.refuse = errNotFound
	x := attach(t, s, AttachConfig{})
	<-x.attached
	if !errors.Is(x.err, exec.ErrSessionNotFound) {
		t.Errorf("Attach = %v", x.err)
	}
	if len(x.got) > 0 || attributes(t, x.tty) != x.before {
		t.Error("the terminal was touched")
	}
}

func TestAttachLost(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.replay = []byte("ready")
	x := attach(t, s, AttachConfig{})
	x.shows("ready")
	s.cut()
	x.shows(termreset.Lost())
	if o := x.end(); o.Reason != ReasonLost || o.Err == nil {
		t.Errorf("outcome %+v", o)
	}
}

func TestAttachHangup(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.replay = []byte("ready")
	x := attach(t, s, AttachConfig{})
	x.shows("ready")
	x.close()
	<-x.attached
	if x.err != nil || x.outcome.Reason != ReasonHangup {
		t.Errorf("outcome %+v, %v", x.outcome, x.err)
	}
}

func TestAttachToldToEnd(t *testing.T) {
	leaktest.Check(t)
	for name, tell := range map[string]func(cancel func()){
		"context": func(cancel func()) { cancel() },
		"signal":  func(func()) { unix.Kill(unix.Getpid(), unix.SIGHUP) },
	} {
		s := newFakeServer(t)
		s.replay = []byte("ready")
		ctx, cancel := context.WithCancel(t.Context())
		x := attachBy(ctx, t, newTestClient(s), AttachConfig{})
		x.shows("ready")
		tell(cancel)
		x.shows("bye.")
		if o := x.end(); o.Reason != ReasonHangup {
			t.Errorf("%s: outcome %+v", name, o)
		}
		cancel()
	}
}

// TestToldWhileWaiting: a server that says nothing does not keep a client that
// is told to end.
func TestToldWhileWaiting(t *testing.T) {
	// The client catches signals when it has sent its request. Until then this test does,
	// and sends the next when it got one; and still when the client has given them back.
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, syscall.SIGTERM)
	t.Cleanup(func() { signal.Stop(caught) })
	leaktest.Check(t) // waits for that, before the cleanup above
	s := newFakeServer(t)
	waits, hold := make(chan struct{}), make(chan struct{})
	s.greet = func(net.Conn) bool { close(waits); <-hold; return false }
	x := attach(t, s, AttachConfig{})
	<-waits
	for told := false; !told; {
		unix.Kill(unix.Getpid(), syscall.SIGTERM)
		<-caught
		select {
		case <-x.attached:
			told = true
		default:
		}
	}
	close(hold)
	var wait *WaitError
	if !errors.As(x.err, &wait) || !strings.Contains(x.err.Error(), "told to end while waiting for the server's answer") {
		t.Errorf("Attach = %v", x.err)
	}
}

// TestSizeWhileWaiting changes the terminal's size while the server is at work on
// the attach: the server is told.
func TestSizeWhileWaiting(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	waits, hold := make(chan struct{}), make(chan struct{})
	s.greet = func(net.Conn) bool { close(waits); <-hold; return true }
	x := attach(t, s, AttachConfig{})
	<-waits
	if err := pty.Setsize(x.tty, &pty.Winsize{Rows: 30, Cols: 100, X: 900, Y: 600}); err != nil {
		t.Fatal(err)
	}
	// The kernel tells nobody, and the client may look after it has sent its request.
	unix.Kill(unix.Getpid(), unix.SIGWINCH)
	close(hold)
	s.await("the size", func() bool { return len(s.sizes) > 0 && s.sizes[0].GetRows() == 30 })
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.sizes[0].GetPixels(); p.GetWidth() != 900 || p.GetHeight() != 600 {
		t.Errorf("in pixels it is %v", p)
	}
}

func TestReconnectWhileTyping(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.replay = []byte("ready")
	x := attach(t, s, AttachConfig{Reconnect: patience})
	x.shows("ready")
	s.print("output.")
	x.shows("output.")
	var want strings.Builder
	for i := range 50 {
		line := strings.Repeat("x", i) + ".\r"
		want.WriteString(line)
		x.typeText(line)
		s.cut()
		x.shows(line)
	}
	if got := s.arrived(); got != want.String() {
		t.Errorf("arrived %q", got)
	}
	s.mu.Lock()
	for _, a := range s.attaches[1:] {
		if a.GetOptions().ResumeOffset == nil || a.GetOptions().GetClient() != s.attaches[0].GetOptions().GetClient() || a.GetSession() != "id1" {
			t.Errorf("attached again with %v", a)
		}
	}
	s.mu.Unlock()
	x.typeText("\x1c\x1c")
	if o := x.end(); o.Reason != ReasonDetached || o.Unsure+o.Undelivered > 0 {
		t.Errorf("outcome %+v", o)
	}
}

// TestAwayIsSaid: a break that lasts is said on the last row, the detach key
// works meanwhile, and what was typed is counted.
// TestBreakWithinTheReplay breaks a connection between the screen and the history
// behind it: the client cannot go on from there, and is drawn the screen again.
func TestBreakWithinTheReplay(t *testing.T) {
	leaktest.Check(t)
	for _, rest := range []bool{true, false} {
		s := newFakeServer(t)
		s.replay, s.rest = []byte("replay."), rest
		x := attach(t, s, AttachConfig{Reconnect: patience})
		x.shows("replay.")
		s.cut()
		s.await("the client to come back", func() bool { return len(s.attaches) == 2 })
		if resumes := s.attaches[1].GetOptions().ResumeOffset != nil; resumes == rest {
			t.Errorf("rest %v: resumes %v", rest, resumes)
		}
		x.typeText("\x1c\x1c")
		x.end()
	}
}

func TestAwayIsSaid(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	s.replay = []byte("ready")
	x := attachBy(t.Context(), t, newTestClient(s), AttachConfig{
		Reconnect: patience,
		Redial:    func(context.Context) (net.Conn, error) { return nil, ErrNoServer },
	})
	x.shows("ready")
	s.cut()
	x.shows("\x1b[24;1H")
	x.shows("xsh: connection lost")
	x.typeText("kept\x1c\x1c")
	x.shows(termreset.Lost())
	if o := x.end(); o.Reason != ReasonDetached || o.Undelivered != len("kept") {
		t.Errorf("outcome %+v", o)
	}
}

// TestDrawnAnewAfterTheNotice: the line that says that the connection broke does
// not stay on the screen.
func TestDrawnAnewAfterTheNotice(t *testing.T) {
	s := newFakeServer(t)
	s.replay = []byte("ready")
	said := make(chan struct{})
	dial := s.dialer(nil)
	x := attachBy(t.Context(), t, newTestClient(s), AttachConfig{
		Reconnect: patience,
		Options:   exec.AttachOptions{SyncOutput: true},
		Title:     func(*exec.Session) string { return "a \x07title" },
		Redial: func(ctx context.Context) (net.Conn, error) {
			select {
			case <-said:
				return dial(ctx)
			default:
				return nil, ErrNoServer
			}
		},
	})
	const titled = "\x1b]2;a title\x1b\\ready"
	x.shows(termreset.Begin + titled)
	s.print("text.")
	x.shows("text.")
	s.cut()
	x.shows("xsh: connection lost")
	close(said)
	// What was set and pushed before is so again with the replay, and only once.
	x.shows(termreset.Everything() + termreset.TitlesOfBegin() + titled)
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.attaches[len(s.attaches)-1]; a.GetOptions().ResumeOffset != nil {
		t.Errorf("attached again with %v", a)
	}
}

func TestReadOnlyTypesNothing(t *testing.T) {
	s := newFakeServer(t)
	s.replay = []byte("ready")
	x := attach(t, s, AttachConfig{Options: exec.AttachOptions{ReadOnly: true}})
	x.shows("ready")
	x.typeText("x\x1c\x1c")
	x.shows("bye.")
	if o := x.end(); o.Reason != ReasonDetached {
		t.Errorf("outcome %+v", o)
	}
	if got := s.arrived(); got != "" {
		t.Errorf("arrived %q", got)
	}
}

// TestAnswersOnTheirWay: what a terminal answers after the detach is kept from
// the shell, and what is typed behind that is the shell's.
func TestAnswersOnTheirWay(t *testing.T) {
	for name, leave := range map[string]*execpb.AttachSessionResponse{
		"answers are due":    {Buffer: []byte("bye."), AnswersDue: true},
		"the mouse reported": {Buffer: []byte("\x1b[?1003lbye.")},
	} {
		t.Run(name, func(t *testing.T) {
			leaktest.Check(t)
			s := newFakeServer(t)
			s.replay, s.leave = []byte("ready"), leave
			x := attach(t, s, AttachConfig{})
			x.shows("ready")
			x.typeText("\x1c\x1c")
			x.shows("bye." + termreset.End + termin.FenceQuestion)
			x.typeText("\x1b[<35;1;1M\x1b]11;rgb:0/0/0\x1b\\" + fenceAnswer + "next\n")
			if o := x.end(); o.Reason != ReasonDetached || o.Dropped != 0 {
				t.Errorf("outcome %+v", o)
			}
			buf := make([]byte, 64)
			n, err := x.tty.Read(buf)
			if err != nil || string(buf[:n]) != "next\n" {
				t.Errorf("the next to read gets %q, %v", buf[:n], err)
			}
		})
	}
}

// TestTypedWhileLeaving: what a user types for the shell while the terminal is
// asked its last question goes back to the terminal, or is counted.
func TestTypedWhileLeaving(t *testing.T) {
	s := newFakeServer(t)
	s.replay = []byte("ready")
	s.leave = &execpb.AttachSessionResponse{Buffer: []byte("bye."), AnswersDue: true}
	x := attach(t, s, AttachConfig{})
	x.shows("ready")
	x.typeText("\x1c\x1c")
	x.shows(termin.FenceQuestion)
	x.typeText("ls\r\x1b[3;7R" + fenceAnswer)
	o := x.end()
	if o.Dropped == len("ls\r") {
		return // the system does not permit to give it back
	}
	buf := make([]byte, 64)
	n, err := x.tty.Read(buf)
	if err != nil || string(buf[:n]) != "ls\n" || o.Dropped != 0 {
		t.Errorf("the next to read gets %q, %v; dropped %d", buf[:n], err, o.Dropped)
	}
}

// TestTerminalThatTakesNothing: the detach key and a signal work all the same.
func TestTerminalThatTakesNothing(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	ours, tty := openPTY(t)
	defer ours.Close()
	defer tty.Close()
	before := attributes(t, tty)
	key, _ := ParseDetachKey(DefaultDetachKey)
	ended := make(chan Outcome)
	go func() {
		o, _ := newTestClient(s).AttachTerminal(t.Context(), AttachConfig{Session: "one", In: tty, Out: tty, DetachKey: key})
		ended <- o
	}()
	s.await("the attach", func() bool { return len(s.conns) == 1 })
	s.print(strings.Repeat("much ", 1<<16))
	buf := make([]byte, 8<<10) // it takes some, and then nothing
	for {
		ours.Read(buf)
		s.mu.Lock()
		shown := s.shown
		s.mu.Unlock()
		if shown > 0 {
			break
		}
	}
	ours.WriteString("\x1c\x1c")
	select {
	case o := <-ended:
		if o.Reason != ReasonDetached {
			t.Errorf("outcome %+v", o)
		}
	case <-time.After(patience):
		t.Fatal("the client does not end")
	}
	if attributes(t, tty) != before {
		t.Error("the terminal is not as it was")
	}
}

// TestHalfOpen: a connection over which nothing comes any more, and which nobody
// closes, is found and dialled again.
func TestHalfOpen(t *testing.T) {
	leaktest.Check(t)
	s := newFakeServer(t)
	waker, err := rawtty.NewWaker()
	if err != nil {
		t.Fatal(err)
	}
	defer waker.Close()
	request, err := newRequest("one", nil, false, &typespb.AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(s.dialer(nil), waker, request, times{answer: patience, ping: 20 * time.Millisecond, silence: 40 * time.Millisecond, reconnect: patience})
	defer l.close()
	l.begin(nil, time.Now())
	attaches, broken := 0, 0
	for by := time.Now().Add(patience); attaches < 2 && time.Now().Before(by); {
		wait := time.Duration(-1)
		if at := l.deadline(); !at.IsZero() {
			wait = max(time.Until(at), 0)
		}
		fds := [...]rawtty.Ready{{FD: waker.FD(), Read: true}, l.wants(false)}
		if err := rawtty.Wait(fds[:], wait); err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		if fds[0].CanRead {
			waker.Clear()
		}
		if fds[1].CanRead {
			l.receive(now)
		}
		l.tick(now, false)
		l.send(now)
		for e := l.next(now); e.kind != eventNone; e = l.next(now) {
			switch e.kind {
			case eventAttached:
				attaches++
				s.mu.Lock()
				s.silent = true
				s.mu.Unlock()
			case eventBroken:
				broken++
				if !errors.Is(e.err, ErrNoAnswer) {
					t.Errorf("broken by %v", e.err)
				}
			}
		}
	}
	if attaches != 2 || broken != 1 {
		t.Errorf("%d attaches, %d breaks", attaches, broken)
	}
}

// TestKeyAllocatesNothing: neither on its way out nor on its echo's way back.
func TestKeyAllocatesNothing(t *testing.T) {
	ours, tty := openPTY(t)
	defer ours.Close()
	defer tty.Close()
	key, _ := ParseDetachKey(DefaultDetachKey)
	client, server := socketPair(t)
	defer server.Close()
	request, err := newRequest("one", nil, false, &typespb.AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	x := &seat{cfg: &AttachConfig{In: tty, Out: tty, DetachKey: key}, request: request, greeted: func(*xshpb.Hello) {}}
	if err := x.open(); err != nil {
		t.Fatal(err)
	}
	defer x.close()
	x.link = newLink(nil, x.waker, request, usualTimes(0))
	defer x.link.close()
	x.link.begin(client, time.Now())
	hello := frame(stream.Hello, &xshpb.Hello{MinVersion: 1, MaxVersion: 1})
	server.Write(append(hello, frame(stream.Attached, &execpb.AttachSessionResponse{})...))
	for !x.raw {
		x.turn()
	}
	buf := make([]byte, 4096)
	server.Read(buf)
	echo := stream.AppendOutput(nil, stream.OutputFrame{Data: []byte("x")})
	pressed := func() {
		ours.Write([]byte("x"))
		x.turn()
		server.Read(buf)
		server.Write(echo)
		x.turn()
		ours.Read(buf)
		x.link.typed.arrived(x.link.typed.end()) // as output says sooner or later
	}
	// The race detector has one of its own.
	if n := testing.AllocsPerRun(100, pressed); n > 1 {
		t.Errorf("%v allocations for a key and its echo", n)
	}
}
