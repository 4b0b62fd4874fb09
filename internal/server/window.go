package server

import (
	"context"
	"sync"
	"time"
)

// window bounds how much output is on its way to a client: what its line takes
// in about a tenth of a second, so that nothing that the user does waits behind
// more. How fast the line is it learns from what the client says it has shown.
type window struct {
	now func() time.Time

	mu          sync.Mutex // guards the fields below
	sent, shown int64
	rate        float64       // bytes a second; 0 while nobody knows
	since       time.Time     // since when much has been on its way; zero while that is not so
	sinceShown  int64         // how much was shown by then
	room        chan struct{} // closed when the client has shown more
	heard       time.Time     // when the client last said something, or was sent something
}

const (
	// firstWindow is how much goes to a client of which nothing is known yet.
	firstWindow = 32 << 10
	leastWindow = 8 << 10
	mostWindow  = 1 << 20

	// aheadOf is how long a client's line may take for what is on its way.
	aheadOf = 100 * time.Millisecond

	// much is how much must be on its way for a line's speed to show: a client
	// does not tell of each few bytes that it has shown.
	much = 8 << 10

	// measured is the least time that tells of a line's speed.
	measured = 20 * time.Millisecond
)

func newWindow() *window { return &window{now: time.Now, room: make(chan struct{})} }

// size is how much may be on its way. The caller holds mu.
func (w *window) size() int64 {
	if w.rate == 0 {
		return firstWindow
	}
	return min(max(int64(w.rate*aheadOf.Seconds()), leastWindow), mostWindow)
}

// take notes that n bytes are sent, if there is room for any.
func (w *window) take(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sent-w.shown >= w.size() {
		return false
	}
	w.sent += int64(n)
	w.heard = w.now()
	if w.since.IsZero() && w.sent-w.shown >= much {
		w.since, w.sinceShown = w.now(), w.shown
	}
	return true
}

// giveBack undoes a take of what was not sent after all.
func (w *window) giveBack(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent -= int64(n)
	if w.sent-w.shown < much {
		w.since = time.Time{}
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
	w.measure()
	close(w.room)
	w.room = make(chan struct{})
}

// measure learns from what was shown while there was always more to show. The
// caller holds mu.
func (w *window) measure() {
	if w.since.IsZero() {
		return
	}
	took := w.now().Sub(w.since)
	drained := w.sent-w.shown < much
	switch bytes := float64(w.shown - w.sinceShown); {
	case took >= measured && w.rate == 0:
		w.rate = bytes / took.Seconds()
	case took >= measured:
		w.rate = (w.rate + bytes/took.Seconds()) / 2
	case drained && w.rate > 0: // in no time: the line is at least as fast as this
		w.rate = max(w.rate, bytes/measured.Seconds())
	}
	switch {
	case drained:
		w.since = time.Time{}
	case took >= measured:
		w.since, w.sinceShown = w.now(), w.shown
	}
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
	if w.rate == 0 {
		return 0
	}
	return time.Duration(float64(w.sent-w.shown+n) / w.rate * float64(time.Second))
}

// chunk is how much one write should carry.
func (w *window) chunk() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int(max(w.size()/2, leastWindow/2))
}
