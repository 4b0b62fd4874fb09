package client

import "bytes"

const (
	pasteStart = "\x1b[200~"
	pasteEnd   = "\x1b[201~"

	// Bounds of what is held back and of one sequence's parameters. Nothing that
	// can become the detach key comes near them.
	maxHeld   = 256
	maxParams = 64
)

// holding says why bytes are held back, and so how long the caller should wait
// for more of them before it calls flush.
type holding uint8

const (
	holdNone   holding = iota
	holdEscape         // an ESC that may be a key of its own: some 30 ms, or every Esc typed feels slow
	holdKey            // the beginning of the detach key: half a second after the last scan
)

type scanState uint8

const (
	scanGround scanState = iota
	scanEscape           // after ESC
	scanCSI              // after ESC [
	scanPaste            // after the start of a bracketed paste, until its end
)

// detachScanner looks for the detach key in what the user types, and passes the
// rest on. It holds back what may become the key and nothing else. It has no
// clock: when holds is not holdNone the caller starts a timer anew after each scan.
type detachScanner struct {
	key      DetachKey
	state    scanState
	detached bool

	// held is the bytes held back: those of the matched keys, what came between
	// and after them, and the unfinished sequence.
	held    []byte
	matched int                // keys of the sequence that held contains
	ends    [maxDetachKeys]int // where in held the bytes of each matched key end

	params []byte // of the unfinished CSI sequence
	broken bool   // part of the unfinished sequence was passed on: it cannot be the key any more
	paste  int    // bytes of pasteEnd seen, in scanPaste
}

func newDetachScanner(k DetachKey) *detachScanner {
	return &detachScanner{key: k}
}

// scan appends to dst those bytes of held-back and new input that are not the
// detach key. When the key is complete it returns true, and so do all later calls:
// the key itself and what came after it are dropped.
func (s *detachScanner) scan(dst, p []byte) (out []byte, detached bool) {
	if s.key.n == 0 {
		return append(dst, p...), false
	}
	for len(p) > 0 && !s.detached {
		if n := s.plain(p); n > 0 {
			dst = append(dst, p[:n]...)
			p = p[n:]
			continue
		}
		dst = s.step(dst, p[0])
		p = p[1:]
	}
	return dst, s.detached
}

// plain counts the bytes at the head of p that change nothing.
func (s *detachScanner) plain(p []byte) int {
	n := len(p)
	if len(s.held) > 0 || s.state == scanEscape || s.state == scanCSI || s.paste > 0 {
		return 0
	}
	if i := bytes.IndexByte(p, esc); i >= 0 {
		n = i
	}
	if s.state == scanGround {
		if i := bytes.IndexByte(p[:n], s.key.keys[0].raw()); i >= 0 {
			n = i
		}
	}
	return n
}

// holds says whether bytes are being held back.
func (s *detachScanner) holds() holding {
	switch {
	case len(s.held) == 0:
		return holdNone
	case s.state == scanEscape, s.state == scanCSI && len(s.params) == 0:
		return holdEscape
	}
	return holdKey
}

// flush appends the bytes held back to dst: the caller's time is up, they were
// not the detach key. An ESC at their end is then known to be a key of its own,
// which may complete the detach key, or begin it and be held on.
func (s *detachScanner) flush(dst []byte) (out []byte, detached bool) {
	if s.detached || len(s.held) == 0 {
		return dst, s.detached
	}
	escape := s.state == scanEscape
	if escape && !s.broken {
		dst = s.endSequence(dst, isEsc, false)
		if s.detached || len(s.held) > 0 {
			return dst, s.detached
		}
		s.state = scanEscape // it may yet begin a paste
	}
	s.broken = escape || s.state == scanCSI
	return s.release(dst, len(s.held)), false
}

// step takes in one byte.
func (s *detachScanner) step(dst []byte, b byte) []byte {
	switch s.state {
	case scanPaste:
		s.stepPaste(b)
		return append(dst, b)
	case scanEscape:
		if b == '[' {
			s.state, s.params = scanCSI, s.params[:0]
			return s.hold(dst, b)
		}
		dst = s.endSequence(dst, isEsc, false)
	case scanCSI:
		if b >= 0x20 && b < 0x7f {
			return s.stepCSI(dst, b)
		}
		dst = s.endSequence(dst, noKey, false) // cut short
	}
	if s.detached {
		return dst
	}
	if b == esc {
		s.state, s.broken = scanEscape, false
		return s.hold(dst, b)
	}
	dst = s.hold(dst, b)
	return s.endSequence(dst, func(k key) bool { return k.raw() == b && k.char != esc }, false)
}

func noKey(key) bool { return false }

func isEsc(k key) bool { return k.char == esc }

func (s *detachScanner) stepPaste(b byte) {
	if b != pasteEnd[s.paste] {
		s.paste = 0
	}
	if b == pasteEnd[s.paste] {
		s.paste++
	}
	if s.paste == len(pasteEnd) {
		s.state, s.paste = scanGround, 0
	}
}

func (s *detachScanner) stepCSI(dst []byte, b byte) []byte {
	dst = s.hold(dst, b)
	if b < 0x40 {
		if len(s.params) < maxParams {
			s.params = append(s.params, b)
		} else {
			s.broken = true
		}
		if s.broken || !s.viable() {
			s.broken = true
			return s.release(dst, len(s.held))
		}
		return dst
	}
	if b == '~' && string(s.params) == pasteStart[2:5] {
		dst = s.endSequence(dst, noKey, false)
		s.state = scanPaste
		return dst
	}
	press, ok := parseKeypress(s.params, b)
	is := func(k key) bool { return ok && press.is(k) }
	return s.endSequence(dst, is, ok && press.neutral() || neutralCSI(s.params, b))
}

// neutralCSI tells of the sequences that are no key pressed: the mouse moves,
// the focus goes and comes, a function key is let go.
func neutralCSI(params []byte, final byte) bool {
	switch {
	case len(params) > 0 && params[0] == '<':
		return final == 'M' || final == 'm'
	case len(params) == 0:
		return final == 'I' || final == 'O'
	}
	f, ok := parseFields(params)
	return ok && f[1][1] == 3
}

// viable tells whether the unfinished CSI sequence can still become the first
// key. Once that was pressed anything may: even what is no key does not end the
// sequence.
func (s *detachScanner) viable() bool {
	if s.matched > 0 {
		return true
	}
	i := bytes.IndexFunc(s.params, func(r rune) bool { return r < '0' || r > '9' })
	if i < 0 || s.params[i] == ':' { // a code that is not there yet, or may be followed by one of another layout
		return true
	}
	if s.params[i] != ';' {
		return false
	}
	first := s.key.keys[0]
	f, _ := parseFields(s.params)
	code := f[0][0]
	return code == 27 || f[0][1] != 0 || f[0][2] != 0 || code == int(first.char) ||
		code == upper(int(first.char)) || shiftUS(code) == int(first.char)
}

// hold takes b into the bytes held back, unless its sequence is being passed on.
func (s *detachScanner) hold(dst []byte, b byte) []byte {
	if s.broken {
		return append(dst, b)
	}
	s.held = append(s.held, b)
	if len(s.held) > maxHeld {
		s.broken = true
		return s.release(dst, len(s.held))
	}
	return dst
}

// endSequence settles what the bytes since the last key were: the key that is
// tells of, nothing that matters (neutral), or another key.
func (s *detachScanner) endSequence(dst []byte, is func(key) bool, neutral bool) []byte {
	s.state = scanGround
	broken := s.broken
	s.broken = false
	switch {
	case broken:
		return s.release(dst, len(s.held))
	case neutral && s.matched > 0:
		return dst
	}
	// What was matched may begin later than was thought: ctrl-a ctrl-a d in
	// ctrl-a ctrl-a ctrl-a d.
	for drop := 0; drop <= s.matched; drop++ {
		if is(s.key.keys[s.matched-drop]) && s.repeats(drop) {
			dst = s.dropKeys(dst, drop)
			s.advance()
			return dst
		}
	}
	return s.release(dst, len(s.held))
}

// repeats tells whether the matched keys, without the first drop of them, are how
// the sequence begins.
func (s *detachScanner) repeats(drop int) bool {
	for i := drop; i < s.matched; i++ {
		if s.key.keys[i] != s.key.keys[i-drop] {
			return false
		}
	}
	return true
}

// dropKeys passes on the first n matched keys.
func (s *detachScanner) dropKeys(dst []byte, n int) []byte {
	if n == 0 {
		return dst
	}
	cut := s.ends[n-1]
	left := s.matched - n
	for i := range left {
		s.ends[i] = s.ends[i+n] - cut
	}
	dst = s.release(dst, cut)
	s.matched = left
	return dst
}

// advance counts the key that held ends with.
func (s *detachScanner) advance() {
	s.ends[s.matched] = len(s.held)
	s.matched++
	if s.matched == s.key.n {
		s.detached = true
		s.held, s.matched = nil, 0
	}
}

// release passes on the first n bytes held back and forgets the matched keys.
func (s *detachScanner) release(dst []byte, n int) []byte {
	dst = append(dst, s.held[:n]...)
	s.held = append(s.held[:0], s.held[n:]...)
	s.matched = 0
	return dst
}
