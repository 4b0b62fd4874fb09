package screen_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/vt"
)

// adopted returns the screen of a log with 2,006 bytes of which an earlier server stored
// what the first 6 show, and the offsets of the titles that it tells of.
func adopted(following *sync.WaitGroup) (*screen.Screen, func() []int64) {
	log := outlog.NewHeap(0)
	log.Append(0, []byte("stored"))
	log.Append(0, []byte(strings.Repeat("x", 1992)+"\x1b]2;new\a"))
	var sc *screen.Screen
	var mu sync.Mutex
	var at []int64
	sc = screen.New(log, screen.Config{
		Size: vt.Size{Rows: 3, Cols: 20}, Go: following.Go,
		Begin:       func(model *vt.Terminal) { model.Write([]byte("\x1b]2;old\astored")) },
		BeginOffset: 6, HeardBefore: 2006, Adopted: true,
		Effects: vt.Effects{Title: func(string) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, sc.EffectOffset())
		}},
	})
	return sc, func() []int64 {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
}

// What was stored is drawn when somebody looks, and is news to nobody.
func TestStoredIsDrawnWhenNeeded(t *testing.T) {
	var following sync.WaitGroup
	sc, titles := adopted(&following)
	if got := titles(); len(got) > 0 {
		t.Errorf("it was drawn before anybody looked: titles at %v", got)
	}
	snap, at := sc.Snapshot()
	if at != 6 || snap.Title() != "old" {
		t.Errorf("at %d with the title %q", at, snap.Title())
	}
	sc.Catch(make(chan struct{}, 1))
	if snap, at = sc.Snapshot(); at != 2006 || snap.Title() != "new" {
		t.Errorf("behind it, at %d with the title %q", at, snap.Title())
	}
	if got := titles(); len(got) != 2 || got[0] != 0 || got[1] != 2006 {
		t.Errorf("titles at %v, want at 0 what was stored, and at 2006 the new one", got)
	}
	following.Wait()
}

// Who waits for a screen does not wait for its turn.
func TestAwaitedScreenCatchesUpAtOnce(t *testing.T) {
	var following sync.WaitGroup
	sc, _ := adopted(&following)
	taken := make(chan struct{}, 1)
	taken <- struct{}{} // another screen has its turn, for ever
	following.Go(func() { sc.Catch(taken) })
	if err := sc.Await(t.Context(), 2006); err != nil {
		t.Error(err)
	}
	following.Wait()
}
