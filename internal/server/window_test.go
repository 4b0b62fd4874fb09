package server

import (
	"context"
	"fmt"
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

// flood sends pieces as long as there is room, for d, over a line of a rate, in
// bytes a second, that takes way there and back, to a client that tells of each so
// many pieces.
func (l *line) flood(rate float64, way time.Duration, each int, d time.Duration) {
	const piece = 1000
	var arrives []time.Time // of pieces that were not told of
	free := l.at            // when the line has carried what it was given
	for end := l.at.Add(d); l.at.Before(end); {
		for l.take(piece) {
			free = later(free, l.at).Add(time.Duration(piece / rate * float64(time.Second)))
			arrives = append(arrives, free.Add(way))
		}
		n := min(each, len(arrives))
		l.at = later(l.at, arrives[n-1])
		arrives = arrives[n:]
		l.did += int64(n) * piece
		l.show(l.did)
	}
	l.at = later(l.at, free.Add(way))
	l.did += int64(len(arrives)) * piece
	l.show(l.did)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// TestWindowFollowsTheLine: what is on its way is what the line takes in a tenth of
// a second and the time there and back, whether the line is long and whether its
// client tells of much at once; also when the line changes.
func TestWindowFollowsTheLine(t *testing.T) {
	for _, way := range []time.Duration{100 * time.Microsecond, 10 * time.Millisecond, 300 * time.Millisecond} {
		for _, each := range []int{1, 4} {
			for _, rate := range []float64{8_000, 200_000, 5e6} {
				l := newLine(t)
				l.send(1)
				l.shows(1, way)
				l.flood(rate, way, each, 10*time.Second)
				l.flood(rate/2, way, each, 10*time.Second)
				l.flood(rate, way, each, 10*time.Second)
				name := fmt.Sprintf("%v bytes a second, %v there and back, told of each %d", rate, way, each)
				want := min(max(rate*(aheadOf+way).Seconds(), leastWindow), mostWindow)
				if got := float64(l.size()); got < want*0.8 || got > want*1.3 {
					t.Errorf("%s: a window of %v, want %v", name, got, want)
				}
				if d := l.delay(100_000).Seconds() * rate; d < 80_000 || d > 130_000 {
					t.Errorf("%s: 100 kB take as long as %.0f bytes", name, d)
				}
			}
		}
	}
}

// TestWindowBehindABuffer: a terminal whose buffer takes some kilobytes in no time,
// at the beginning and after each pause, is not taken for a fast line.
func TestWindowBehindABuffer(t *testing.T) {
	const rate = 20_000
	l := newLine(t)
	for range 3 {
		l.send(8 << 10)
		l.shows(8<<10, time.Millisecond)
		if d := l.delay(580_000); d != 0 && d < time.Second {
			t.Errorf("behind what the buffer took, 580 kB take %v", d)
		}
		l.flood(rate, time.Millisecond, 1, 5*time.Second)
		if r := l.rate(); r > 1.5*rate {
			t.Errorf("a line of %d bytes a second is taken for one of %.0f", rate, r)
		}
		l.at = l.at.Add(time.Minute)
	}

	// So is one whose buffer takes what is sent for longer, a piece behind the other.
	l = newLine(t)
	for range 4 {
		l.send(4 << 10)
		l.send(4 << 10)
		l.shows(4<<10, 10*time.Microsecond)
		l.shows(4<<10, 10*time.Microsecond)
	}
	if d := l.delay(580_000); d != 0 && d < time.Second {
		t.Errorf("behind what the buffer took piece by piece, 580 kB take %v", d)
	}
	l.flood(rate, time.Millisecond, 1, 5*time.Second)
	if r := l.rate(); r > 1.5*rate {
		t.Errorf("behind a buffer that takes much, a line of %d bytes a second is taken for one of %.0f", rate, r)
	}

	// The first that tells counts, whatever was guessed before.
	l = newLine(t)
	l.send(8 << 10)
	l.shows(8<<10, time.Millisecond)
	for range 3 {
		l.send(3 << 10)
	}
	for range 3 {
		l.shows(3<<10, 150*time.Millisecond)
	}
	if r := l.rate(); r > 1.5*rate {
		t.Errorf("at the first that tells, a line of %d bytes a second is taken for one of %.0f", rate, r)
	}
}

// TestWindowAfterAPause: time in which nothing was on its way says nothing of
// the line.
func TestWindowAfterAPause(t *testing.T) {
	l := newLine(t)
	l.flood(200_000, time.Millisecond, 1, time.Second)
	l.at = l.at.Add(time.Hour)
	l.flood(200_000, time.Millisecond, 1, time.Second)
	if r := l.rate(); r < 150_000 || r > 250_000 {
		t.Errorf("after a pause the line takes %.0f bytes a second", r)
	}
}

// TestWindowOfAKeyAtATime: echoes, in which the line mostly pauses, do not make it
// slow, neither one that is known nor one that is not.
func TestWindowOfAKeyAtATime(t *testing.T) {
	for _, known := range []bool{false, true} {
		l := newLine(t)
		if known {
			l.flood(200_000, time.Millisecond, 1, time.Second)
		}
		before := l.rate()
		for range 1000 {
			l.send(1)
			l.shows(1, 5*time.Millisecond)
		}
		if l.rate() < before*0.99 || !known && l.delay(1<<20) != 0 {
			t.Errorf("keys made the line slower: %.0f bytes a second, before %.0f", l.rate(), before)
		}
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
