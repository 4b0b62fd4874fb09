package client

import (
	"slices"

	"github.com/xsh-project/xsh/internal/stream"
)

const (
	// maxTyped is how much input is kept that the server has not said to have
	// taken. Who types gets no further then, as with a program that does not
	// read.
	maxTyped = 1 << 20

	// maxUnsent is how much of it is given to a connection at a time.
	maxUnsent = 256 << 10
)

// typed is what the user typed and the server has not yet said to have taken.
// It outlives the connections: what did not arrive over one goes over the next.
type typed struct {
	offset int64 // of the first byte kept, in all that was ever typed
	buf    []byte
	begin  int // of what is kept, in buf; what is before is known to have arrived
	sent   int // bytes of it that were given to the present connection
	first  []span
}

// span is a press of the detach key's first key, by its offsets.
type span struct{ from, to int64 }

func (t *typed) kept() []byte { return t.buf[t.begin:] }

func (t *typed) room() int { return maxTyped - len(t.kept()) }

func (t *typed) end() int64 { return t.offset + int64(len(t.kept())) }

func (t *typed) unsent() int { return len(t.kept()) - t.sent }

// add takes input in; firstKey says that it is a first press of the detach key.
func (t *typed) add(p []byte, firstKey bool) {
	if firstKey {
		t.first = append(t.first, span{t.end(), t.end() + int64(len(p))})
	}
	if t.begin > 0 && len(t.buf)+len(p) > cap(t.buf) { // make room before growing
		t.buf = t.buf[:copy(t.buf, t.kept())]
		t.begin = 0
	}
	t.buf = append(t.buf, p...)
}

// arrived drops what the server has taken: all before the offset. It may say so
// more than once, and never of what was not typed.
func (t *typed) arrived(upTo int64) {
	n := int(min(max(upTo-t.offset, 0), int64(len(t.kept()))))
	if n == 0 {
		return
	}
	t.begin += n
	t.offset += int64(n)
	t.sent = max(t.sent-n, 0)
	if t.begin == len(t.buf) {
		t.buf, t.begin = t.buf[:0], 0
	}
	t.first = slices.DeleteFunc(t.first, func(s span) bool { return s.to <= t.offset })
}

// resume is for a new connection, over which all that did not arrive is to be
// sent: what is behind upTo. With unknown the server cannot say how far input
// got; what was on its way is dropped then, and how much that was is returned.
func (t *typed) resume(upTo int64, unknown bool) (lost int) {
	if unknown {
		lost = t.sent
		upTo = t.offset + int64(t.sent)
	}
	t.arrived(upTo)
	t.sent = 0
	return lost
}

// appendFrames adds what was not sent yet to dst, as Input frames.
func (t *typed) appendFrames(dst []byte) []byte {
	for t.unsent() > 0 && len(dst) < maxUnsent {
		at := t.offset + int64(t.sent)
		f := stream.InputFrame{Offset: at, Data: t.kept()[t.sent:]}
		n := min(len(f.Data), stream.MaxData)
		for _, s := range t.first {
			switch {
			case s.to <= at:
				continue
			case s.from > at:
				n = min(n, int(s.from-at))
			default:
				f.Flags = stream.FirstKey
				n = min(n, int(s.to-at))
			}
			break
		}
		f.Data = f.Data[:n]
		dst = stream.AppendInput(dst, f)
		t.sent += n
	}
	return dst
}
