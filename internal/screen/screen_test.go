package screen_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/vt"
)

// What the program asked up to an offset is known once that was awaited: an
// answer can be faster than the model.
func TestAwaitWaitsForQuestions(t *testing.T) {
	log := outlog.NewHeap(0)
	asked := make(chan []screen.Query)
	var following sync.WaitGroup
	sc := screen.New(log, screen.Config{
		Size: vt.Size{Rows: 5, Cols: 20},
		Go:   following.Go,
		Asked: func(q []screen.Query, before int64) {
			if before != 3 {
				t.Errorf("asked before %d", before)
			}
			<-asked
			asked <- q
		},
	})
	appended := make(chan struct{})
	go func() {
		defer close(appended)
		log.Append(0, []byte("\x1b[c"))
	}()
	for sc.Position() < 3 { // the model has it, and is at the hand-over
		changed, end := sc.Watch()
		<-changed
		end()
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sc.Await(ended, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("await returned %v before the question was handed over", err)
	}
	asked <- nil
	if q := <-asked; len(q) != 1 {
		t.Errorf("asked %v", q)
	}
	if err := sc.Await(t.Context(), 3); err != nil {
		t.Error(err)
	}
	<-appended
	log.Close()
	following.Wait()
}

// TestFlow: in a flood the model leaves some for later, but not much, and not beyond the
// end of it.
func TestFlow(t *testing.T) {
	log := outlog.NewHeap(1 << 20)
	var following sync.WaitGroup
	started := 0
	sc := screen.New(log, screen.Config{Size: vt.Size{Rows: 5, Cols: 20}, Go: func(f func()) {
		started++
		following.Go(f)
	}})
	piece := bytes.Repeat([]byte("a line of text\r\n"), 1000)
	log.Flow(func() error {
		log.Append(0, piece)
		if started != 0 || sc.Position() != 0 {
			t.Errorf("one piece: started %d times, at %d", started, sc.Position())
		}
		for range 20 {
			log.Append(0, piece)
		}
		if started == 0 {
			t.Error("the model waits for the end of the flood")
		}
		return nil
	})
	if err := sc.Await(t.Context(), int64(21*len(piece))); err != nil {
		t.Error(err)
	}
	log.Close()
	following.Wait()
}

// A size counts from its offset on, also for a model that has not come there.
func TestSizeChangesAtItsOffset(t *testing.T) {
	log := outlog.NewHeap(0)
	var following sync.WaitGroup
	sc := screen.New(log, screen.Config{Size: vt.Size{Rows: 3, Cols: 5}, Go: following.Go})
	log.Append(0, []byte("abcdefg"))
	sc.Resize(vt.Size{Rows: 3, Cols: 10})
	log.Append(0, []byte("\r\n0123456789"))
	sc.Await(t.Context(), 19)
	snap, at := sc.Snapshot()
	if at != 19 || snap.Size() != (vt.Size{Rows: 3, Cols: 10}) {
		t.Errorf("at %d with size %v", at, snap.Size())
	}
	before, ok := sc.Before(vt.Size{Rows: 3, Cols: 5}, 7)
	if !ok || len(before.Plain) == 0 {
		t.Error("what was shown before the change is not known")
	}
	other, ok := sc.Before(vt.Size{Rows: 3, Cols: 10}, 7)
	if !ok || other.Mark != (vt.Mark{}) || string(other.Plain) != string(before.Plain)+"\x1b[9999H" {
		t.Errorf("a client of the new size: %q with mark %v, %v", other.Plain, other.Mark, ok)
	}
	if _, ok := sc.Before(vt.Size{Rows: 3, Cols: 5}, 9); ok {
		t.Error("a change was found where there was none")
	}
	following.Wait()
}

// A model that is stopped takes in no more than it is at, says nothing, and holds
// nobody up.
func TestStoppedModel(t *testing.T) {
	log := outlog.NewHeap(4 << 20)
	var following sync.WaitGroup
	sc := screen.New(log, screen.Config{
		Size: vt.Size{Rows: 1000, Cols: 1000}, Go: following.Go,
		Failed: func(err error) { t.Errorf("failed: %v", err) },
	})
	// Each of these changes a million cells: all of them would take many minutes.
	log.Append(0, bytes.Repeat([]byte("\x1b[1;1;9999;9999;1;7$r"), 100_000))
	sc.Stop()
	following.Wait()
	if snap, _ := sc.Snapshot(); snap != nil || sc.Works() {
		t.Error("the model goes on")
	}
	if err := sc.Await(t.Context(), 1<<20); !errors.Is(err, screen.ErrFailed) {
		t.Errorf("await: %v", err)
	}
	log.Append(0, make([]byte, 8<<20)) // waits for no reader
}

// A model that fails holds nobody up.
func TestFailedModel(t *testing.T) {
	log := outlog.NewHeap(0)
	var following sync.WaitGroup
	failed := make(chan error, 1)
	sc := screen.New(log, screen.Config{
		Size: vt.Size{Rows: 3, Cols: 5}, Go: following.Go,
		Failed: func(err error) { failed <- err },
	})
	sc.Break()
	log.Append(0, []byte("x"))
	if err := <-failed; err == nil {
		t.Error("failed without an error")
	}
	log.Append(0, make([]byte, 1<<20))
	if snap, _ := sc.Snapshot(); snap != nil || sc.Works() {
		t.Error("the model goes on without itself")
	}
	if err := sc.Await(t.Context(), 1); !errors.Is(err, screen.ErrFailed) {
		t.Errorf("await: %v", err)
	}
	following.Wait()
}
