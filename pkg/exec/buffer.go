package exec

import (
	"errors"
	"fmt"
	"sync"
)

// DefaultOutputBufferSize is the capacity of NewDefaultOutputBuffer, in bytes.
const DefaultOutputBufferSize = 1000000

// ErrEvicted is returned for an offset whose bytes the buffer no longer holds.
var ErrEvicted = errors.New("output is no longer in the buffer")

// OutputBuffer stores terminal output bytes, providing a fixed-size cyclic
// buffer. It is the newest part of a log: every byte ever appended has an
// offset, the number of bytes appended before it, and keeps that offset for
// as long as it is held. All methods may be called concurrently.
type OutputBuffer struct {
	mu   sync.Mutex
	ring ring
}

// NewOutputBuffer initializes an OutputBuffer with a specified capacity, in
// bytes. If capacity is <= 0, a minimum capacity of 0 is used (all appends are
// discarded).
func NewOutputBuffer(capacity int) *OutputBuffer {
	return &OutputBuffer{ring: newRing(capacity, heap{})}
}

// NewDefaultOutputBuffer creates an OutputBuffer with DefaultOutputBufferSize.
func NewDefaultOutputBuffer() *OutputBuffer {
	return NewOutputBuffer(DefaultOutputBufferSize)
}

// Append adds data to the buffer, evicting the oldest bytes when capacity is
// exceeded. It costs what copying data costs, also when the buffer is full.
// The backing array grows with what is written, never beyond capacity.
func (b *OutputBuffer) Append(data []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ring.append(data)
}

// GetAll retrieves a copy of all stored bytes in the buffer.
func (b *OutputBuffer) GetAll() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ring.all()
}

// Len returns the current number of bytes in the buffer.
func (b *OutputBuffer) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int(b.ring.end - b.ring.start())
}

// Offsets returns the offset of the oldest byte held and the offset that the
// next byte appended will have.
func (b *OutputBuffer) Offsets() (start, end int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ring.start(), b.ring.end
}

// ReadOffset copies into p the bytes from offset on and returns how many. It
// returns 0 and no error at the end of the log, ErrEvicted for an offset
// before the oldest byte held, and another error for one past the end.
func (b *OutputBuffer) ReadOffset(p []byte, offset int64) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ring.read(p, offset)
}

// storage is the memory behind a ring. grow returns n bytes that begin with
// the bytes of old, the slice it returned last (nil at first).
type storage interface {
	grow(old []byte, n int) []byte
}

// heap is storage in the process's own memory.
type heap struct{}

func (heap) grow(old []byte, n int) []byte {
	mem := make([]byte, n)
	copy(mem, old)
	return mem
}

// firstGrowth is the least memory that a ring with anything in it takes.
const firstGrowth = 4096

// ring is OutputBuffer without the lock. The byte at offset o stands at
// mem[o % capacity]; until mem has grown to capacity nothing was evicted, so
// that index is o itself.
type ring struct {
	from     storage
	mem      []byte
	capacity int
	end      int64
}

func newRing(capacity int, from storage) ring {
	return ring{from: from, capacity: max(capacity, 0)}
}

func (r *ring) start() int64 { return max(0, r.end-int64(r.capacity)) }

func (r *ring) append(data []byte) {
	if over := len(data) - r.capacity; over > 0 {
		r.end += int64(over)
		data = data[over:]
	}
	if len(data) == 0 {
		return
	}
	r.reserve(r.end + int64(len(data)))
	n := copy(r.mem[r.index(r.end):], data)
	copy(r.mem, data[n:])
	r.end += int64(len(data))
}

// reserve makes room for a log of n bytes, by doubling up to the capacity.
func (r *ring) reserve(n int64) {
	have := len(r.mem)
	if n <= int64(have) || have == r.capacity {
		return
	}
	want := max(int64(2*have), n, firstGrowth)
	r.mem = r.from.grow(r.mem, int(min(want, int64(r.capacity))))
}

func (r *ring) index(offset int64) int { return int(offset % int64(r.capacity)) }

func (r *ring) all() []byte {
	p := make([]byte, r.end-r.start())
	r.read(p, r.start())
	return p
}

func (r *ring) read(p []byte, offset int64) (int, error) {
	switch {
	case offset < r.start():
		return 0, ErrEvicted
	case offset > r.end:
		return 0, fmt.Errorf("offset %d is past the end of the output, %d", offset, r.end)
	}
	if left := r.end - offset; int64(len(p)) > left {
		p = p[:left]
	}
	if len(p) == 0 {
		return 0, nil
	}
	n := copy(p, r.mem[r.index(offset):])
	copy(p[n:], r.mem)
	return len(p), nil
}
