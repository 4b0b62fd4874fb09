package outlog

import (
	"math"
	"slices"
	"time"
)

// Reader is a place in a log. Its owner alone calls its methods, one at a time.
type Reader struct {
	log *Log
	// Wake receives when there may be more to read, first at once.
	Wake  chan struct{}
	eager func() bool
	must  bool
	// allowed is how long output waits for it, for each time that it fills the ring.
	allowed time.Duration

	// Guarded by log.mu.
	offset   int64
	stop     int64         // it reads no further until Pass
	idle     bool          // output does not wait for it at all
	patience time.Duration // left of this lap
	lap      int64         // where the next lap begins
}

// ReaderOptions say how a reader is served.
type ReaderOptions struct {
	// Eager, if set, is called in the goroutine that appends, behind each
	// append. It may read what there is, must not wait, and reports whether it
	// did, or has no need yet of what came; if not, Wake receives.
	Eager func() bool
	// Must has output wait for the reader for as long as it takes; changes of
	// size do not stop it.
	Must bool
	// Patience is how long output waits for the reader, for each time that it
	// fills the ring, before the reader loses some of it; zero means a tenth of a
	// second.
	Patience time.Duration
}

// NewReader returns a reader at offset; Close releases it.
func (l *Log) NewReader(offset int64, o ReaderOptions) *Reader {
	r := &Reader{log: l, Wake: make(chan struct{}, 1), eager: o.Eager, must: o.Must, allowed: o.Patience, offset: offset, stop: Nowhere}
	if r.allowed == 0 {
		r.allowed = patience
	}
	r.Wake <- struct{}{}
	l.mu.Lock()
	defer l.mu.Unlock()
	// Those that output must wait for come last: clients are served first.
	at := len(l.readers)
	for at > 0 && l.readers[at-1].must && !r.must {
		at--
	}
	l.readers = slices.Insert(slices.Clone(l.readers), at, r)
	return r
}

func (r *Reader) wakeUp() {
	if r.eager == nil || !r.eager() {
		offer(r.Wake)
	}
}

// Next takes a copy of at most limit bytes, all of one source, and moves on. at
// is their offset. With no bytes, ended says whether there will ever be any. It
// returns ErrEvicted when what it would read is no longer held.
func (r *Reader) Next(limit int) (data []byte, at int64, source Source, ended bool, err error) {
	n, at, source, ended, err := r.Peek(limit)
	if n > 0 {
		data = make([]byte, n)
		n, source, err = r.Read(data)
		data = data[:n]
	}
	return data, at, source, ended, err
}

// NextIn is Next into memory of the caller's, as far as p has room.
func (r *Reader) NextIn(p []byte) (data []byte, at int64, source Source, ended bool, err error) {
	n, at, source, ended, err := r.Peek(len(p))
	if n > 0 {
		n, source, err = r.Read(p[:n])
	}
	return p[:max(0, n)], at, source, ended, err
}

// Peek tells what Next would take.
func (r *Reader) Peek(limit int) (n int, at int64, source Source, ended bool, err error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.offset < l.start() {
		return 0, r.offset, 0, false, ErrEvicted
	}
	source, until := l.segment(r.offset)
	n = int(min(r.readable(until)-r.offset, int64(limit)))
	return n, r.offset, source, l.ended && r.offset == l.end(), nil
}

// readable is how far the reader may read in a run of bytes that ends at until.
func (r *Reader) readable(until int64) int64 {
	if r.stop >= r.offset {
		return min(until, r.stop)
	}
	return until
}

// Read fills p as far as there are bytes of one source, and moves on.
func (r *Reader) Read(p []byte) (n int, source Source, err error) {
	n, _, source, err = r.Copy(p)
	r.Skip(n)
	return n, source, err
}

// Copy is Read that does not move on. at is the offset of the bytes.
func (r *Reader) Copy(p []byte) (n int, at int64, source Source, err error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.offset < l.start() {
		return 0, r.offset, 0, ErrEvicted
	}
	source, until := l.segment(r.offset)
	n, err = l.copyOut(p[:min(int64(len(p)), r.readable(until)-r.offset)], r.offset)
	return n, r.offset, source, err
}

// Skip moves on by n bytes.
func (r *Reader) Skip(n int) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.offset += int64(n)
	r.log.wakeWriter()
}

// maxUntil bounds what Until copies.
const maxUntil = 1 << 20

// Until takes a copy of all before offset, of whatever source, and moves on. It
// returns ErrEvicted when some of that is no longer held, is made for another
// size, or is too much to hold twice.
func (r *Reader) Until(offset int64) ([]byte, error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.offset < l.start() || r.stop >= r.offset && r.stop < offset || offset-r.offset > maxUntil {
		return nil, ErrEvicted
	}
	data := make([]byte, max(0, offset-r.offset))
	n, err := l.copyOut(data, r.offset)
	r.offset += int64(n)
	l.wakeWriter()
	return data[:n], err
}

// MoveTo goes on at offset, or stops there if a change of size that it has not
// passed is before that; wait tells whether output waits for the reader.
func (r *Reader) MoveTo(offset int64, wait bool) {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.offset = offset
	r.stop = max(r.stop, offset)
	r.idle = !wait
	r.log.wakeWriter()
	offer(r.Wake)
}

// Nowhere is where a reader stops that no change of size stops.
const Nowhere = math.MaxInt64

// Stopped returns the offset of the change of size that the reader stops at, or
// Nowhere.
func (r *Reader) Stopped() int64 {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	if r.stop < r.offset {
		return Nowhere
	}
	return r.stop
}

// Pass goes on where a change of size stopped it.
func (r *Reader) Pass() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.stop = Nowhere
	offer(r.Wake)
}

// Position returns the offset that Next would read from.
func (r *Reader) Position() int64 {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return r.offset
}

// Lag returns how many bytes there are that the reader has not taken.
func (r *Reader) Lag() int64 {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	return r.log.end() - r.offset
}

// Close releases the reader.
func (r *Reader) Close() {
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	r.log.readers = slices.DeleteFunc(slices.Clone(r.log.readers), func(o *Reader) bool { return o == r })
	r.log.wakeWriter()
}
