package termin

import (
	"bytes"
	"unicode/utf8"
)

// Hold says why bytes are kept back.
type Hold uint8

const (
	HoldNone   Hold = iota
	HoldEscape      // an ESC, which may be a key: call Flush after some 30 ms
	HoldKey         // the beginning of a key's sequence, or Alt with a key: the same
	HoldPaste       // the beginning of a paste's end: Flush may come at any time
	HoldAnswer      // it can only be an answer, or a mouse: call Flush after a second or so
)

const (
	maxAnswer = 4096 // bytes of a string kept until its end
	maxCSI    = 256  // bytes of a CSI sequence; the longest are keys with the text that they make
)

const (
	pasteStart = "\x1b[200~"
	pasteEnd   = "\x1b[201~"
)

type state uint8

const (
	ground    state = iota
	escape          // after ESC
	altRune         // in a character behind ESC that has several bytes
	ss3             // after ESC O
	csi             // after ESC [
	linuxKey        // after ESC [ [
	x10Mouse        // in the three bytes after ESC [ M
	inString        // in an OSC, DCS or APC string
	stringEnd       // after an ESC in one
	paste           // in a bracketed paste
)

// Tokenizer cuts what a terminal sends into tokens, from reads cut anywhere. It
// has no clock: while Held is not HoldNone its owner starts a timer anew after
// each Scan, and then calls Flush. The zero value is ready to use.
//
// The answer to ENQ can be any text and is not recognised. Neither are C1
// controls of one byte: they are parts of characters.
type Tokenizer struct {
	state  state
	buf    []byte // sequences of this Scan, the unfinished one last
	start  int    // of the unfinished sequence in buf
	opener byte   // of a string: ] or P or _

	answer    QueryKind // of a string, once its head has told
	continued bool      // part of the string was passed on

	// mark counts the bytes of a paste's marker that have come: of its end, in a
	// paste; otherwise of its start, after a Flush has passed on a part of that.
	mark int

	out []Token
}

// Scan appends to dst what p, and what was held before it, is made of. All bytes
// come out once and in order. Those of the result belong to p and to the
// Tokenizer: they are valid until the next call. There can be a token for every
// byte, so what is very long is better scanned in parts.
func (t *Tokenizer) Scan(dst []Token, p []byte) []Token {
	t.out = dst
	t.buf = append(t.buf[:0], t.buf[t.start:]...)
	t.start = 0
	for len(p) > 0 {
		p = p[t.next(p):]
	}
	return t.take()
}

func (t *Tokenizer) take() []Token {
	out := t.out
	t.out = nil
	return out
}

// Held tells whether bytes are kept back, and why.
func (t *Tokenizer) Held() Hold {
	held := t.Pending()
	switch {
	case len(held) == 0:
		return HoldNone
	case t.state == paste:
		return HoldPaste
	case t.answer != 0, t.state == csi && reportsOnly(held):
		return HoldAnswer
	case t.state == escape:
		return HoldEscape
	}
	return HoldKey
}

// Pending returns the bytes that are kept back. They are valid until the next call.
func (t *Tokenizer) Pending() []byte { return t.buf[t.start:] }

// reportsOnly tells of a CSI sequence, or its beginning, whether no key begins so.
// CSI M is the mouse of most terminals, and F1 of some old consoles.
func reportsOnly(seq []byte) bool {
	return len(seq) > 2 && seq[1] == '[' && bytes.IndexByte([]byte("?><M"), seq[2]) >= 0
}

// Flush appends to dst what is held: no more of it is coming. An answer begun
// is passed on as such, and so is the rest of it if it comes after all. A paste
// whose marker was torn apart by this is still one.
func (t *Tokenizer) Flush(dst []Token) []Token {
	t.out = dst
	switch held := t.Pending(); {
	case t.state == inString && t.answer != 0:
		t.emitAnswer(len(t.buf))
		t.continued = true
	case t.state == stringEnd:
		t.giveUp(len(t.buf) - 1)
		t.emit(Token{Kind: Press, Key: Key{Code: KeyEscape}})
		t.mark = 1
	case t.state == paste:
		t.emit(Token{Kind: PasteText}) // mark remembers it
	default:
		late := 0
		if bytes.HasPrefix([]byte(pasteStart), held) {
			late = len(held)
		}
		t.giveUp(len(t.buf))
		t.mark = late
	}
	return t.take()
}

// next takes in the head of p and returns how many bytes that was.
func (t *Tokenizer) next(p []byte) int {
	switch t.state {
	case ground:
		if t.mark > 0 {
			if n := t.latePaste(p); n > 0 {
				return n
			}
		}
		if p[0] != esc {
			return t.typed(p)
		}
		t.state = escape
	case paste:
		return t.pasted(p)
	default:
		if !t.step(p[0]) {
			return 0 // p[0] begins something else
		}
		return 1
	}
	t.buf = append(t.buf, p[0])
	return 1
}

// typed passes on what is typed at the head of p: a control character, or text
// up to one.
func (t *Tokenizer) typed(p []byte) int {
	if isControl(p[0]) {
		t.put(Token{Kind: Press, Bytes: p[:1], Key: controlKey(p[0])})
		return 1
	}
	n := 1
	for n < len(p) && !isControl(p[n]) {
		n++
	}
	t.put(Token{Kind: Text, Bytes: p[:n]})
	return n
}

func isControl(b byte) bool { return b < 0x20 || b == 0x7f }

// latePaste passes on the rest of a paste's start whose beginning was flushed.
func (t *Tokenizer) latePaste(p []byte) int {
	n := 0
	for n < len(p) && t.mark < len(pasteStart) && p[n] == pasteStart[t.mark] {
		n++
		t.mark++
	}
	switch {
	case t.mark == len(pasteStart):
		t.put(Token{Kind: PasteStart, Bytes: p[:n]})
		t.state, t.mark = paste, 0
	case n < len(p):
		t.mark = 0
		return 0
	default:
		t.put(Token{Kind: Text, Bytes: p})
	}
	return n
}

// pasted passes on what is pasted at the head of p, and keeps what may be the
// beginning of the paste's end.
func (t *Tokenizer) pasted(p []byte) int {
	if t.mark == 0 {
		n := bytes.IndexByte(p, esc)
		if n < 0 {
			n = len(p)
		}
		if n > 0 {
			t.put(Token{Kind: PasteText, Bytes: p[:n]})
			return n
		}
	}
	if p[0] != pasteEnd[t.mark] {
		t.emit(Token{Kind: PasteText})
		t.mark = 0
		return 0
	}
	t.buf = append(t.buf, p[0])
	if t.mark++; t.mark == len(pasteEnd) {
		t.emit(Token{Kind: PasteEnd})
		t.state, t.mark = ground, 0
	}
	return 1
}

// step takes in a byte of a sequence. It reports false for a byte that does not
// belong to it any more, when the sequence has been passed on.
func (t *Tokenizer) step(b byte) bool {
	if b == esc && t.state != inString && t.state != stringEnd {
		t.giveUp(len(t.buf))
		return false
	}
	switch t.state {
	case escape:
		return t.stepEscape(b)
	case altRune:
		return t.stepRune(b)
	case ss3:
		return t.stepSS3(b)
	case csi:
		return t.stepCSI(b)
	case linuxKey:
		return t.stepLinuxKey(b)
	case x10Mouse:
		return t.stepX10Mouse(b)
	case inString:
		return t.stepString(b)
	}
	return t.stepStringEnd(b)
}

func (t *Tokenizer) stepEscape(b byte) bool {
	t.buf = append(t.buf, b)
	switch {
	case b == '[':
		t.state = csi
	case b == 'O':
		t.state = ss3
	case b == ']', b == 'P', b == '_':
		t.state, t.opener, t.answer, t.continued = inString, b, 0, false
	case b >= 0xc0:
		t.state = altRune
	default:
		t.finish(Token{Kind: Press, Key: altKey(t.Pending()[1:])})
	}
	return true
}

func (t *Tokenizer) stepRune(b byte) bool {
	if b < 0x80 || b >= 0xc0 {
		t.giveUp(len(t.buf))
		return false
	}
	t.buf = append(t.buf, b)
	if char := t.Pending()[1:]; utf8.FullRune(char) {
		t.finish(Token{Kind: Press, Key: altKey(char)})
	}
	return true
}

// stepSS3 reads a function key. Some terminals put a modifier in it.
func (t *Tokenizer) stepSS3(b byte) bool {
	modified := len(t.Pending()) == 3
	switch {
	case b >= '2' && b <= '9' && !modified:
		t.buf = append(t.buf, b)
		return true
	case ss3Keys[b] == 0:
		t.giveUp(len(t.buf))
		return false
	}
	t.buf = append(t.buf, b)
	key := Key{Code: ss3Keys[b]}
	if b >= 'a' && b <= 'd' { // rxvt's arrows
		key.Mods = Ctrl
	}
	if modified {
		key.Mods = Mods(t.Pending()[2] - '1')
	}
	t.finish(Token{Kind: Press, Key: key})
	return true
}

func (t *Tokenizer) stepCSI(b byte) bool {
	body := t.Pending()[2:]
	if b < 0x20 || b >= 0x7f || len(body) > maxCSI || isRxvtShift(body) && b != 'y' {
		t.giveUp(len(t.buf))
		return false
	}
	t.buf = append(t.buf, b)
	switch {
	case b < 0x40:
	case len(body) == 0 && b == '[':
		t.state = linuxKey
	case len(body) == 0 && b == 'M':
		t.state = x10Mouse
	default:
		token := csiToken(body, b)
		t.finish(token)
		if token.Kind == PasteStart {
			t.state = paste
		}
	}
	return true
}

// stepLinuxKey reads F1 to F5 of the Linux console.
func (t *Tokenizer) stepLinuxKey(b byte) bool {
	if b < 'A' || b > 'E' {
		t.giveUp(len(t.buf))
		return false
	}
	t.buf = append(t.buf, b)
	t.finish(Token{Kind: Press, Key: Key{Code: KeyF1 + rune(b-'A')}})
	return true
}

// stepX10Mouse reads the button, the column and the row.
func (t *Tokenizer) stepX10Mouse(b byte) bool {
	if b < 0x20 {
		t.giveUp(len(t.buf))
		return false
	}
	t.buf = append(t.buf, b)
	if event := t.Pending()[3:]; len(event) == 3 {
		t.finish(Token{Kind: mouseKind(int(event[0])-0x20, false)})
	}
	return true
}

func (t *Tokenizer) stepString(b byte) bool {
	switch {
	case b == esc:
		t.buf = append(t.buf, b)
		t.state = stringEnd
		return true
	case b == 0x07 && t.opener == ']':
		t.buf = append(t.buf, b)
		t.endString()
		return true
	case b < 0x20: // typed: Enter, Ctrl-C
		t.giveUp(len(t.buf))
		return false
	}
	t.buf = append(t.buf, b)
	if t.answer == 0 {
		answer, possible := stringKind(t.opener, t.Pending()[2:])
		if !possible {
			t.giveUp(len(t.buf))
			return true
		}
		t.answer = answer
	}
	if len(t.Pending()) < maxAnswer {
		return true
	}
	if t.answer == 0 {
		t.giveUp(len(t.buf))
		return true
	}
	t.emitAnswer(len(t.buf))
	t.continued = true
	return true
}

// stepStringEnd ends a string, or begins the sequence that cut it short.
func (t *Tokenizer) stepStringEnd(b byte) bool {
	if b == '\\' {
		t.buf = append(t.buf, b)
		t.endString()
		return true
	}
	t.giveUp(len(t.buf) - 1)
	t.state = escape
	return false
}

func (t *Tokenizer) endString() {
	if t.answer == 0 && isTitleReport(t.opener, t.Pending()[2:]) {
		t.answer = QueryTitle
	}
	if t.answer == 0 {
		t.finish(Token{Kind: Other})
		return
	}
	t.emitAnswer(len(t.buf))
	t.reset()
}

// giveUp passes on the unfinished sequence up to end in buf: it will not be
// completed. The head of an answer is not typed text, whatever became of its
// tail. What is no answer may be Alt with a key and what was typed after it.
func (t *Tokenizer) giveUp(end int) {
	seq, state := t.buf[t.start:end], t.state
	if t.answer != 0 {
		t.emitAnswer(end)
		t.reset()
		return
	}
	t.start = end
	t.reset()
	switch {
	case len(seq) == 0:
	case len(seq) == 1:
		t.put(Token{Kind: Press, Bytes: seq, Key: Key{Code: KeyEscape}})
	case state == csi && isRxvtShift(seq[2:]):
		t.put(Token{Kind: Press, Bytes: seq, Key: tildeKey(seq[2:len(seq)-1], Shift)})
	case state == csi && len(seq) > 2, state == x10Mouse, state == altRune:
		t.put(Token{Kind: Other, Bytes: seq})
	default:
		t.put(Token{Kind: Press, Bytes: seq[:2], Key: altKey(seq[1:2])})
		for seq = seq[2:]; len(seq) > 0; {
			seq = seq[t.typed(seq):]
		}
	}
}

// finish passes on the sequence as one token.
func (t *Tokenizer) finish(token Token) {
	t.emit(token)
	t.reset()
}

func (t *Tokenizer) reset() {
	t.state, t.answer, t.continued, t.mark = ground, 0, false, 0
}

// emitAnswer passes on buf up to end as an answer, or a piece of one.
func (t *Tokenizer) emitAnswer(end int) {
	seq := t.buf[t.start:end]
	t.start = end
	t.put(Token{Kind: Answer, Bytes: seq, Answer: t.answer, Continued: t.continued})
}

// emit passes on all that is held as token.
func (t *Tokenizer) emit(token Token) {
	token.Bytes = t.Pending()
	t.start = len(t.buf)
	t.put(token)
}

func (t *Tokenizer) put(token Token) {
	if len(token.Bytes) > 0 {
		token.Bytes = token.Bytes[:len(token.Bytes):len(token.Bytes)]
		t.out = append(t.out, token)
	}
}
