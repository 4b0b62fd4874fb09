package exec

import (
	"bytes"
	"sync"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/vt"
)

// asides are what the program did beside its screen: it rang the bell, wrote to the
// clipboard, sent a notification. A client that tails the log has them there. Frames have
// none, so where the newest stand in the log is kept for a leader that is drawn frames.
type asides struct {
	mu  sync.Mutex // a leaf, taken inside the screen's lock
	all []aside
}

// aside is one of them, and the offsets of what it says in the log.
type aside struct {
	kind     vt.Aside // none for the bell
	from, to int64
}

// maxAsides bounds those that are kept: clients that are drawn look for theirs at once.
const maxAsides = 64

// add notes one. Bells that follow each other are one.
func (l *asides) add(a aside) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.all); n > 0 && a.kind == vt.AsideNone && l.all[n-1].kind == vt.AsideNone {
		l.all[n-1] = a
		return
	}
	if len(l.all) == maxAsides {
		l.all = append(l.all[:0], l.all[1:]...)
	}
	l.all = append(l.all, a)
}

// between returns those that ended behind one offset and not behind another.
func (l *asides) between(from, to int64) (found []aside) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.all {
		if a.to > from && a.to <= to {
			found = append(found, a)
		}
	}
	return found
}

// read returns an aside as a terminal takes it; nothing if the log does not hold it any
// more.
func (a aside) read(log *outlog.Log) []byte {
	if a.kind == vt.AsideNone {
		return []byte{'\a'}
	}
	r := log.NewReader(a.from, outlog.ReaderOptions{})
	defer r.Close()
	said, err := r.Until(a.to)
	if err != nil {
		return nil
	}
	said = bytes.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 { // would end it, or is what began to
			return -1
		}
		return r
	}, bytes.ToValidUTF8(said, nil))
	return append(append([]byte("\x1b]"), said...), "\x1b\\"...)
}
