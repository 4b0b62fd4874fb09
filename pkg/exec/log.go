package exec

import (
	"sync"
	"time"
)

// outputLog is a session's output: a ring of its newest bytes, a note of which
// target they came from, and its readers, each at its own offset and pace.
type outputLog struct {
	appending sync.Mutex // orders appends; held while one waits for a reader

	mu       sync.Mutex // guards all below; a leaf: nothing is called under it
	ring     ring
	marks    []mark // ascending; the last is where the newest bytes began
	from     int64  // offset of the oldest byte whose target is known
	ended    bool
	readers  map[*logReader]struct{}
	advanced chan struct{} // wakes an append that waits for a reader
}

// mark says that output from offset on came from target.
type mark struct {
	offset int64
	target StreamTarget
}

const (
	// maxMarks bounds what a program can make the log remember by writing to
	// its two outputs in turn. What lies before the oldest mark counts as
	// evicted.
	maxMarks = 4096

	// minLog is the least capacity of a session's log: room for what was read
	// at once and a reader that is a little behind.
	minLog = 64 << 10

	// patience is how long output waits, for each time that it fills the ring,
	// for a reader that would otherwise lose some of it. A client that keeps
	// up with ten megabytes a second so sees every byte, as on a terminal of
	// its own; one that is slower, or stuck, costs the program no more than
	// this and is shown the screen as it is by then.
	patience = 100 * time.Millisecond
)

func newOutputLog(capacity int) *outputLog {
	return &outputLog{
		ring:     newRing(max(capacity, minLog), heap{}),
		readers:  make(map[*logReader]struct{}),
		advanced: make(chan struct{}, 1),
	}
}

// append adds what the program wrote to target and wakes the readers. After
// close it does nothing.
func (l *outputLog) append(target StreamTarget, data []byte) {
	l.appending.Lock()
	defer l.appending.Unlock()
	for len(data) > 0 {
		n := min(len(data), minLog/2)
		l.waitForReaders(n)
		l.put(target, data[:n])
		data = data[n:]
	}
}

func (l *outputLog) put(target StreamTarget, data []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return
	}
	if n := len(l.marks); n == 0 || l.marks[n-1].target != target {
		l.mark(target)
	}
	l.ring.append(data)
	l.wakeAll()
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

// waitForReaders returns once n more bytes take nothing from a reader that the
// output waits for.
func (l *outputLog) waitForReaders(n int) {
	for {
		r, wait := l.behind(n)
		if r == nil {
			return
		}
		if r.must {
			<-l.advanced
			continue
		}
		began := time.Now()
		t := time.NewTimer(wait)
		select {
		case <-l.advanced:
		case <-t.C:
		}
		t.Stop()
		l.waited(n, time.Since(began))
	}
}

// waited takes the time that output waited from the patience with every reader
// that it waited for: many wait no longer than one.
func (l *outputLog) waited(n int, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	start := l.ring.end + int64(n) - int64(l.ring.capacity)
	for r := range l.readers {
		if r.offset < start && !r.idle {
			r.patience -= d
		}
	}
}

// behind returns a reader that n more bytes would overrun and that output
// waits for, and for how long; nil if there is none.
func (l *outputLog) behind(n int) (*logReader, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil, 0
	}
	start := l.ring.end + int64(n) - int64(l.ring.capacity)
	var behind *logReader
	for r := range l.readers {
		if r.offset >= start || r.idle {
			continue
		}
		if l.ring.end >= r.lap {
			r.lap = l.ring.end + int64(l.ring.capacity)
			r.patience = patience
		}
		if r.must {
			return r, 0
		}
		if r.patience > 0 {
			behind = r
		} else {
			r.idle = true
		}
	}
	if behind == nil {
		return nil, 0
	}
	return behind, behind.patience
}

// turn says that the output from here on is made for another size, and returns
// the offset. A reader that output does not have to wait for stops there until
// it passes.
func (l *outputLog) turn() (offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for r := range l.readers {
		if !r.must && (r.stop < r.offset || r.stop > l.ring.end) {
			r.stop = l.ring.end
		}
	}
	return l.ring.end
}

// close says that nothing will be appended any more.
func (l *outputLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	l.wakeAll()
	l.wakeWriter()
}

func (l *outputLog) wakeAll() {
	for r := range l.readers {
		offer(r.wake)
	}
}

func (l *outputLog) wakeWriter() { offer(l.advanced) }

// offer puts a piece of news into a channel that holds one.
func offer(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
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
	start, end := l.offsets()
	return start <= offset && offset <= end
}

// finished reports whether there will be no output from offset on.
func (l *outputLog) finished(offset int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended && offset == l.ring.end
}

// offsets returns the oldest offset that can be read and the end.
func (l *outputLog) offsets() (start, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.start(), l.ring.end
}
