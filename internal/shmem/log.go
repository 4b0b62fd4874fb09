package shmem

import (
	"errors"
	"fmt"
)

// ErrEvicted is returned for an offset whose bytes the log no longer holds.
var ErrEvicted = errors.New("output is no longer in the session's memory")

// Bounds returns the offset of the oldest byte in the log and the offset that
// the next byte will have.
func (m *Memory) Bounds() (start, end int64) { return m.h.oldest.Load(), m.h.end.Load() }

// Capacity returns how many bytes the log holds at most, less those of a
// window that is open. It becomes smaller once if memory runs out.
func (m *Memory) Capacity() int { return int(m.h.capacity.Load()) }

// Window returns memory behind the log's end for one read, between 1 and n
// bytes, which are zero. The log's oldest bytes give way to it. What the read
// stored there belongs to the log by Publish, or by Open if this process does
// not come to that. Until Publish nothing else may be added to the log.
func (m *Memory) Window(n int) []byte {
	h := m.h
	end := h.end.Load()
	m.grow(end + int64(min(n, page)))
	capacity := h.capacity.Load()
	at := end % capacity
	size := min(int64(n), m.log.have-at, capacity/2)
	// The order is what a kill needs: the oldest bytes are given up before they
	// are overwritten, and the window counts once it is zero.
	h.oldest.Store(max(h.oldest.Load(), end+size-capacity))
	h.window.Store(0)
	if from := max(m.zeroed, end); from < end+size {
		clear(m.bytes(&m.log, at+from-end, end+size-from))
		m.zeroed = end + size
	}
	h.from.Store(end)
	h.window.Store(size)
	return m.bytes(&m.log, at, size)
}

// Publish adds to the log the first n bytes of the last window.
func (m *Memory) Publish(n int) { m.h.end.Add(int64(n)) }

// grow gets memory for a log of n bytes. If there is none, the log stays as
// large as it is: until now nothing was evicted, so each byte stands where the
// smaller capacity has it too.
func (m *Memory) grow(n int64) {
	capacity := m.h.capacity.Load()
	if m.log.have == capacity || n <= m.log.have {
		return
	}
	if err := m.reserve(&m.log, min(n, capacity)); err != nil {
		m.h.capacity.Store(m.log.have)
	} else {
		m.log.have = min(m.log.have, capacity)
	}
}

// Append adds bytes to the log that did not come from a read into a window.
func (m *Memory) Append(p []byte) {
	for len(p) > 0 {
		n := copy(m.Window(len(p)), p)
		m.Publish(n)
		p = p[n:]
	}
}

// Read copies into p the log's bytes from offset on and returns how many. It
// returns 0 and no error at the end of the log, ErrEvicted for an offset before
// the oldest byte, and another error for one past the end.
func (m *Memory) Read(p []byte, offset int64) (int, error) {
	start, end := m.Bounds()
	return m.read(&m.log, m.h.capacity.Load(), start, end, p, offset)
}

// read reads from an area that is a ring of capacity bytes with those from
// start to end in it.
func (m *Memory) read(a *area, capacity, start, end int64, p []byte, offset int64) (int, error) {
	switch {
	case offset < start:
		return 0, ErrEvicted
	case offset > end:
		return 0, fmt.Errorf("offset %d is past the end, %d", offset, end)
	}
	p = p[:min(int64(len(p)), end-offset)]
	ring := m.bytes(a, 0, capacity)
	n := copy(p, ring[offset%capacity:])
	copy(p[n:], ring)
	return len(p), nil
}
