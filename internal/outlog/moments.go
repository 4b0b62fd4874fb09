package outlog

import (
	"sort"
	"time"
)

// Moment says when the byte at Offset was printed: at At, in nanoseconds since
// 1970. Those behind it, up to the next moment's, came within MomentEvery of that,
// or more where moments were given up to stay within MaxMoments.
type Moment struct {
	Offset int64
	At     int64
}

// Time is At as a time.
func (m Moment) Time() time.Time { return time.Unix(0, m.At) }

const (
	// MomentEvery is how long after a moment the next is noted at the earliest.
	MomentEvery = 100 * time.Millisecond

	// MaxMoments bounds the moments that are kept. Where there would be more, the
	// older ones are made coarser.
	MaxMoments = 4096
)

// MomentStore is a Store that keeps the moments as well, for another process that
// takes over the log.
type MomentStore interface {
	Moments() []Moment
	AddMoment(Moment)
	// SetMoments stores moments in place of all.
	SetMoments([]Moment)
}

// noteMoment notes that what comes next is printed at now. The caller holds mu.
// A clock that is set back makes no moment earlier than the one before.
func (l *Log) noteMoment(now time.Time) {
	m := Moment{l.end(), now.UnixNano()}
	n := len(l.moments)
	if n > 0 && m.At-l.moments[n-1].At < int64(MomentEvery) {
		return
	}
	kept, _ := l.store.(MomentStore)
	if n >= MaxMoments {
		l.moments = coarser(l.moments, l.start())
		if kept != nil {
			kept.SetMoments(l.moments)
		}
	}
	l.moments = append(l.moments, m)
	if kept != nil {
		kept.AddMoment(m)
	}
}

// coarser gives up moments: those of output that is not held, and then of the
// older half those that are nearest to the one before, until a quarter is gone.
func coarser(all []Moment, start int64) []Moment {
	for len(all) > 1 && all[1].Offset <= start {
		all = all[1:]
	}
	for step := 2 * int64(MomentEvery); len(all) > MaxMoments*3/4; step *= 2 {
		kept := append(make([]Moment, 0, MaxMoments), all[0])
		for i, m := range all[1:] {
			if i > len(all)/2 || m.At-kept[len(kept)-1].At >= step {
				kept = append(kept, m)
			}
		}
		all = kept
	}
	return all
}

// Moments returns what is known of when the log's output was printed, ascending.
// Output before the first was printed earlier than that.
func (l *Log) Moments() []Moment {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Moment(nil), l.moments...)
}

// MomentAt returns the moment at which the byte at offset was printed, and the
// offset up to which that one counts. It returns a zero Moment if that is not known.
func (l *Log) MomentAt(offset int64) (m Moment, until int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := sort.Search(len(l.moments), func(i int) bool { return l.moments[i].Offset > offset })
	until = Nowhere
	if i < len(l.moments) {
		until = l.moments[i].Offset
	}
	if i > 0 {
		m = l.moments[i-1]
	}
	return m, until
}

// ChangedAt returns when a change at an offset was made that output may have come
// behind: the first moment there, not the last.
func (l *Log) ChangedAt(offset int64) Moment {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := sort.Search(len(l.moments), func(i int) bool { return l.moments[i].Offset >= offset })
	switch {
	case i < len(l.moments) && l.moments[i].Offset == offset:
		return l.moments[i]
	case i > 0:
		return l.moments[i-1]
	}
	return Moment{}
}

// OffsetAt returns how far the output had come at a time. known is false if that
// was before the first moment.
func (l *Log) OffsetAt(t time.Time) (offset int64, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := sort.Search(len(l.moments), func(i int) bool { return l.moments[i].At > t.UnixNano() })
	if i == len(l.moments) {
		return l.end(), i > 0
	}
	return l.moments[i].Offset, i > 0
}
