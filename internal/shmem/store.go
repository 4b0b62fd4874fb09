package shmem

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// SetRecord stores the session's record in place of the one before.
func (m *Memory) SetRecord(p []byte) error { return m.set(&m.h.recordSlot, &m.record, p) }

// Record returns a copy of the record stored last; nil if there is none.
func (m *Memory) Record() []byte { return m.get(&m.h.recordSlot, &m.record) }

// SetScreen stores the session's screen in place of the one before.
func (m *Memory) SetScreen(p []byte) error { return m.set(&m.h.screenSlot, &m.screen, p) }

// Screen returns a copy of the screen stored last; nil if there is none.
func (m *Memory) Screen() []byte { return m.get(&m.h.screenSlot, &m.screen) }

// set writes p into the slot that is not valid and makes it the valid one. A
// slot's word is the length and, as lowest bit, which of the two it is.
func (m *Memory) set(word *atomic.Uint64, slots *[2]area, p []byte) error {
	which := 1 - word.Load()&1
	slot := &slots[which]
	if int64(len(p)) > slot.size {
		return fmt.Errorf("%d bytes are more than the session's memory has room for, %d", len(p), slot.size)
	}
	if err := m.reserve(slot, int64(len(p))); err != nil {
		return err
	}
	copy(m.bytes(slot, 0, int64(len(p))), p)
	word.Store(uint64(len(p))<<1 | which)
	return nil
}

func (m *Memory) get(word *atomic.Uint64, slots *[2]area) []byte {
	w := word.Load()
	return append([]byte(nil), m.bytes(&slots[w&1], 0, int64(w>>1))...)
}

// ErrHistoryFull is returned by AppendHistory until TrimHistory made room.
var ErrHistoryFull = errors.New("the session's history is full")

// HistoryBounds returns the offsets of the oldest byte of the history and of
// the next one.
func (m *Memory) HistoryBounds() (start, end int64) {
	return m.h.historyStart.Load(), m.h.historyEnd.Load()
}

// AppendHistory adds p to the history, as a whole or not at all.
func (m *Memory) AppendHistory(p []byte) error {
	start, end := m.HistoryBounds()
	size := m.history.size
	if end-start+int64(len(p)) > size {
		return ErrHistoryFull
	}
	if err := m.reserve(&m.history, min(end+int64(len(p)), size)); err != nil {
		return err
	}
	ring := m.bytes(&m.history, 0, size)
	n := copy(ring[end%size:], p)
	copy(ring, p[n:])
	m.h.historyEnd.Store(end + int64(len(p)))
	return nil
}

// ReadHistory copies into p the history's bytes from offset on, as Read does of
// the log.
func (m *Memory) ReadHistory(p []byte, offset int64) (int, error) {
	start, end := m.HistoryBounds()
	return m.read(&m.history, m.history.size, start, end, p, offset)
}

// TrimHistory drops what is before start.
func (m *Memory) TrimHistory(start int64) {
	from, end := m.HistoryBounds()
	m.h.historyStart.Store(min(max(start, from), end))
}

// CutHistory drops what is from end on: lines that a server appended after it
// stored the screen from which its successor goes on.
func (m *Memory) CutHistory(end int64) {
	start, was := m.HistoryBounds()
	if end = max(end, 0); end >= was {
		return
	}
	// The end first: Open knows an end before the start as an empty history.
	m.h.historyEnd.Store(end)
	if end < start {
		m.h.historyStart.Store(end)
	}
}

// MaxInputs is how many clients' input offsets a memory has room for.
const MaxInputs = 128

// Input is how far the input of one client has come, in bytes.
type Input struct {
	Key   uint64 // whose; zero for an entry that is free
	About int64  // a write up to here was begun
	Wrote int64  // and it was done up to here
}

// Input returns an entry, 0 to MaxInputs-1.
func (m *Memory) Input(i int) Input {
	e := &m.h.inputs[i]
	return Input{Key: e.key.Load(), About: e.about.Load(), Wrote: e.wrote.Load()}
}

// SetInput gives an entry to another client.
func (m *Memory) SetInput(i int, in Input) {
	e := &m.h.inputs[i]
	e.key.Store(0)
	e.about.Store(in.About)
	e.wrote.Store(in.Wrote)
	e.key.Store(in.Key)
}

// AboutToWrite says that a write of a client's input up to offset begins.
func (m *Memory) AboutToWrite(i int, offset int64) { m.h.inputs[i].about.Store(offset) }

// Wrote says that a client's input was written up to offset.
func (m *Memory) Wrote(i int, offset int64) { m.h.inputs[i].wrote.Store(offset) }

// maxNotes is how many notes there is room for. One less can be read: the one
// that the next note replaces may be half overwritten.
const maxNotes = 1024

// MaxNotes is how many of the newest notes are kept.
const MaxNotes = maxNotes - 1

// Note says that something happened at an offset of the log. What Kind and
// Value mean is the caller's.
type Note struct {
	Offset int64
	Kind   uint64
	Value  uint64
}

// AddNote adds a note, in place of the oldest if there are MaxNotes.
func (m *Memory) AddNote(n Note) error {
	count := m.h.notes.Load()
	size := int64(unsafe.Sizeof(Note{}))
	if err := m.reserve(&m.notes, min(count+1, maxNotes)*size); err != nil {
		return err
	}
	*m.note(count) = n
	m.h.notes.Store(count + 1)
	return nil
}

// Notes returns the notes, the oldest first.
func (m *Memory) Notes() []Note {
	count := m.h.notes.Load()
	var all []Note
	for i := max(0, count-MaxNotes); i < count; i++ {
		all = append(all, *m.note(i))
	}
	return all
}

func (m *Memory) note(i int64) *Note {
	size := int64(unsafe.Sizeof(Note{}))
	return (*Note)(unsafe.Pointer(&m.bytes(&m.notes, i%maxNotes*size, size)[0]))
}
