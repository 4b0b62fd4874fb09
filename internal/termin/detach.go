package termin

import "bytes"

// Piece is a part of what was typed.
type Piece struct {
	Bytes []byte

	// First says that this is a press of the detach key's first key, or of its
	// second where it has three. It is passed on at once: whoever gets it may
	// hold it until the next key tells whether the detach key follows, and drops
	// it then.
	First bool
}

// Detach looks for the detach key in what a terminal sends, and passes the rest
// on. It keeps back the beginning of a sequence that can become one of the
// detach key's keys, and nothing else; see Held.
type Detach struct {
	key      DetachKey
	tokens   Tokenizer
	scanned  []Token
	pressed  int // keys of the sequence that the input ends with
	detached bool

	// passed counts those of the Tokenizer's pending bytes that were passed on:
	// nobody waits for the rest of an arrow key, or for what follows Esc.
	passed int

	// kitty says that keys come as the kitty keyboard protocol has them: no key
	// is then a lone ESC, which so can be kept back at no cost.
	kitty bool

	buf    []byte // the bytes of the pieces
	begin  int    // of the last piece in buf
	pieces []Piece
}

// NewDetach returns a Detach that looks for k.
func NewDetach(k DetachKey) *Detach { return &Detach{key: k} }

// Scan returns those pieces of p, and of what was kept back, that are not the
// detach key. When that is complete it reports true, and so do all later calls:
// its last key and what came after it are dropped. The pieces are valid until
// the next call.
func (d *Detach) Scan(p []byte) (pieces []Piece, detached bool) {
	d.restart()
	if !d.detached {
		d.scanned = d.tokens.Scan(d.scanned[:0], p)
		d.take()
	}
	return d.pieces, d.detached
}

// Flush returns what is kept back: its time is up. An ESC at the end of what
// came is then known to be a key of its own, which may complete the detach key.
func (d *Detach) Flush() (pieces []Piece, detached bool) {
	d.restart()
	if !d.detached {
		d.scanned = d.tokens.Flush(d.scanned[:0])
		d.take()
	}
	return d.pieces, d.detached
}

// Held says whether Flush is to be called, and when. That need not be for bytes
// that are kept back: an ESC that was passed on at once may begin a sequence
// until then.
func (d *Detach) Held() Hold {
	held := d.tokens.Held()
	if d.detached || held == HoldPaste || d.key.n == 0 {
		return HoldNone
	}
	return held
}

// Pressed counts the keys of the detach key that the input ends with. What lets
// go of a key, moves the mouse or is no key at all does not end the sequence.
func (d *Detach) Pressed() int { return d.pressed }

func (d *Detach) restart() {
	d.buf, d.pieces, d.begin = d.buf[:0], d.pieces[:0], 0
}

// take looks at the tokens, and then at what may become one.
func (d *Detach) take() {
	for i := range d.scanned {
		t := &d.scanned[i]
		done := min(d.passed, len(t.Bytes))
		d.passed -= done
		d.token(t, done)
	}
	if d.detached {
		return
	}
	pending := d.tokens.Pending()
	if d.tokens.Held() == HoldPaste || !d.mayBecomeKey(pending) {
		d.pass(pending[d.passed:], false)
		d.passed = len(pending)
	}
}

// token looks at a token, of whose bytes the first done were passed on before.
func (d *Detach) token(t *Token, done int) {
	if d.detached {
		return
	}
	rest := t.Bytes[done:]
	switch t.Kind {
	case Text:
		d.text(t, done)
		return
	case Press, Repeat:
		d.learn(t)
		switch {
		case d.press(t):
			if !d.detached {
				d.pass(rest, true)
			}
			return
		case t.Key.modifier(), t.Ambiguous:
		case t.plain() && len(t.Bytes) > 1: // Esc and a key, typed fast
			d.token(&Token{Kind: Press, Bytes: t.Bytes[:1], Key: Key{Code: KeyEscape}}, min(done, 1))
			var tokens Tokenizer
			for _, second := range tokens.Flush(tokens.Scan(nil, t.Bytes[1:])) {
				d.token(&second, max(done-1, 0))
			}
			return
		default:
			d.pressed = 0
		}
	case PasteStart, PasteText, PasteEnd, Other:
		d.pressed = 0
	}
	d.pass(rest, false)
}

// text looks at characters typed. No detach key begins with one.
func (d *Detach) text(t *Token, done int) {
	for i := range t.Bytes {
		if d.pressed == 0 {
			d.pass(t.Bytes[max(i, done):], false)
			return
		}
		char := t.Bytes[i : i+1]
		first := d.press(&Token{Kind: Text, Bytes: char})
		switch {
		case d.detached:
			return
		case !first:
			d.pressed = 0
		}
		if i >= done {
			d.pass(char, first)
		}
	}
}

// press reports whether the token is a key of the sequence, and counts it.
func (d *Detach) press(t *Token) bool {
	for _, n := range d.expected() {
		if d.key.keys[n].is(t) {
			d.pressed = n + 1
			d.detached = d.pressed == d.key.n && d.key.n > 0
			return true
		}
	}
	return false
}

// expected returns which keys of the sequence may come next, the farthest first.
// What was pressed may have begun later than was thought: ctrl-a ctrl-a d in
// ctrl-a ctrl-a ctrl-a d.
func (d *Detach) expected() []int {
	var all [maxDetachKeys]int
	next := all[:0]
	if d.key.n == 0 {
		return nil
	}
	for n := d.pressed; n >= 0; n-- {
		drop := d.pressed - n
		repeats := true
		for i := range n {
			repeats = repeats && d.key.keys[i] == d.key.keys[i+drop]
		}
		if repeats {
			next = append(next, n)
		}
	}
	return next
}

// learn follows in which encoding keys come.
func (d *Detach) learn(t *Token) {
	switch last := t.Bytes[len(t.Bytes)-1]; {
	case !t.plain():
		d.kitty = d.kitty || last == 'u' && len(t.Bytes) > 3
	case last != '\r' && last != '\t' && last != 0x7f && last < 0x20:
		d.kitty = false
	}
}

// mayBecomeKey tells whether an unfinished sequence has to be kept back, since it
// can still become one of the keys that may come next. An ESC has not, unless it
// would be one of them itself: Esc would come late to the program. Should the
// rest of a key follow it after all, that key counts nevertheless.
func (d *Detach) mayBecomeKey(seq []byte) bool {
	for _, n := range d.expected() {
		if d.key.keys[n].mayBe(seq, d.kitty) {
			return true
		}
	}
	return false
}

func (k Key) mayBe(seq []byte, kitty bool) bool {
	switch {
	case len(seq) == 0:
		return false
	case len(seq) == 1:
		return kitty || k.Code == KeyEscape
	case len(seq) == 2 && k.Mods&Alt != 0 && k.plain() == string(seq):
		return true
	case seq[1] == 'O':
		return k.functional()
	case seq[1] != '[':
		return false
	}
	params := seq[2:]
	number, rest := leadingNumber(params)
	switch {
	case len(params) > 0 && params[0] == '[':
		return k.functional()
	case len(rest) == 0 || rest[0] == ':': // a code that is not there yet, or may be followed by one of another layout
		return true
	case rest[0] != ';':
		return false
	case k.functional():
		return bytes.IndexFunc(params, func(r rune) bool { return r != ';' && r != ':' && (r < '0' || r > '9') }) < 0
	}
	f, ok := parseFields(params)
	code := rune(number)
	return ok && (code == 27 || f[0][1] != 0 || f[0][2] != 0 || code == k.Code ||
		code == withShift(k.Code) || withShift(code) == k.Code)
}

func (d *Detach) pass(b []byte, first bool) {
	if len(b) == 0 {
		return
	}
	if last := len(d.pieces) - 1; first || last < 0 || d.pieces[last].First {
		d.begin = len(d.buf)
		d.pieces = append(d.pieces, Piece{First: first})
	}
	d.buf = append(d.buf, b...)
	d.pieces[len(d.pieces)-1].Bytes = d.buf[d.begin:len(d.buf):len(d.buf)]
}
