package server

import (
	"context"
	"slices"
	"sync"
	"time"
)

// window bounds how much output is on its way to a client: what its line takes
// in about a tenth of a second beyond the time that it needs there and back, so
// that nothing that the user does waits behind more.
//
// How fast the line is, and how long, it learns from what the client says it has
// shown. Each piece that is sent remembers how much was shown by then; when the
// client has shown it, what was shown since and the time that took tell the rate.
// Bytes that were on their way before are in both, so that a long line is not
// taken for a slow one, nor one that answers in bursts for a fast one.
type window struct {
	now func() time.Time

	mu          sync.Mutex // guards the fields below
	sent, shown int64
	paused      int64     // how much was sent when nothing had been on its way for a while
	pieces      []piece   // on their way, in order; at most maxPieces
	shownAt     time.Time // when the client last showed some, or was sent some after nothing was on its way
	shownSentAt time.Time // when the newest that was shown by then was sent
	rates       recent
	known       bool          // one of the rates is that of a line without a pause
	way         time.Duration // the shortest that a piece took there and back; 0 before
	room        chan struct{} // closed when the client has shown more
	heard       time.Time     // when the client last said something, or was sent something
}

// piece is output that is on its way.
type piece struct {
	end                  int64 // of all that was sent with it
	at                   time.Time
	shown                int64 // window's fields when it was sent
	shownAt, shownSentAt time.Time
	full                 bool // much else was on its way: the line had no pause
	early                bool // it was among the first that came after a pause
}

const (
	// firstWindow is how much goes to a client of which nothing is known yet.
	firstWindow = 8 << 10
	leastWindow = 4 << 10
	mostWindow  = 1 << 20

	// aheadOf is how long a client's line may take for what is on its way.
	aheadOf = 100 * time.Millisecond

	// buffered is how long what was sent after a pause is taken to need at least: the
	// first buffer bytes may lie in one on the way, as the kernel's for the client's
	// terminal, which says nothing of what reads that.
	buffered = 20 * time.Millisecond
	buffer   = 64 << 10

	// maxPieces bounds what is remembered of what is on its way.
	maxPieces = 64

	// longestWay is the longest time there and back that a window makes room for.
	longestWay = time.Second

	// remembered is how long the best of what was measured counts: a line may
	// become slower.
	remembered = 2 * time.Second
)

// recent is the greatest value of late; 0 while there is none.
type recent struct {
	now, before float64
	since       time.Time // of now
}

func (r *recent) best() float64 { return max(r.now, r.before) }

// add takes a value in. Values that are no more than a lower bound do not make
// those before them forgotten.
func (r *recent) add(v float64, at time.Time, bound bool) {
	switch {
	case bound && v <= r.best():
	case bound:
		r.now = max(r.now, v)
	case at.Sub(r.since) >= remembered:
		r.now, r.before, r.since = v, r.now, at
	default:
		r.now = max(r.now, v)
	}
}

func newWindow() *window { return &window{now: time.Now, room: make(chan struct{})} }

// rate is how many bytes a second the line takes; 0 while nobody knows. The
// caller holds mu.
func (w *window) rate() float64 {
	if !w.known {
		return 0
	}
	return w.rates.best()
}

// size is how much may be on its way. The caller holds mu.
func (w *window) size() int64 {
	rate := w.rate()
	if rate == 0 {
		return firstWindow
	}
	most := rate * (aheadOf + min(w.way, longestWay)).Seconds()
	return int64(min(max(most, leastWindow), mostWindow))
}

// take notes that n bytes are sent, if there is room for any.
func (w *window) take(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	onWay, size := w.sent-w.shown, w.size()
	if onWay >= size {
		return false
	}
	now := w.now()
	if onWay == 0 {
		if now.Sub(w.shownAt) >= buffered {
			w.paused = w.sent
		}
		w.shownAt, w.shownSentAt = now, now
	}
	w.sent += int64(n)
	w.heard = now
	if len(w.pieces) == maxPieces {
		w.pieces[maxPieces-1].end = w.sent
		return true
	}
	w.pieces = append(w.pieces, piece{
		end: w.sent, at: now, shown: w.shown, shownAt: w.shownAt, shownSentAt: w.shownSentAt,
		full: onWay >= size/2, early: w.sent-w.paused <= buffer,
	})
	return true
}

// giveBack undoes a take of what was not sent after all.
func (w *window) giveBack(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent -= int64(n)
	for len(w.pieces) > 0 && w.pieces[len(w.pieces)-1].end > w.sent {
		w.pieces = w.pieces[:len(w.pieces)-1]
	}
}

// wait is take that waits for room until ctx ends.
func (w *window) wait(ctx context.Context, n int) bool {
	for {
		w.mu.Lock()
		room := w.room
		w.mu.Unlock()
		if w.take(n) {
			return true
		}
		select {
		case <-room:
		case <-ctx.Done():
			return false
		}
	}
}

// show notes how much the client has shown in all.
func (w *window) show(total int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if total <= w.shown || total > w.sent {
		return
	}
	w.shown = total
	w.measure(w.now())
	close(w.room)
	w.room = make(chan struct{})
}

// measure learns from the newest piece that was shown. The caller holds mu.
func (w *window) measure(now time.Time) {
	n := 0
	for n < len(w.pieces) && w.pieces[n].end <= w.shown {
		n++
	}
	if n == 0 {
		return
	}
	p := w.pieces[n-1]
	w.pieces = slices.Delete(w.pieces, 0, n)
	w.shownAt, w.shownSentAt = now, p.at
	if way := now.Sub(p.at); w.way == 0 || way < w.way {
		w.way = max(way, time.Microsecond)
	}
	// What was shown at once may have come in a burst, but it was not sent quicker
	// than it can have arrived.
	took := max(now.Sub(p.shownAt), p.at.Sub(p.shownSentAt), time.Microsecond)
	tells := p.full && (!p.early || took >= buffered)
	switch {
	case !tells:
		took = max(took, buffered)
	case !w.known:
		w.known, w.rates = true, recent{} // what was measured before was no more than a guess
	}
	w.rates.add(float64(w.shown-p.shown)/took.Seconds(), now, !tells)
}

// silence is after how long without a word a client is silent. It asks the server
// for an answer when it has heard nothing for ten seconds, so that it says something
// whatever happens; one that gets output need not.
const silence = 30 * time.Second

// heardNow notes that the client has said something.
func (w *window) heardNow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = w.now()
}

// silentSince is since when the client is silent; zero if it is not.
func (w *window) silentSince() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now().Sub(w.heard) < silence {
		return time.Time{}
	}
	return w.heard
}

// delay is about how long the line takes for n bytes more than are on their
// way; 0 while nobody knows.
func (w *window) delay(n int64) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	rate := w.rate()
	if rate == 0 {
		return 0
	}
	return time.Duration(float64(w.sent-w.shown+n) / rate * float64(time.Second))
}

// chunk is how much one write should carry.
func (w *window) chunk() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int(max(w.size()/2, leastWindow/2))
}
