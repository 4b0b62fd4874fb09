package shmem

import "unsafe"

// MaxMoments is how many moments there is room for.
const MaxMoments = 4096

// Moment says when the byte at an offset of the log was printed, in nanoseconds
// since 1970.
type Moment struct{ Offset, At int64 }

// AddMoment adds a moment behind the others. One for which there is no room is
// forgotten, as all are in a memory of layout 1.
func (m *Memory) AddMoment(one Moment) {
	w := m.h.momentSlot.Load()
	which, count := w&1, w>>1
	if m.moments[which].size == 0 || count >= MaxMoments || m.reserveMoments(which, count+1) != nil {
		return
	}
	*m.moment(which, count) = one
	m.h.momentSlot.Store((count+1)<<1 | which)
}

// SetMoments stores moments in place of all, the newest if there are too many.
func (m *Memory) SetMoments(all []Moment) {
	which := 1 - m.h.momentSlot.Load()&1
	all = all[max(0, len(all)-MaxMoments):]
	if m.moments[which].size == 0 || m.reserveMoments(which, uint64(len(all))) != nil {
		return
	}
	for i, one := range all {
		*m.moment(which, uint64(i)) = one
	}
	m.h.momentSlot.Store(uint64(len(all))<<1 | which)
}

// Moments returns the moments in the order in which they were added.
func (m *Memory) Moments() []Moment {
	w := m.h.momentSlot.Load()
	if m.moments[w&1].size == 0 {
		return nil
	}
	all := make([]Moment, 0, w>>1)
	for i := range w >> 1 {
		all = append(all, *m.moment(w&1, i))
	}
	return all
}

const momentSize = int64(unsafe.Sizeof(Moment{}))

func (m *Memory) reserveMoments(which, count uint64) error {
	return m.reserve(&m.moments[which], int64(count)*momentSize)
}

func (m *Memory) moment(which, i uint64) *Moment {
	return (*Moment)(unsafe.Pointer(&m.bytes(&m.moments[which], int64(i)*momentSize, momentSize)[0]))
}
