package client

import (
	"bytes"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/stream"
)

// TestShownIsToldFromTimeToTime: a flood wakes the server no more often than it needs to
// hear of what is shown, and it hears of all in the end.
func TestShownIsToldFromTimeToTime(t *testing.T) {
	l := &link{phase: phaseAttached, times: usualTimes(0)}
	now := time.Now()
	l.heard = now
	told := func() (last int64) {
		r := stream.Reader{}
		r.Fill(bytes.NewReader(l.out))
		l.out = nil
		for {
			f, ok, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				return last
			}
			if last, err = stream.ParseCount(f.Payload); f.Type != stream.Shown || err != nil {
				t.Fatalf("frame %d, %v", f.Type, err)
			}
		}
	}
	for _, tc := range []struct {
		after time.Duration
		shown int
		idle  bool
		want  int64
	}{
		{0, shownStep - 1, false, 0},
		{0, 1, false, shownStep},
		{shownEvery / 2, 2 * shownStep, false, 0},
		{shownEvery / 2, 0, false, 3 * shownStep},
		{shownEvery, 1, false, 0},
		{0, 1, true, 3*shownStep + 2},
		{shownEvery / 2, 1, true, 0},
	} {
		now = now.Add(tc.after)
		l.tookOutput(tc.shown, tc.idle)
		l.tick(now, false)
		if got := told(); got != tc.want {
			t.Errorf("after %v and %d bytes more: told %d, want %d", tc.after, tc.shown, got, tc.want)
		}
	}
	if at := l.deadline(); !at.Equal(now.Add(shownEvery / 2)) {
		t.Errorf("the last is told in %v", at.Sub(now))
	}
	l.tick(l.deadline(), false)
	if got := told(); got != 3*shownStep+3 {
		t.Errorf("in the end: told %d", got)
	}
}
