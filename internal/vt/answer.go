package vt

import "bytes"

// QueryClipboard is OSC 52 with a question mark. The model never answers it, a
// user's terminal may.
const QueryClipboard QueryKind = 0xff

// Input is a piece of what comes from a user's terminal.
type Input struct {
	Bytes []byte

	// Answer is the query that Bytes answers, 0 for keys, mouse, focus and
	// pasted text.
	Answer QueryKind

	// Ambiguous is set on what may as well be no answer: a cursor report that
	// looks like F3 with a modifier, and a colour scheme report, which some
	// programs ask to be sent at every change. It is one if it was asked for.
	Ambiguous bool

	// Continued is set on the later pieces of an answer that was too long, or
	// too long under way, to be kept until its end.
	Continued bool
}

// Hold says why an AnswerScanner keeps bytes back.
type Hold uint8

const (
	HoldNone   Hold = iota
	HoldKey         // they may be a key, such as Esc: call Flush after some 30 ms
	HoldAnswer      // they can only be an answer: call Flush after a second or so
)

const (
	maxAnswer = 4096 // bytes of a string kept until its end
	maxReport = 64   // bytes of a CSI sequence; the longest answer, DA1, has some 40
)

const (
	pasteStart = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

type answerState uint8

const (
	answerGround    answerState = iota
	answerEscape                // after ESC
	answerCSI                   // after ESC [
	answerString                // in an OSC, DCS or APC string
	answerStringEnd             // after an ESC in one
)

// AnswerScanner tells the answers to queries from the rest of what a user's
// terminal sends, in reads cut anywhere. It has no clock: while Held is not
// HoldNone its owner starts a timer anew after each Scan, and then calls Flush.
// The zero value is ready to use.
//
// The answer to ENQ can be any text and is not recognised.
type AnswerScanner struct {
	state  answerState
	buf    []byte // sequences of this Scan, the unfinished one last
	start  int    // of the unfinished sequence in buf
	opener byte   // of a string: ] or P or _

	answer    QueryKind // of a string, once its head has told
	continued bool      // part of the string was passed on

	inPaste bool
	mark    int // bytes of pasteStart, in a paste of pasteEnd, that the input ends with

	out []Input
}

// Scan appends to dst what p, and what was held before it, is made of. All bytes
// come out once and in order. Those of the result belong to p and to the scanner:
// they are valid until the next call.
func (s *AnswerScanner) Scan(dst []Input, p []byte) []Input {
	s.out = dst
	s.buf = append(s.buf[:0], s.buf[s.start:]...)
	s.start = 0
	for len(p) > 0 {
		if s.state == answerGround {
			if n := s.run(p); n > 0 {
				s.emit(Input{Bytes: p[:n]})
				p = p[n:]
				continue
			}
		}
		s.step(p[0])
		p = p[1:]
	}
	return s.take()
}

// Held tells whether bytes are kept back, and for how long they should be.
func (s *AnswerScanner) Held() Hold {
	switch {
	case s.start == len(s.buf):
		return HoldNone
	case s.answer != 0, s.state == answerCSI && reportsOnly(s.buf[s.start:]):
		return HoldAnswer
	}
	return HoldKey
}

// reportsOnly tells of an unfinished CSI sequence whether no key begins so.
func reportsOnly(seq []byte) bool {
	return len(seq) > 2 && (seq[2] == '?' || seq[2] == '>')
}

// Flush appends to dst what is held: no more of it is coming. An answer begun
// is passed on as such, and so is the rest of it if it comes after all.
func (s *AnswerScanner) Flush(dst []Input) []Input {
	s.out = dst
	switch {
	case s.state == answerStringEnd:
		s.breakOff(len(s.buf) - 1)
		s.breakOff(len(s.buf))
	case s.state == answerString && s.answer != 0:
		s.emitSequence(s.answer, len(s.buf))
		s.continued = true
	default:
		s.breakOff(len(s.buf))
	}
	return s.take()
}

func (s *AnswerScanner) take() []Input {
	out := s.out
	s.out = nil
	return out
}

// run counts the bytes at the head of p that are certainly no answer.
func (s *AnswerScanner) run(p []byte) int {
	for i := 0; i < len(p); {
		if s.mark == 0 {
			n := bytes.IndexByte(p[i:], 0x1b)
			if n < 0 {
				return len(p)
			}
			i += n
		}
		if !s.inPaste && p[i] == 0x1b {
			return i
		}
		s.track(p[i])
		i++
	}
	return len(p)
}

// track follows where a bracketed paste begins and ends: nothing in it is an
// answer. It sees every byte, held back or not, so that no timer hides a paste.
func (s *AnswerScanner) track(b byte) {
	marker := pasteStart
	if s.inPaste {
		marker = pasteEnd
	}
	if b != marker[s.mark] {
		s.mark = 0
	}
	if b == marker[s.mark] {
		s.mark++
	}
	if s.mark == len(marker) {
		s.inPaste = !s.inPaste
		s.mark = 0
	}
}

// step takes in a byte of a sequence. In the ground state that is an ESC.
func (s *AnswerScanner) step(b byte) {
	s.track(b)
	s.buf = append(s.buf, b)
	if b == 0x1b && s.state != answerString {
		s.restart()
		return
	}
	switch s.state {
	case answerEscape:
		s.stepEscape(b)
	case answerCSI:
		s.stepCSI(b)
	case answerString:
		s.stepString(b)
	case answerStringEnd:
		s.stepStringEnd(b)
	}
}

// restart begins a sequence at the ESC that buf ends with; the one before it, if
// any, is broken off.
func (s *AnswerScanner) restart() {
	if s.state == answerStringEnd {
		s.breakOff(len(s.buf) - 2)
	}
	s.breakOff(len(s.buf) - 1)
	s.state = answerEscape
}

// breakOff passes on the sequence up to end in buf, which will not be completed.
// The head of an answer is not typed text, whatever became of its tail.
func (s *AnswerScanner) breakOff(end int) {
	s.emitSequence(s.answer, end)
	s.state, s.answer, s.continued = answerGround, 0, false
}

func (s *AnswerScanner) stepEscape(b byte) {
	switch b {
	case '[':
		s.state = answerCSI
	case ']', 'P', '_':
		s.state, s.opener, s.answer, s.continued = answerString, b, 0, false
	default: // a key with Alt, or SS3
		s.breakOff(len(s.buf))
	}
}

func (s *AnswerScanner) stepCSI(b byte) {
	switch {
	case b >= 0x40 && b < 0x7f:
		answer, ambiguous := reportKind(s.buf[s.start+2:])
		s.emit(Input{Bytes: s.buf[s.start:], Answer: answer, Ambiguous: ambiguous})
		s.start = len(s.buf)
		s.state = answerGround
	case b < 0x20 || b >= 0x7f || len(s.buf)-s.start > maxReport:
		s.breakOff(len(s.buf))
	}
}

func (s *AnswerScanner) stepString(b byte) {
	switch {
	case b == 0x1b:
		s.state = answerStringEnd
		return
	case b == 0x07 && s.opener == ']':
		s.endString()
		return
	case b < 0x20: // typed: Enter, Ctrl-C
		s.breakOff(len(s.buf) - 1)
		s.breakOff(len(s.buf))
		return
	}
	if s.answer == 0 {
		answer, possible := stringKind(s.opener, s.buf[s.start+2:])
		if !possible {
			s.breakOff(len(s.buf))
			return
		}
		s.answer = answer
	}
	if len(s.buf)-s.start < maxAnswer {
		return
	}
	if s.answer == 0 {
		s.breakOff(len(s.buf))
		return
	}
	s.emitSequence(s.answer, len(s.buf))
	s.continued = true
}

func (s *AnswerScanner) stepStringEnd(b byte) {
	if b == '\\' {
		s.endString()
		return
	}
	s.breakOff(len(s.buf) - 2)
	s.state = answerEscape
	s.stepEscape(b)
}

func (s *AnswerScanner) endString() {
	answer := s.answer
	if answer == 0 && isTitleReport(s.opener, s.buf[s.start+2:]) {
		answer = QueryTitle
	}
	s.emitSequence(answer, len(s.buf))
	s.state, s.answer, s.continued = answerGround, 0, false
}

// emitSequence passes on buf up to end as part of a sequence.
func (s *AnswerScanner) emitSequence(answer QueryKind, end int) {
	s.emit(Input{Bytes: s.buf[s.start:end], Answer: answer, Continued: answer != 0 && s.continued})
	s.start = end
}

func (s *AnswerScanner) emit(in Input) {
	if len(in.Bytes) > 0 {
		in.Bytes = in.Bytes[:len(in.Bytes):len(in.Bytes)]
		s.out = append(s.out, in)
	}
}
