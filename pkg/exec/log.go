package exec

import "sync"

// outputLog is a session's output: a ring of its newest bytes, a note of which
// target they came from, and the readers that wait for more. Each reader keeps
// its own offset; the log knows nothing of them but a channel to wake.
type outputLog struct {
	mu      sync.Mutex // guards all below; a leaf: nothing is called under it
	ring    ring
	marks   []mark // ascending; the last is where the newest bytes began
	from    int64  // offset of the oldest byte whose target is known
	ended   bool
	readers map[chan struct{}]struct{}
}

// mark says that output from offset on came from target.
type mark struct {
	offset int64
	target StreamTarget
}

// maxMarks bounds what a program can make the log remember by writing to its
// two outputs in turn. What lies before the oldest mark counts as evicted.
const maxMarks = 4096

func newOutputLog(capacity int) *outputLog {
	return &outputLog{
		ring:    newRing(capacity, heap{}),
		readers: make(map[chan struct{}]struct{}),
	}
}

// append adds what the program wrote to target and wakes the readers. After
// close it does nothing.
func (l *outputLog) append(target StreamTarget, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if n := len(l.marks); n == 0 || l.marks[n-1].target != target {
		l.mark(target)
	}
	l.ring.append(data)
	l.wake()
}

func (l *outputLog) mark(target StreamTarget) {
	for len(l.marks) > 1 && l.marks[1].offset <= l.ring.start() {
		l.marks = l.marks[1:]
	}
	if len(l.marks) == maxMarks {
		l.marks = l.marks[1:]
		l.from = l.marks[0].offset
	}
	l.marks = append(l.marks, mark{l.ring.end, target})
}

// close says that nothing will be appended any more.
func (l *outputLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.wake()
}

func (l *outputLog) wake() {
	for r := range l.readers {
		select {
		case r <- struct{}{}:
		default:
		}
	}
}

// subscribe returns a channel that receives when there may be more to read,
// first at once.
func (l *outputLog) subscribe() chan struct{} {
	r := make(chan struct{}, 1)
	r <- struct{}{}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readers[r] = struct{}{}
	return r
}

func (l *outputLog) unsubscribe(r chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.readers, r)
}

// next returns a copy of at most limit bytes from offset on, all of one
// target. With no bytes, ended says whether there will ever be any. It returns
// ErrEvicted for an offset that is no longer held.
func (l *outputLog) next(offset int64, limit int) (data []byte, target StreamTarget, ended bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if offset < l.start() {
		return nil, 0, false, ErrEvicted
	}
	target, until := l.segment(offset)
	n := min(until-offset, int64(limit))
	if n <= 0 {
		return nil, 0, l.ended, nil
	}
	data = make([]byte, n)
	_, err = l.ring.read(data, offset)
	return data, target, false, err
}

// segment returns the target of the byte at offset and where its run ends.
func (l *outputLog) segment(offset int64) (StreamTarget, int64) {
	until := l.ring.end
	for i := len(l.marks) - 1; i >= 0; i-- {
		if l.marks[i].offset <= offset {
			return l.marks[i].target, until
		}
		until = l.marks[i].offset
	}
	return StreamTargetStdOut, until
}

func (l *outputLog) start() int64 { return max(l.ring.start(), l.from) }

// all returns a copy of everything held and the offset behind it.
func (l *outputLog) all() (data []byte, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ring.all(), l.ring.end
}

// holds reports whether a reader can go on from offset.
func (l *outputLog) holds(offset int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.start() <= offset && offset <= l.ring.end
}

// offsets returns the oldest offset that can be read and the end.
func (l *outputLog) offsets() (start, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.start(), l.ring.end
}
