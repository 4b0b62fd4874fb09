package screen_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/xsh-project/xsh/internal/outlog"
	"github.com/xsh-project/xsh/internal/screen"
	"github.com/xsh-project/xsh/internal/vt"
)

// TestBudget: histories that together weigh too much cost the screen that prints
// its oldest lines, not a quiet one; a screen that is forgotten gives back its own.
func TestBudget(t *testing.T) {
	var budget screen.Budget
	const limit = 1 << 20
	budget.SetLimit(limit)
	line := append(bytes.Repeat([]byte("x"), 78), "\r\n"...)
	var following sync.WaitGroup
	start := func() (*screen.Screen, func(lines int)) {
		log := outlog.NewHeap(64 << 10)
		s := screen.New(log, screen.Config{
			Size: vt.Size{Rows: 24, Cols: 80}, History: 100000, Budget: &budget, Go: following.Go,
		})
		return s, func(lines int) {
			for range lines / 100 {
				log.Append(0, bytes.Repeat(line, 100))
			}
			_, end := log.Offsets()
			if err := s.Await(t.Context(), end); err != nil {
				t.Fatal(err)
			}
		}
	}
	history := func(s *screen.Screen) int {
		snap, _ := s.Snapshot()
		return snap.HistoryLines()
	}
	quiet, print := start()
	print(5000)
	had := history(quiet)
	loud, print := start()
	print(50000)
	if used := budget.Used(); used > limit+128<<10 {
		t.Errorf("%d bytes where there may be %d", used, limit)
	}
	if n := history(loud); history(quiet) != had || had < 4900 || n < 100 || n > 49000 {
		t.Errorf("the quiet one has %d lines of %d, the other %d", history(quiet), had, n)
	}
	quiet.Forget()
	few := history(loud)
	print(10000)
	if n := history(loud); n <= few {
		t.Errorf("%d lines when there is room again, %d before", n, few)
	}
	loud.Forget()
	loud.Forget()
	if budget.Used() != 0 {
		t.Errorf("%d bytes of nobody", budget.Used())
	}
}
