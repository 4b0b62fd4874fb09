package exec

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestFloodIsTakenByTheHandful: what comes now and then is told at once, and so is the
// beginning of what comes on and on; a rest ends a flood.
func TestFloodIsTakenByTheHandful(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flood
		waits := func() time.Duration {
			start := time.Now()
			<-f.pause()
			return time.Since(start)
		}
		for range 100 {
			if got := waits(); got != 0 {
				t.Fatalf("an event now and then waits %v", got)
			}
			time.Sleep(time.Second)
		}
		for i := range 100 {
			want := floodPause
			if i < floodBegins {
				want = 0
			}
			if got := waits(); got != want {
				t.Fatalf("event %d of a flood waits %v, want %v", i, got, want)
			}
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Second)
		if got := waits(); got != 0 {
			t.Errorf("behind a flood an event waits %v", got)
		}
	})
}
