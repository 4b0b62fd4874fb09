package client

import (
	"errors"
	"net"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/pkg/exec"
	xshpb "github.com/xsh-project/xsh/proto/xsh/v1"
)

const (
	// maxPending is how much output may wait for the terminal before the
	// connection is left unread. The server sends less than that to a terminal
	// that takes nothing.
	maxPending = 256 << 10

	// escapeWait is how long an ESC is taken for the beginning of a key, keyWait
	// how long the beginning of a sequence.
	escapeWait = 30 * time.Millisecond
	keyWait    = 500 * time.Millisecond
)

// ends are the signals that tell a client to end.
var ends = []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM}

// seat is a user's terminal while it is attached: one loop that waits for the
// terminal, the connection and signals at once. A key is one wake,
// one read and one write; its echo the same.
type seat struct {
	cfg     *AttachConfig
	request *xshpb.Attach
	input   typed // typed before, to the same session
	greeted func(*xshpb.Hello)

	tty     *rawtty.Terminal
	waiter  *rawtty.Waiter
	waker   *rawtty.Waker
	signals *rawtty.Signals
	size    rawtty.Size // the terminal's, as the server was told
	ended   atomic.Bool // the context did

	link    *link
	keys    *termin.Detach
	flushAt time.Time // when keys holds something, and for long enough
	buf     []byte    // for reads

	pending []byte // output that the terminal has not taken yet
	before  int    // how much of it is not this connection's output
	calm    calm
	heading heading

	raw     bool // the terminal is ours
	told    bool // a signal told us to end
	hurry   bool // and another one
	leaving bool // the loop runs for the answer to a detach
	noticed bool // the terminal shows that the connection is broken
	done    bool // outcome or err is there
	outcome Outcome
	err     error
	session *exec.Session
	failure *exec.StreamError // told before the end
	answer  *exec.Detached    // what the server says to put the terminal back with
}

// open takes what the loop waits for, and changes nothing of the terminal.
func (s *seat) open() (err error) {
	if s.tty, err = rawtty.Open(s.cfg.In, s.cfg.Out); err != nil {
		return err
	}
	if s.waker, err = rawtty.NewWaker(); err != nil {
		s.tty.Close()
		return err
	}
	s.waiter = rawtty.NewWaiter()
	s.keys = termin.NewDetach(s.cfg.DetachKey)
	s.buf = make([]byte, 16<<10)
	s.resize()
	return nil
}

// watch catches the signals, from before the terminal is touched: a client that is
// stopped then would leave it raw. The server is at work on the attach meanwhile,
// since catching a signal wakes a thread twice.
func (s *seat) watch() {
	s.signals = rawtty.WatchSignals(s.waker, append(ends[:len(ends):len(ends)],
		syscall.SIGWINCH, syscall.SIGTSTP, syscall.SIGCONT)...)
	s.resize() // it may have changed before
}

func (s *seat) close() {
	if s.signals != nil {
		s.signals.Stop()
	}
	s.tty.Close()
	s.waker.Close()
	s.waiter.Close()
}

// run attaches and serves the terminal until something ends that. It fails only
// before it has touched the terminal.
func (s *seat) run(spare net.Conn) error {
	s.link.begin(spare, time.Now())
	s.watch()
	for !s.done {
		s.turn()
	}
	return s.err
}

// turn waits once, and does what that was for.
func (s *seat) turn() {
	full := len(s.pending) > maxPending
	fds := [...]rawtty.Ready{
		{FD: s.waker.FD(), Read: true},
		{FD: s.tty.InFD(), Read: s.raw && !s.leaving && s.link.typed.room() > 0},
		s.link.wants(full),
		{FD: s.tty.OutFD(), Write: len(s.pending) > 0},
	}
	now := time.Now()
	if err := s.waiter.Wait(fds[:], s.timeout(now)); err != nil {
		s.end(Outcome{Reason: ReasonLost, Err: err})
		return
	}
	now = time.Now()
	if fds[0].CanRead {
		s.waker.Clear()
		s.news()
	}
	if fds[1].CanRead {
		s.read(now)
	}
	if fds[2].CanRead {
		s.link.receive(now)
	}
	s.happened(now)
	if fds[3].CanWrite {
		s.show()
	}
	s.showHeading()
	s.tick(now, full)
	s.happened(now)
	s.link.send(now)
	s.happened(now)
}

// timeout is how long there is nothing to do unless something comes.
func (s *seat) timeout(now time.Time) time.Duration {
	wait := time.Duration(-1)
	for _, at := range [...]time.Time{s.link.deadline(), s.flushAt, s.noticeAt()} {
		if at.IsZero() {
			continue
		}
		if d := max(at.Sub(now), 0); wait < 0 || d < wait {
			wait = d
		}
	}
	return wait
}

// tick does what time asks for.
func (s *seat) tick(now time.Time, full bool) {
	if !s.flushAt.IsZero() && !now.Before(s.flushAt) {
		s.typed(s.keys.Flush())
		s.hold(now)
	}
	if at := s.noticeAt(); !at.IsZero() && !now.Before(at) {
		s.notice()
	}
	s.link.tick(now, full)
}

// end notes why the attachment ends. The first reason counts.
func (s *seat) end(o Outcome) {
	if s.done {
		return
	}
	s.outcome, s.done = o, true
}

// fail is end before the terminal was touched.
func (s *seat) fail(err error) {
	if !s.done {
		s.err, s.done = err, true
	}
}

// news takes in what woke the loop: signals, and the end of the context. A dial
// that ended is tick's.
func (s *seat) news() {
	got := s.signals.Take()
	told := s.ended.Load()
	for _, sig := range ends {
		if got.Has(sig) {
			s.hurry = s.hurry || s.told
			s.told, told = true, true
		}
	}
	switch {
	case s.leaving:
	case told && !s.raw:
		s.fail(&WaitError{What: "the server's answer", Err: errTold})
	case told:
		s.end(Outcome{Reason: ReasonHangup})
	case !s.raw:
		if got.Has(syscall.SIGTSTP) {
			s.tty.Suspend() // where nobody could continue us, we go on
		}
		s.resize()
	case got.Has(syscall.SIGTSTP):
		s.end(Outcome{Reason: reasonSuspend})
	case got.Has(syscall.SIGCONT):
		s.end(Outcome{Reason: reasonResumed})
	case got.Has(syscall.SIGWINCH):
		s.resize()
	}
}

// errTold is the reason of an end that a signal asked for.
var errTold = errors.New("interrupted")

// resize tells the server of the terminal's size, if it has another than before.
func (s *seat) resize() {
	size, err := s.tty.Size()
	if err != nil || size == s.size {
		return
	}
	s.size = size
	p := sizeToProto(size)
	if s.link == nil {
		s.request.GetOptions().Size = p
	} else if p != nil {
		s.link.resize(p)
	}
}

// read takes what was typed.
func (s *seat) read(now time.Time) {
	n, err := s.tty.Read(s.buf)
	if err != nil {
		s.end(Outcome{Reason: ReasonHangup})
		return
	}
	if n > 0 {
		s.typed(s.keys.Scan(s.buf[:n]))
		s.hold(now)
	}
}

// typed passes on what was typed, up to the detach key.
func (s *seat) typed(pieces []termin.Piece, detached bool) {
	if detached { // the first presses that came with the last are nobody's
		left := s.cfg.DetachKey.Keys() - 1
		for i := len(pieces) - 1; i >= 0 && left > 0; i-- {
			if pieces[i].First {
				pieces = slices.Delete(pieces, i, i+1)
				left--
			}
		}
	}
	for _, p := range pieces {
		if !s.cfg.Options.ReadOnly {
			s.link.typed.add(p.Bytes, p.First)
		}
	}
	if detached {
		s.end(Outcome{Reason: ReasonDetached})
	}
}

// hold sets the time at which what the scanner keeps is not the detach key.
func (s *seat) hold(now time.Time) {
	switch s.keys.Held() {
	case termin.HoldNone:
		s.flushAt = time.Time{}
	case termin.HoldEscape:
		s.flushAt = now.Add(escapeWait)
	default:
		s.flushAt = now.Add(keyWait)
	}
}

// happened takes in what happened on the link.
func (s *seat) happened(now time.Time) {
	for {
		e := s.link.next(now)
		switch e.kind {
		case eventNone:
			return
		case eventAttached:
			s.attached(e)
		case eventOutput:
			s.output(e.output)
		case eventTold:
			s.takeTold(e.told)
		case eventFailure:
			s.failure = e.end.Error
		case eventEnded:
			s.answer = &exec.Detached{Leave: e.end.Data, AnswersDue: e.end.AnswersDue}
			o := Outcome{Reason: ReasonEnded, Exit: e.end.Exit}
			switch {
			case e.end.MoveTo != "":
				o = Outcome{Reason: reasonMoved, moveTo: e.end.MoveTo}
			case e.end.Detached:
				o = Outcome{Reason: ReasonEvicted}
			}
			s.end(o)
		case eventDetached:
			s.answer = &exec.Detached{Leave: e.reply.GetBuffer(), AnswersDue: e.reply.GetAnswersDue()}
			s.done = true
		case eventOver:
			if s.raw {
				s.end(Outcome{Reason: ReasonLost, Err: e.err})
				s.done = true
			} else {
				s.fail(e.err)
			}
		}
	}
}

// attached begins to show the session, for the first time or again.
func (s *seat) attached(e event) {
	if p := e.reply.GetSession(); p != nil {
		s.session = exec.NewSessionFromProto(p)
	}
	replay := e.reply.GetBuffer()
	if !s.raw {
		if err := s.take(); err != nil {
			s.fail(err)
			return
		}
		replay = append(s.begin(), replay...)
	} else if !e.resumed {
		replay = append(s.again(), replay...)
	}
	if !e.resumed {
		s.noticed = false
		s.heading.begin(replay, e.reply.GetReply().GetRest())
		s.print(replay)
	}
	s.before = len(s.pending)
	s.head()
}

// take makes the terminal ours. From here on a client that is stopped would
// leave it raw.
func (s *seat) take() error {
	s.greeted(s.link.hello)
	if s.cfg.Attached != nil {
		s.cfg.Attached(s.session)
	}
	if err := s.tty.MakeRaw(); err != nil {
		return err
	}
	s.raw = true
	return nil
}

// output shows what came.
func (s *seat) output(o stream.OutputFrame) {
	switch {
	case o.Flags&stream.Drawn != 0:
		s.calm = calm{} // what comes then begins anew
	case s.cfg.KeepScrollback:
		s.calm.quiet(o.Data)
	}
	n := s.print(o.Data)
	s.link.tookOutput(n, false)
	s.heading.passed(o)
	s.showHeading()
}

// print writes to the terminal, behind what it has not taken yet, and returns
// how much it took at once.
func (s *seat) print(p []byte) (n int) {
	if len(s.pending) == 0 {
		var err error
		if n, err = s.tty.Write(p); err != nil {
			s.end(Outcome{Reason: ReasonHangup})
			return len(p)
		}
	}
	s.pending = append(s.pending, p[n:]...)
	return n
}

// show writes what the terminal has not taken yet.
func (s *seat) show() {
	if len(s.pending) == 0 {
		return
	}
	n, err := s.tty.Write(s.pending)
	if err != nil {
		s.end(Outcome{Reason: ReasonHangup})
		n = len(s.pending)
	}
	s.pending = s.pending[:copy(s.pending, s.pending[n:])]
	old := min(n, s.before)
	s.before -= old
	s.link.tookOutput(n-old, len(s.pending) == 0)
}
