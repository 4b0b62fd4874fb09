package exec

import (
	"context"
	"errors"
	"testing"
)

// What the program asked up to an offset is known once that was awaited: an
// answer can be faster than the model.
func TestAwaitWaitsForQuestions(t *testing.T) {
	log := newOutputLog(0)
	sc := newScreen(log, Size{5, 20}, 0)
	asked := make(chan []query)
	followed := make(chan error)
	go func() {
		followed <- sc.follow(func(q []query, before int64) {
			if before != 3 {
				t.Errorf("asked before %d", before)
			}
			<-asked
			asked <- q
		})
	}()
	log.append(StreamTargetStdOut, []byte("\x1b[c"))
	for sc.position() < 3 { // the model has it, and is at the hand-over
		changed, end := sc.watch()
		<-changed
		end()
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sc.await(ended, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("await returned %v before the question was handed over", err)
	}
	asked <- nil
	if q := <-asked; len(q) != 1 {
		t.Errorf("asked %v", q)
	}
	if err := sc.await(t.Context(), 3); err != nil {
		t.Error(err)
	}
	log.close()
	if err := <-followed; err != nil {
		t.Error(err)
	}
}
