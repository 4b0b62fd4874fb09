package exec_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/pkg/exec"
)

// numbering is a keeper that remembers how far events are numbered.
type numbering struct {
	*holder
	mu sync.Mutex
	n  int64
}

func (k *numbering) Reserved() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.n
}

func (k *numbering) Reserve(n int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n = n
}

// TestEventNumbersNeverGoBack: whatever a manager has given out, the next one's
// numbers are higher, and one that goes on after all has none twice.
func TestEventNumbersNeverGoBack(t *testing.T) {
	k := &numbering{holder: &holder{held: make(map[string]exec.Kept)}}
	last, round := int64(0), 0
	for range 3 {
		m := storingManager(t, nil, k)
		s := begin(t, m, "one", exec.PersistNothing, "cat")
		label := func(key string, value int) {
			t.Helper()
			if _, err := m.Label(nil, s.ID, map[string]string{key: fmt.Sprint(value)}, nil); err != nil {
				t.Fatal(err)
			}
		}
		// add adds events, and reads them all.
		add := func(count int) {
			t.Helper()
			for i := range count - 1 {
				label("n", i)
			}
			round++
			label("round", round)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			for ev := range m.Watch(ctx, last) {
				if ev.Number <= last {
					t.Fatalf("event %d behind %d", ev.Number, last)
				}
				last = ev.Number
				if ev.Labels["round"] == fmt.Sprint(round) {
					break
				}
			}
		}
		add(2500)
		before := last
		m.Suspend()()
		add(3)
		if last != before+3 {
			t.Errorf("event %d, %d before", last, before)
		}
		m.Close()
		if n := k.Reserved(); n < last {
			t.Errorf("event %d, and %d are reserved", last, n)
		}
	}
}
