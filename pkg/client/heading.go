package client

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/xsh-project/xsh/internal/ctlseq"
	"github.com/xsh-project/xsh/internal/stream"
	"github.com/xsh-project/xsh/pkg/exec"
	execpb "github.com/xsh-project/xsh/proto/omniview/sdk/exec/v1"
)

// heading is what the terminal's window is called while the session's program tells
// what it is at. It is written between what the program prints, and again whenever that
// may have set another title.
type heading struct {
	text string // empty: nobody tells
	due  []byte // is to be written when the output is at a place for it

	rest bool // of the replay is still to come, with the program's own title
	scan ctlseq.Scanner
	last []byte // of the output: as much as a character may have
}

// begin notes that the terminal is shown the session anew.
func (h *heading) begin(replay []byte, rest bool) {
	h.scan, h.last, h.rest = ctlseq.Scanner{}, nil, rest
	h.follow(replay)
	h.again()
}

// passed notes what was printed.
func (h *heading) passed(o stream.OutputFrame) {
	if o.Flags&stream.Drawn == 0 || o.Flags&stream.Whole != 0 {
		h.rest = false
	}
	within := !h.scan.InText()
	h.follow(o.Data)
	if h.text != "" && (within || setsTitle(o.Data)) {
		h.again()
	}
}

// follow keeps where in a sequence or a character the output ends. What stands before
// its last escape does not matter for that.
func (h *heading) follow(data []byte) {
	tail := data
	switch {
	case bytes.IndexByte(data, 0x1b) >= 0: // quick where there is none
		h.scan, tail = ctlseq.Scanner{}, data[bytes.LastIndexByte(data, 0x1b):]
	case h.scan.InText():
		tail = nil
	}
	for _, c := range tail {
		if h.scan.Next(c); h.scan.InText() { // to the end: there is no other escape
			break
		}
	}
	h.last = append(h.last, data[max(0, len(data)-utf8.UTFMax):]...)
	h.last = append(h.last[:0], h.last[max(0, len(h.last)-utf8.UTFMax):]...)
}

// setsTitle reports whether output may set the window's title, or bring one back.
func setsTitle(data []byte) bool {
	for _, begin := range []string{"\x1b]0;", "\x1b]2;", "\x1b[23"} {
		if bytes.Contains(data, []byte(begin)) {
			return true
		}
	}
	return false
}

// again has the heading written once more.
func (h *heading) again() {
	if h.text != "" {
		h.due = setTitle(h.text)
	}
}

// mayFollow reports whether something can be written behind the output so far.
func (h *heading) mayFollow() bool { return h.scan.InText() && !h.split() && !h.rest }

// split reports whether the output ends within a character.
func (h *heading) split() bool {
	for n := len(h.last) - 1; n >= 0; n-- {
		if utf8.RuneStart(h.last[n]) {
			return !utf8.FullRune(h.last[n:])
		}
	}
	return false
}

// takeTold takes in what the server tells of the session.
func (s *seat) takeTold(p *execpb.Session) {
	told := exec.NewSessionFromProto(p)
	if s.session == nil || s.leaving {
		return
	}
	s.session.Name, s.session.Title, s.session.State = told.Name, told.Title, told.State
	s.head()
	s.showHeading()
}

// head has the window called what the session's state asks for. Without a state it is
// called what the program said last, or what it was called at the beginning.
func (s *seat) head() {
	if s.cfg.StateTitle == nil || s.session == nil || !s.modern() {
		return
	}
	h := &s.heading
	text := ""
	if slices.Contains(s.link.hello.GetCan(), stream.CanTell) { // else nobody says when it is over
		text = printable(s.cfg.StateTitle(s.session))
	}
	switch {
	case text == h.text:
		return
	case text != "":
		h.due = setTitle(text)
	case s.session.Title != "":
		h.due = setTitle(printable(s.session.Title))
	default:
		h.due = []byte(s.title())
	}
	h.text = text
}

// showHeading writes what is due, if the terminal has taken all output and that does
// not end within something.
func (s *seat) showHeading() {
	h := &s.heading
	if len(h.due) == 0 || len(s.pending) > 0 || !s.raw || s.leaving || !h.mayFollow() {
		return
	}
	due := h.due
	h.due = nil
	s.print(due)
	s.before = len(s.pending) // the server counts its output alone
}
