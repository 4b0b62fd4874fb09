package shmem

import (
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"
)

// What a memory begins with. The layout number changes with any change of what
// follows; a server refuses one that it does not know. Layout 2 added the moments
// behind all else.
const (
	magic  = 0x6d656d0068737800 // "\0xsh\0mem", and the byte order
	layout = 2
)

// page is the unit of all areas. It need not be the system's page size: an area
// may share its first and last page with its neighbours.
const page = 4096

// Defaults and bounds of Limits.
const (
	defaultLog     = 1 << 20
	defaultRecord  = 64 << 10
	defaultScreen  = 4 << 20
	defaultHistory = 64 << 20
	maxLimit       = 1 << 32
	maxOffset      = 1 << 62
)

// Limits says how large the areas of a memory may become. They are fixed when
// it is created. Zero means the default; all are rounded up to whole pages.
type Limits struct {
	Log     int // bytes of output kept; 1 MiB
	Record  int // the longest record; 64 KiB
	Screen  int // the longest stored screen; 4 MiB
	History int // bytes of history; 64 MiB
}

func (l Limits) rounded() Limits {
	round := func(n, otherwise int) int {
		if n <= 0 {
			n = otherwise
		}
		return (n + page - 1) / page * page
	}
	return Limits{
		Log:     round(l.Log, defaultLog),
		Record:  round(l.Record, defaultRecord),
		Screen:  round(l.Screen, defaultScreen),
		History: round(l.History, defaultHistory),
	}
}

// header is the memory's first page. Everything in it that changes is one word,
// or is ordered so that each order of stores a reader may see makes sense.
type header struct {
	magic, layout                uint64
	log, record, screen, history uint64 // the limits

	// capacity is how many bytes the ring holds: the limit, or less if that
	// much memory was not to be had. The byte at offset o stands at o % capacity.
	capacity    atomic.Int64
	oldest, end atomic.Int64 // the log's bytes that are valid
	// A read may fill window bytes from the offset from on; it is over when the
	// end is another.
	from, window atomic.Int64

	recordSlot, screenSlot atomic.Uint64 // length and which of the two is valid, see slot

	_ [2]atomic.Int64 // always zero

	notes atomic.Int64 // how many were ever made

	inputs [MaxInputs]input

	momentSlot atomic.Uint64 // how many and which of the two is valid; of layout 2
}

// input is how far one client's input has come.
type input struct {
	key          atomic.Uint64
	about, wrote atomic.Int64
}

// The header must stay within its page.
var _ [page - unsafe.Sizeof(header{})]byte

// area is a part of the memory that takes memory from its beginning on.
type area struct {
	at, size int64
	have     int64 // bytes from at on for which there is memory
}

// areas are all areas in their order.
type areas struct {
	notes, log, history area
	record, screen      [2]area
	moments             [2]area // of no size in layout 1
	total               int64
}

func layOut(l Limits, layout uint64) areas {
	var a areas
	moments := 0
	if layout > 1 {
		moments = MaxMoments * int(unsafe.Sizeof(Moment{}))
	}
	at := int64(page)
	for _, next := range []struct {
		area *area
		size int
	}{
		{&a.notes, maxNotes * int(unsafe.Sizeof(Note{}))},
		{&a.record[0], l.Record}, {&a.record[1], l.Record},
		{&a.screen[0], l.Screen}, {&a.screen[1], l.Screen},
		{&a.log, l.Log}, {&a.history, l.History},
		{&a.moments[0], moments}, {&a.moments[1], moments},
	} {
		size := (int64(next.size) + page - 1) / page * page
		*next.area = area{at: at, size: size}
		at += size
	}
	a.total = at
	return a
}

// errNotOurs is for memory that was not made by this package.
var errNotOurs = errors.New("this is not a session's memory")

// limits returns the header's limits.
func (h *header) limits() (Limits, error) {
	switch {
	case h.magic != magic:
		return Limits{}, errNotOurs
	case h.layout < 1 || h.layout > layout:
		return Limits{}, fmt.Errorf("the session's memory has layout %d, this xsh knows those up to %d: use the version that wrote it, or a newer one", h.layout, layout)
	}
	for _, n := range []uint64{h.log, h.record, h.screen, h.history} {
		if n == 0 || n > maxLimit || n%page != 0 {
			return Limits{}, errNotOurs
		}
	}
	return Limits{Log: int(h.log), Record: int(h.record), Screen: int(h.screen), History: int(h.history)}, nil
}

// check reports what in the header cannot be.
func (h *header) check(l Limits) error {
	capacity, oldest, end := h.capacity.Load(), h.oldest.Load(), h.end.Load()
	switch {
	case capacity < page || capacity > int64(l.Log):
		return damaged("the log's capacity", capacity)
	case oldest < 0 || oldest > end || end-oldest > capacity || end > maxOffset:
		return damaged("the log's end", end)
	case h.recordSlot.Load()>>1 > uint64(l.Record):
		return damaged("the record's length", int64(h.recordSlot.Load()>>1))
	case h.screenSlot.Load()>>1 > uint64(l.Screen):
		return damaged("the screen's length", int64(h.screenSlot.Load()>>1))
	case h.notes.Load() < 0 || h.notes.Load() > maxOffset:
		return damaged("the number of notes", h.notes.Load())
	case h.layout > 1 && h.momentSlot.Load()>>1 > MaxMoments:
		return damaged("the number of moments", int64(h.momentSlot.Load()>>1))
	}
	return nil
}

func damaged(what string, value int64) error {
	return fmt.Errorf("the session's memory is damaged: %s is %d", what, value)
}
