package server

import (
	"context"
	"testing"
	"time"
)

// line is a window whose client shows rate bytes a second, by a clock that the
// test moves.
type line struct {
	*window
	t   *testing.T
	at  time.Time
	did int64 // shown
}

func newLine(t *testing.T) *line {
	l := &line{window: newWindow(), t: t, at: time.Unix(0, 0)}
	l.now = func() time.Time { return l.at }
	return l
}

// send takes n bytes, for which there must be room.
func (l *line) send(n int) {
	l.t.Helper()
	if !l.take(n) {
		l.t.Fatalf("no room for %d bytes with %d on their way", n, l.sent-l.shown)
	}
}

// shows has the client show n bytes after d.
func (l *line) shows(n int64, d time.Duration) {
	l.at = l.at.Add(d)
	l.did += n
	l.show(l.did)
}

func TestWindowOfAnUnknownLine(t *testing.T) {
	l := newLine(t)
	if l.delay(1<<20) != 0 {
		t.Error("a delay is known before anything was shown")
	}
	sent := 0
	for l.take(1000) {
		sent += 1000
	}
	if sent < firstWindow || sent > firstWindow+1000 {
		t.Errorf("%d bytes go to a client that says nothing, not about %d", sent, firstWindow)
	}
	l.giveBack(1000)
	if !l.take(1) {
		t.Error("what was not sent after all takes room")
	}
}

// TestWindowFollowsTheLine: what is on its way is what the line takes in a tenth
// of a second.
func TestWindowFollowsTheLine(t *testing.T) {
	for _, tc := range []struct {
		rate  float64 // bytes a second
		want  int64
		delay time.Duration // for 100 kB
	}{
		{8_000, leastWindow, 12500 * time.Millisecond}, // 64 kbit/s
		{200_000, 20_000, 500 * time.Millisecond},
		{1e9, mostWindow, 100 * time.Microsecond},
	} {
		l := newLine(t)
		n := max(int64(tc.rate/20), 1) // in 50 ms
		l.send(much - 200)             // so that there is always more to show
		for range 20 {
			l.send(int(n))
			l.shows(n, 50*time.Millisecond)
		}
		if got := l.size(); got < tc.want*9/10 || got > tc.want*11/10 {
			t.Errorf("%v bytes a second: a window of %d, want %d", tc.rate, got, tc.want)
		}
		l.giveBack(much - 200)
		if d := l.delay(100_000); d < tc.delay*9/10 || d > tc.delay*11/10 {
			t.Errorf("%v bytes a second: a delay of %v, want %v", tc.rate, d, tc.delay)
		}
		if c := int64(l.chunk()); c < leastWindow/2 || c > max(tc.want, leastWindow) {
			t.Errorf("%v bytes a second: chunks of %d", tc.rate, c)
		}
	}
}

// TestWindowAfterAPause: time in which nothing was on its way says nothing of
// the line.
func TestWindowAfterAPause(t *testing.T) {
	l := newLine(t)
	l.send(10_000)
	l.shows(10_000, 50*time.Millisecond) // 200 kB/s
	l.at = l.at.Add(time.Hour)
	l.send(10_000)
	l.shows(10_000, 50*time.Millisecond)
	if l.rate < 150_000 || l.rate > 250_000 {
		t.Errorf("after a pause the line takes %.0f bytes a second", l.rate)
	}
}

// TestWindowOfAKeyAtATime: echoes that are shown in no time say that the line is
// not slow, and never make it slower.
func TestWindowOfAKeyAtATime(t *testing.T) {
	l := newLine(t)
	l.send(10_000)
	l.shows(10_000, 50*time.Millisecond)
	before := l.rate
	for range 100 {
		l.send(1)
		l.shows(1, time.Millisecond)
	}
	if l.rate < before {
		t.Errorf("keys made the line slower: %.0f bytes a second, before %.0f", l.rate, before)
	}
}

// TestHostileShown: a client that says that it has shown more than it was sent,
// or less than before, or nothing at all, changes nothing.
func TestHostileShown(t *testing.T) {
	l := newLine(t)
	l.send(firstWindow)
	for _, n := range []int64{-1, 0, firstWindow + 1, 1 << 62, -1 << 63} {
		l.show(n)
		if l.take(1) {
			t.Fatalf("%d bytes shown made room", n)
		}
	}
	l.show(10)
	l.show(5)
	if l.shown != 10 {
		t.Errorf("%d bytes count as shown, not 10", l.shown)
	}
}

// TestWindowWait: one who waits for room goes on when some was shown, and when
// its context ends.
func TestWindowWait(t *testing.T) {
	l := newLine(t)
	l.send(firstWindow)
	ctx, cancel := context.WithCancel(t.Context())
	took := make(chan bool)
	go func() { took <- l.wait(ctx, 7) }()
	l.shows(firstWindow, 0)
	if !<-took || l.sent != firstWindow+7 {
		t.Errorf("after waiting %d bytes are sent", l.sent)
	}
	l.send(firstWindow)
	go func() { took <- l.wait(ctx, 7) }()
	cancel()
	if <-took {
		t.Error("took room that there is not")
	}
}

// TestSilentClient: one that says nothing for longer than it would, though it was
// sent nothing, is silent until it says something.
func TestSilentClient(t *testing.T) {
	l := newLine(t)
	l.heardNow()
	began := l.at
	for _, step := range []struct {
		wait time.Duration
		do   func()
		want time.Time
	}{
		{silence - time.Second, func() {}, time.Time{}},
		{time.Second, func() {}, began},
		{time.Hour, func() {}, began},
		{0, l.heardNow, time.Time{}},
		{silence - time.Second, func() { l.take(1) }, time.Time{}},
		{silence - time.Second, func() {}, time.Time{}}, // it need not say that it shows so little
		{time.Second, func() {}, began.Add(time.Hour + 2*silence - time.Second)},
	} {
		l.at = l.at.Add(step.wait)
		step.do()
		if got := l.silentSince(); !got.Equal(step.want) {
			t.Errorf("after %v silent since %v, want %v", l.at.Sub(began), got, step.want)
		}
	}
}
