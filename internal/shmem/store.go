package shmem

import (
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

// HistorySize returns how many bytes the history has room for.
func (m *Memory) HistorySize() int64 { return m.history.size }

// WriteHistory writes p at a place of the history. A reader never looks there before
// something that was stored later, as a screen, tells of it: the caller knows which places
// what is stored tells of, and writes over none of them.
func (m *Memory) WriteHistory(at int64, p []byte) error {
	n := int64(len(p))
	if at < 0 || at > m.history.size-n {
		return fmt.Errorf("%d bytes at %d are beyond the end of the session's history, %d", n, at, m.history.size)
	}
	if err := m.reserve(&m.history, at+n); err != nil {
		return err
	}
	copy(m.bytes(&m.history, at, n), p)
	return nil
}

// giveBackLeast is how much memory must be too much before it is given back: what is had
// anew soon is no gain.
const giveBackLeast = 256 << 10

// GiveBackHistory gives the memory of the places from end on back, if that is much: nobody
// reads there until something was written anew.
func (m *Memory) GiveBackHistory(end int64) {
	end = (max(end, 0) + page - 1) / page * page
	a := &m.history
	top := max(a.have, m.hadBefore)
	if top-end >= giveBackLeast && release(m.file, a.at+end, top-end) {
		a.have, m.hadBefore = min(a.have, end), end
	}
}

// ReadHistory returns a copy of n bytes of the history.
func (m *Memory) ReadHistory(at, n int64) ([]byte, error) {
	if at < 0 || n < 0 || at > m.history.size-n {
		return nil, fmt.Errorf("the session's history has no %d bytes at %d", n, at)
	}
	return append([]byte(nil), m.bytes(&m.history, at, n)...), nil
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
