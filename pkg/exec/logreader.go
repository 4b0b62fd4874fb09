package exec

import (
	"math"
	"time"
)

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
	r := &logReader{log: l, wake: make(chan struct{}, 1), offset: offset, stop: nowhere}
	r.wake <- struct{}{}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readers[r] = struct{}{}
	return r
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

// seek goes on at offset, or stops there if a turn that it has not passed is
// before that; wait tells whether output waits for the reader.
func (r *logReader) seek(offset int64, wait bool) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.offset = offset
	r.stop = max(r.stop, offset)
	r.idle = !wait
	r.log.wakeWriter()
	offer(r.wake)
}

// nowhere is where a reader stops that no turn stops.
const nowhere = math.MaxInt64

// stopped returns the turn that the reader stops at, or nowhere.
func (r *logReader) stopped() int64 {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	if r.stop < r.offset {
		return nowhere
	}
	return r.stop
}

// pass goes on where a turn stopped it.
func (r *logReader) pass() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.stop = nowhere
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
