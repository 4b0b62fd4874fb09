package exec

import (
	"sync"

	"github.com/xsh-project/xsh/internal/outlog"
)

// DefaultOutputBufferSize is the capacity of NewDefaultOutputBuffer, in bytes.
const DefaultOutputBufferSize = 1000000

// ErrEvicted is returned for an offset whose bytes the buffer no longer holds.
var ErrEvicted = outlog.ErrEvicted

// OutputBuffer stores terminal output bytes, providing a fixed-size cyclic
// buffer. It is the newest part of a log: every byte ever appended has an
// offset, the number of bytes appended before it, and keeps that offset for
// as long as it is held. All methods may be called concurrently.
type OutputBuffer struct {
	mu   sync.Mutex
	ring outlog.Ring
}

// NewOutputBuffer initializes an OutputBuffer with a specified capacity, in
// bytes. If capacity is <= 0, a minimum capacity of 0 is used (all appends are
// discarded).
func NewOutputBuffer(capacity int) *OutputBuffer {
	return &OutputBuffer{ring: outlog.NewRing(capacity, outlog.Heap{})}
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
	b.ring.Append(data)
}

// GetAll retrieves a copy of all stored bytes in the buffer.
func (b *OutputBuffer) GetAll() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ring.All()
}

// Len returns the current number of bytes in the buffer.
func (b *OutputBuffer) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return int(b.ring.End() - b.ring.Start())
}

// Offsets returns the offset of the oldest byte held and the offset that the
// next byte appended will have.
func (b *OutputBuffer) Offsets() (start, end int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ring.Start(), b.ring.End()
}

// ReadOffset copies into p the bytes from offset on and returns how many. It
// returns 0 and no error at the end of the log, ErrEvicted for an offset
// before the oldest byte held, and another error for one past the end.
func (b *OutputBuffer) ReadOffset(p []byte, offset int64) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ring.Read(p, offset)
}
