package client

import (
	"time"

	"github.com/xsh-project/xsh/internal/termin"
)

// DefaultDetachKey is what ParseDetachKey is given when nobody has chosen.
const DefaultDetachKey = termin.DefaultDetachKey

// DetachKey is the sequence of keys that ends an attachment from the keyboard.
// The zero value is none: nothing typed detaches.
type DetachKey = termin.DetachKey

// ParseDetachKey reads one to three keys with spaces between them, or "none". A
// key is a character or a name, such as esc, f12 or up, with ctrl-, alt- or
// shift- before it, if every terminal can send it. The sequence begins with a key
// that types no text, so that typing never waits for what comes next.
func ParseDetachKey(s string) (DetachKey, error) { return termin.ParseDetachKey(s) }

// maxHeld bounds what a typist holds back. No detach key comes near it.
const maxHeld = 256

// typist passes on what is typed, and holds back the detach key's first keys:
// the program may make a signal of them. It has no clock; see wait.
type typist struct {
	key    DetachKey
	detach *termin.Detach
	held   []byte // what was typed since the first of those keys
	firsts []int  // where in held each of them begins
}

func newTypist(k DetachKey) *typist {
	return &typist{key: k, detach: termin.NewDetach(k)}
}

// scan appends to dst what of p, and of what was held back, is not the detach
// key. When that is complete it returns true.
func (t *typist) scan(dst, p []byte) (out []byte, detached bool) {
	pieces, detached := t.detach.Scan(p)
	return t.settle(dst, pieces, detached), detached
}

// flush appends what is held back to dst: the caller's time is up.
func (t *typist) flush(dst []byte) (out []byte, detached bool) {
	if t.detach.Held() != termin.HoldNone {
		pieces, detached := t.detach.Flush()
		return t.settle(dst, pieces, detached), detached
	}
	if len(t.held) > 0 { // too late for the other half
		dst = t.release(dst, len(t.held))
		t.detach = termin.NewDetach(t.key)
	}
	return dst, false
}

// wait is how long the caller waits for more input before it calls flush, 0 if
// it need not.
func (t *typist) wait() time.Duration {
	switch held := t.detach.Held(); {
	case held == termin.HoldEscape, held == termin.HoldKey:
		return escapeWait
	case held == termin.HoldAnswer, len(t.held) > 0:
		return keyWait
	}
	return 0
}

// settle takes in the pieces, and passes on what cannot be part of the detach
// key any more. With the detach key complete the rest is that key.
func (t *typist) settle(dst []byte, pieces []termin.Piece, detached bool) []byte {
	for _, p := range pieces {
		if p.First {
			t.firsts = append(t.firsts, len(t.held))
		}
		t.held = append(t.held, p.Bytes...)
	}
	keep := t.detach.Pressed()
	if detached {
		keep-- // its last key was not passed on
	}
	n := len(t.held)
	if keep > 0 && keep <= len(t.firsts) && n <= maxHeld {
		n = t.firsts[len(t.firsts)-keep]
	}
	dst = t.release(dst, n)
	if detached {
		t.held, t.firsts = nil, nil
	}
	return dst
}

// release passes on the first n bytes held back.
func (t *typist) release(dst []byte, n int) []byte {
	dst = append(dst, t.held[:n]...)
	t.held = append(t.held[:0], t.held[n:]...)
	var rest []int
	for _, at := range t.firsts {
		if at >= n {
			rest = append(rest, at-n)
		}
	}
	t.firsts = rest
	return dst
}
