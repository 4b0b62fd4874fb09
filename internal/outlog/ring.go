package outlog

import (
	"errors"
	"fmt"
)

// ErrEvicted is returned for an offset whose bytes are no longer held.
var ErrEvicted = errors.New("output is no longer in the buffer")

// Storage is the memory behind a Ring. Grow returns n bytes that begin with
// the bytes of old, the slice it returned last (nil at first).
type Storage interface {
	Grow(old []byte, n int) []byte
}

// Heap is Storage in the process's own memory.
type Heap struct{}

// Grow implements Storage.
func (Heap) Grow(old []byte, n int) []byte {
	mem := make([]byte, n)
	copy(mem, old)
	return mem
}

// firstGrowth is the least memory that a ring with anything in it takes.
const firstGrowth = 4096

// Ring is the newest bytes of a log. Each byte ever appended has an offset, the
// number of bytes before it. The byte at offset o stands at mem[o % capacity];
// until mem has grown to the capacity nothing was evicted, so that this index
// is o itself. A Ring has no lock.
type Ring struct {
	from     Storage
	mem      []byte
	capacity int
	end      int64
}

// NewRing returns an empty ring. One of no capacity discards what is appended.
func NewRing(capacity int, from Storage) Ring {
	return Ring{from: from, capacity: max(capacity, 0)}
}

// Start returns the offset of the oldest byte held.
func (r *Ring) Start() int64 { return max(0, r.end-int64(r.capacity)) }

// End returns the offset that the next byte will have.
func (r *Ring) End() int64 { return r.end }

// Bounds returns both; it and Capacity make a Ring the Store of a Log.
func (r *Ring) Bounds() (start, end int64) { return r.Start(), r.end }

// Capacity returns how many bytes the ring holds at most.
func (r *Ring) Capacity() int { return r.capacity }

// Memory returns how many bytes of memory the ring takes.
func (r *Ring) Memory() int { return len(r.mem) }

// Append adds data, and evicts the oldest bytes when the capacity is exceeded.
func (r *Ring) Append(data []byte) {
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
func (r *Ring) reserve(n int64) {
	have := len(r.mem)
	if n <= int64(have) || have == r.capacity {
		return
	}
	want := max(int64(2*have), n, firstGrowth)
	r.mem = r.from.Grow(r.mem, int(min(want, int64(r.capacity))))
}

func (r *Ring) index(offset int64) int { return int(offset % int64(r.capacity)) }

// All returns a copy of what is held.
func (r *Ring) All() []byte {
	p := make([]byte, r.end-r.Start())
	r.Read(p, r.Start())
	return p
}

// Read copies into p the bytes from offset on and returns how many. It returns
// 0 and no error at the end of the log, ErrEvicted for an offset before the
// oldest byte held, and another error for one past the end.
func (r *Ring) Read(p []byte, offset int64) (int, error) {
	switch {
	case offset < r.Start():
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
