package exec

import (
	"math"
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

// logReader is a place in a log. Its owner alone calls its methods.
type logReader struct {
	log  *outputLog
	wake chan struct{} // receives when there may be more to read, first at once

	// Guarded by log.mu.
	offset   int64
	stop     int64         // it reads no further until pass
	must     bool          // output waits for it for as long as it takes
	idle     bool          // output does not wait for it at all
	patience time.Duration // left of this lap
	lap      int64         // where the next lap begins
}

// reader returns a new reader at offset; close releases it.
func (l *outputLog) reader(offset int64) *logReader {
	r := &logReader{log: l, wake: make(chan struct{}, 1), offset: offset, stop: math.MaxInt64}
	r.wake <- struct{}{}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readers[r] = struct{}{}
	return r
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

// next takes a copy of at most limit bytes, all of one target, and moves on.
// at is their offset. With no bytes, ended says whether there will ever be
// any. It returns ErrEvicted when what it would read is no longer held.
func (r *logReader) next(limit int) (data []byte, at int64, target StreamTarget, ended bool, err error) {
	n, at, target, ended, err := r.peek(limit)
	if n > 0 {
		data = make([]byte, n)
		n, target, err = r.read(data)
		data = data[:n]
	}
	return data, at, target, ended, err
}

// maxUntil bounds what until copies.
const maxUntil = 1 << 20

// until takes a copy of all before offset, of whatever target, and moves on. It
// returns ErrEvicted when some of that is no longer held, is made for another
// size, or is too much to hold twice.
func (r *logReader) until(offset int64) ([]byte, error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.offset < l.start() || r.stop >= r.offset && r.stop < offset || offset-r.offset > maxUntil {
		return nil, ErrEvicted
	}
	data := make([]byte, max(0, offset-r.offset))
	n, err := l.ring.read(data, r.offset)
	r.offset += int64(n)
	return data[:n], err
}

// peek tells what next would take.
func (r *logReader) peek(limit int) (n int, at int64, target StreamTarget, ended bool, err error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.offset < l.start() {
		return 0, r.offset, 0, false, ErrEvicted
	}
	target, until := l.segment(r.offset)
	n = int(min(until-r.offset, int64(limit)))
	if r.stop >= r.offset {
		n = int(min(int64(n), r.stop-r.offset))
	}
	return n, r.offset, target, l.ended && r.offset == l.ring.end, nil
}

// read fills p as far as there are bytes of one target, and moves on.
func (r *logReader) read(p []byte) (n int, target StreamTarget, err error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.offset < l.start() {
		return 0, 0, ErrEvicted
	}
	target, until := l.segment(r.offset)
	n, err = l.ring.read(p[:min(int64(len(p)), until-r.offset)], r.offset)
	r.offset += int64(n)
	l.wakeWriter()
	return n, target, err
}

// seek goes on at offset; wait tells whether output waits for the reader.
func (r *logReader) seek(offset int64, wait bool) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.offset = offset
	r.idle = !wait
	r.log.wakeWriter()
	offer(r.wake)
}

// stopped returns the turn that the reader stops at, if there is one.
func (r *logReader) stopped() (offset int64, ok bool) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return r.stop, r.stop >= r.offset && r.stop != math.MaxInt64
}

// pass goes on where the log's turns stopped it.
func (r *logReader) pass() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.stop = math.MaxInt64
	offer(r.wake)
}

// position returns the offset that next would read from.
func (r *logReader) position() int64 {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return r.offset
}

// close releases the reader.
func (r *logReader) close() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	delete(r.log.readers, r)
	r.log.wakeWriter()
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
