package outlog

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Source tells which of a program's outputs bytes came from.
type Source uint8

// Size is a terminal's size in cells.
type Size struct{ Rows, Cols int }

// SizeChange says that output from Offset on is made for Size. Changes are
// counted: Number is how many there were with this one.
type SizeChange struct {
	Number int64
	Offset int64
	Size   Size
}

// Log is the newest output of a program and its readers. All methods may be
// called concurrently.
type Log struct {
	// Appended, which may be nil, is called in the goroutine that appends, before the
	// readers are woken. It must not wait, and is set before there is output.
	Appended func()
	// Now, which may be nil, tells the time for the log's moments; it is set before
	// there is output. nil is the system's clock.
	Now func() time.Time

	appending sync.Mutex  // orders appends; held while one waits for a reader, or wakes them
	flowing   atomic.Bool // Flow is under way

	mu       sync.Mutex // guards all below; a leaf: nothing is called under it
	store    Store
	sources  []sourceChange // ascending; the last is where the newest bytes began
	from     int64          // offset of the oldest byte whose source is known
	sizes    []SizeChange   // the newest, ascending
	resizes  int64          // how many size changes there were
	moments  []Moment       // ascending
	ended    bool
	dropping bool          // nothing more is appended, though the end is not told yet
	readers  []*Reader     // replaced, never changed: append walks it without the lock
	advanced chan struct{} // wakes an append that waits for a reader
}

// sourceChange says that output from offset on came from source.
type sourceChange struct {
	offset int64
	source Source
}

const (
	// maxSources bounds what a program can make the log remember by writing to
	// its two outputs in turn. What lies before the oldest change counts as
	// evicted.
	maxSources = 4096

	// maxSizes bounds the size changes that are remembered. A reader that has
	// not come to the oldest of them takes it for one that it has missed.
	maxSizes = 64

	// MinCapacity is the least capacity of a log: room for what was read at
	// once and a reader that is a little behind.
	MinCapacity = 64 << 10

	// patience is how long output waits, for each time that it fills the ring,
	// for a reader that would otherwise lose some of it. A client that keeps
	// up with ten megabytes a second so sees every byte, as on a terminal of
	// its own; one that is slower, or stuck, costs the program no more than
	// this and is shown the screen as it is by then.
	patience = 100 * time.Millisecond
)

// Store is where a log's bytes are. A Ring is one.
type Store interface {
	Append(p []byte)
	// Read copies the bytes from offset on, which is within the bounds.
	Read(p []byte, offset int64) (int, error)
	Bounds() (start, end int64)
	Capacity() int
}

// WindowStore is a Store into which a program's output can be read directly, so
// that a process that is killed in the middle loses none of it.
type WindowStore interface {
	Store
	// Window returns memory behind the end for one read of at most n bytes;
	// Publish adds the first bytes of it to the log.
	Window(n int) []byte
	Publish(n int)
}

// New returns the log of what a store holds, which is empty or was another
// log's, with the changes of size that are known from there.
func New(store Store, sizes ...SizeChange) *Log {
	l := &Log{store: store, sizes: sizes, advanced: make(chan struct{}, 1)}
	if n := len(sizes); n > 0 {
		l.resizes = sizes[n-1].Number
	}
	if kept, ok := store.(MomentStore); ok {
		l.moments = kept.Moments()
	}
	return l
}

// NewHeap returns an empty log in the process's own memory, which holds the
// newest bytes: capacity of them, or MinCapacity if that is more.
func NewHeap(capacity int) *Log {
	ring := NewRing(max(capacity, MinCapacity), Heap{})
	return New(&ring)
}

// ReadFrom appends what one call of read gives, at most n bytes, which it stores
// where the log has them if that is possible. A program's output is read by one
// goroutine; buf, of n bytes, is what read gets otherwise.
func (l *Log) ReadFrom(source Source, read func(p []byte) (int, error), buf []byte) (int, error) {
	w, ok := l.store.(WindowStore)
	if !ok {
		n, err := read(buf)
		if n > 0 {
			l.Append(source, buf[:n])
		}
		return n, err
	}
	l.appending.Lock()
	l.waitForReaders(len(buf))
	l.appending.Unlock()
	l.mu.Lock()
	window := w.Window(len(buf))
	l.mu.Unlock()
	n, err := read(window) // may wait for long
	now := l.now()
	l.appending.Lock()
	defer l.appending.Unlock()
	l.mu.Lock()
	readers := l.readers
	if l.ended || l.dropping {
		n = 0
	}
	if n > 0 {
		l.noteNewest(source)
		l.noteMoment(now)
	}
	w.Publish(max(n, 0))
	l.mu.Unlock()
	if n > 0 {
		l.appended()
		for _, r := range readers {
			r.wakeUp()
		}
	}
	runtime.KeepAlive(l) // the window is the store's memory
	return n, err
}

// Flow calls read, which appends output that is there already, piece by piece. Flowing
// is true meanwhile, so that a reader may leave what comes for later; one that has not
// all in the end is woken once more.
func (l *Log) Flow(read func() error) error {
	l.flowing.Store(true)
	defer func() {
		l.flowing.Store(false)
		l.appending.Lock()
		defer l.appending.Unlock()
		for _, r := range l.behindEnd() {
			r.wakeUp()
		}
	}()
	return read()
}

// Flowing reports whether more output comes at once.
func (l *Log) Flowing() bool { return l.flowing.Load() }

// behindEnd returns the readers that have not read all.
func (l *Log) behindEnd() (all []*Reader) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.readers {
		if r.offset < l.end() {
			all = append(all, r)
		}
	}
	return all
}

// Append adds what the program wrote and wakes the readers. After Close it does
// nothing.
func (l *Log) Append(source Source, data []byte) {
	l.appending.Lock()
	defer l.appending.Unlock()
	for len(data) > 0 {
		n := min(len(data), MinCapacity/2)
		l.waitForReaders(n)
		readers := l.put(source, data[:n])
		l.appended()
		for _, r := range readers {
			r.wakeUp()
		}
		data = data[n:]
	}
}

// now is the time, asked for before a lock is taken.
func (l *Log) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

func (l *Log) appended() {
	if l.Appended != nil {
		l.Appended()
	}
}

// put appends what there is room for, and returns whom to wake.
func (l *Log) put(source Source, data []byte) []*Reader {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.dropping {
		return nil
	}
	l.noteNewest(source)
	l.noteMoment(now)
	l.store.Append(data)
	return l.readers
}

// noteNewest notes which source the next bytes are of.
func (l *Log) noteNewest(source Source) {
	if n := len(l.sources); n > 0 && l.sources[n-1].source == source {
		return
	}
	start, end := l.store.Bounds()
	for len(l.sources) > 1 && l.sources[1].offset <= start {
		l.sources = l.sources[1:]
	}
	if len(l.sources) == maxSources {
		l.sources = l.sources[1:]
		l.from = l.sources[0].offset
	}
	l.sources = append(l.sources, sourceChange{end, source})
}

// waitForReaders returns once n more bytes take nothing from a reader that the
// output waits for.
func (l *Log) waitForReaders(n int) {
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
func (l *Log) waited(n int, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	start := l.end() + int64(n) - int64(l.store.Capacity())
	for _, r := range l.readers {
		if r.offset < start && !r.idle {
			r.patience -= d
		}
	}
}

// behind returns a reader that n more bytes would overrun and that output
// waits for, and for how long; nil if there is none.
func (l *Log) behind(n int) (*Reader, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended || l.dropping {
		return nil, 0
	}
	start := l.end() + int64(n) - int64(l.store.Capacity())
	var behind *Reader
	for _, r := range l.readers {
		if r.offset >= start || r.idle {
			continue
		}
		if end := l.end(); end >= r.lap {
			r.lap = end + int64(l.store.Capacity())
			r.patience = r.allowed
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

// ChangeSize says that the output from here on is made for another size. A
// reader that output does not have to wait for stops there until it passes.
func (l *Log) ChangeSize(size Size) SizeChange {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.noteMoment(now)
	for _, r := range l.readers {
		if !r.must && (r.stop < r.offset || r.stop > l.end()) {
			r.stop = l.end()
		}
	}
	l.resizes++
	c := SizeChange{l.resizes, l.end(), size}
	if len(l.sizes) == maxSizes {
		l.sizes = slices.Delete(l.sizes, 0, 1)
	}
	l.sizes = append(l.sizes, c)
	return c
}

// SizeChanges returns those that are remembered and have a number above after.
func (l *Log) SizeChanges(after int64) []SizeChange {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.sizes)
	for n > 0 && l.sizes[n-1].Number > after {
		n--
	}
	return slices.Clone(l.sizes[n:])
}

// Resizes returns how many size changes there were.
func (l *Log) Resizes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.resizes
}

// Drop has what comes from now on dropped, and nothing wait for readers any more:
// it is for the output of a program that was killed. Readers learn of the end
// when the log is closed.
func (l *Log) Drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dropping = true
	l.wakeWriter()
}

// Close says that nothing will be appended any more.
func (l *Log) Close() {
	l.mu.Lock()
	l.ended = true
	readers := l.readers
	l.wakeWriter()
	l.mu.Unlock()
	for _, r := range readers {
		offer(r.Wake)
	}
}

func (l *Log) wakeWriter() { offer(l.advanced) }

// offer puts a piece of news into a channel that holds one.
func offer(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// segment returns the source of the byte at offset and where its run ends.
func (l *Log) segment(offset int64) (Source, int64) {
	until := l.end()
	for i := len(l.sources) - 1; i >= 0; i-- {
		if l.sources[i].offset <= offset {
			return l.sources[i].source, until
		}
		until = l.sources[i].offset
	}
	return 0, until
}

func (l *Log) start() int64 {
	start, _ := l.store.Bounds()
	return max(start, l.from)
}

func (l *Log) end() int64 {
	_, end := l.store.Bounds()
	return end
}

// copyOut copies the bytes from offset on. The caller holds mu.
func (l *Log) copyOut(p []byte, offset int64) (int, error) {
	if offset < l.start() {
		return 0, ErrEvicted
	}
	return l.store.Read(p, offset)
}

// All returns a copy of everything held and the offset behind it.
func (l *Log) All() (data []byte, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	start, end := l.store.Bounds()
	data = make([]byte, end-start)
	n, _ := l.store.Read(data, start)
	return data[:n], end
}

// Capacity returns how many bytes the log holds at most.
func (l *Log) Capacity() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.store.Capacity()
}

// Holds reports whether a reader can go on from offset.
func (l *Log) Holds(offset int64) bool {
	start, end := l.Offsets()
	return start <= offset && offset <= end
}

// Finished reports whether there will be no output from offset on.
func (l *Log) Finished(offset int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended && offset == l.end()
}

// Offsets returns the oldest offset that can be read and the end.
func (l *Log) Offsets() (start, end int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.start(), l.end()
}
