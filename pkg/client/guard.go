package client

import (
	"bytes"
	"slices"
	"time"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/termin"
	"github.com/xsh-project/xsh/internal/termreset"
)

// fenceWait bounds how long the terminal's last answers are waited for. What one
// that is farther away answers later is typed into the shell.
const fenceWait = 2 * time.Second

// leave is the one way out: it detaches, where the server does not know yet that
// the attachment has ended, leaves the terminal's modes as a shell expects them,
// keeps answers that are still on their way from the shell, and puts back the
// terminal's attributes.
func (s *seat) leave() Outcome {
	out := s.outcome
	s.goodbye(out.Reason)
	out.Session, out.Failure = s.session, s.failure
	s.count(&out)
	if out.Reason == reasonResumed && s.tty.InBackground() {
		// Whoever stopped us had the terminal taken by a shell, and goes on with
		// us behind it: this stops us until we are in front again.
		if err := s.tty.MakeRaw(); err != nil {
			out.Reason = ReasonHangup
		}
	}
	if s.tty.InBackground() { // somebody else's by now
		return out
	}
	reset := s.reset()
	due := s.answer != nil && (s.answer.AnswersDue || reports(s.answer.Leave))
	// One that was stopped meanwhile finds the terminal in whatever mode; what
	// comes late is typed to its next attachment, which drops it.
	due = due && out.Reason != reasonResumed
	if due {
		reset = append(reset, termin.FenceQuestion...)
	}
	typed := []byte(nil)
	if s.finish(reset) && due {
		typed, out.Dropped = s.drain()
	}
	s.tty.Restore()
	s.raw = false
	out.Dropped += len(typed) - s.tty.Unread(typed)
	return out
}

// modern tells whether the terminal passes over what it does not know, so that it
// can be asked to keep what is the user's; see termreset.Begin.
func (s *seat) modern() bool { return s.cfg.Options.SyncOutput }

// reset is what puts the terminal back: what the server says, which knows what is
// set, else everything.
func (s *seat) reset() []byte {
	switch told := s.answer != nil && s.answer.Leave != nil; {
	case told && s.modern():
		// What is said next begins a line, and that is the last thing to do.
		leave, line := bytes.CutSuffix(s.answer.Leave, []byte("\r\n"))
		leave = append(slices.Clip(leave), termreset.End...)
		if line {
			leave = append(leave, "\r\n"...)
		}
		return leave
	case told:
		return s.answer.Leave
	case s.modern():
		return []byte(termreset.Lost() + "\r\n")
	default:
		return []byte(termreset.Everything() + "\r\n")
	}
}

// goodbye detaches and shows what still comes, until the server answers.
func (s *seat) goodbye(why Reason) {
	switch why {
	case ReasonEnded, ReasonEvicted, ReasonLost, reasonMoved:
		return
	}
	if !s.link.detach(time.Now()) {
		return
	}
	s.leaving, s.done, s.flushAt = true, false, time.Time{}
	s.link.send(time.Now())
	for !s.done && !s.hurry {
		s.turn()
	}
}

// count notes what was typed and may not have arrived.
func (s *seat) count(out *Outcome) {
	out.Unsure = s.link.lost
	if s.answer == nil { // the server has not said that it got all
		out.Unsure += s.link.typed.sent
		out.Undelivered = s.link.typed.unsent()
	}
}

// reports tells whether what puts the terminal back turns off something that has
// it report by itself: keys that are let go, the mouse, the focus. Such a report
// may be on its way.
func reports(reset []byte) bool {
	for _, off := range []string{
		"\x1b[?9l", "\x1b[?1000l", "\x1b[?1002l", "\x1b[?1003l", "\x1b[?1004l", "\x1b[?2031l", "\x1b[?2048l",
		"\x1b[=0u", "\x1b[<",
	} {
		if bytes.Contains(reset, []byte(off)) {
			return true
		}
	}
	return false
}

// finish writes what is left to be shown, and then what puts the terminal back.
// It gives up on a terminal that takes nothing, and when a second signal comes.
func (s *seat) finish(reset []byte) bool {
	s.pending = append(s.pending, reset...)
	by := time.Now().Add(lastWait)
	for len(s.pending) > 0 {
		n, err := s.tty.Write(s.pending)
		if err != nil {
			return false
		}
		s.pending = s.pending[n:]
		if len(s.pending) > 0 && !s.await(rawtty.Ready{FD: s.tty.OutFD(), Write: true}, by) {
			return false
		}
	}
	return true
}

// await waits for the terminal, no longer than by. It reports whether there is
// still time.
func (s *seat) await(r rawtty.Ready, by time.Time) bool {
	fds := [...]rawtty.Ready{r, {FD: s.waker.FD(), Read: true}}
	left := time.Until(by)
	if left <= 0 || s.hurry {
		return false
	}
	if err := rawtty.Wait(fds[:], left); err != nil {
		return false
	}
	if fds[1].CanRead {
		s.waker.Clear()
		s.leaving = true
		s.news()
	}
	return !s.hurry
}

// drain reads what comes from the terminal until it has answered the fence, byte
// by byte: what was typed behind the answer is the shell's. It returns what was
// typed before, and how much more than can be kept.
func (s *seat) drain() (typed []byte, lost int) {
	fence := s.keys.Fence()
	by := time.Now().Add(fenceWait)
	var b [1]byte
	for s.await(rawtty.Ready{FD: s.tty.InFD(), Read: true}, by) {
		n, err := s.tty.Read(b[:])
		if err != nil { // the terminal is gone
			return nil, 0
		}
		if _, answered := fence.Scan(b[:n]); answered {
			break
		}
	}
	return fence.Typed()
}

// abandon puts the terminal back as well as can be done at once, for a way out
// that nobody has foreseen.
func (s *seat) abandon() {
	if s.raw && !s.tty.InBackground() {
		s.answer = nil
		s.tty.Write(s.reset())
		s.tty.Restore()
	}
}
