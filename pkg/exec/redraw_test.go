package exec_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
)

// slowLine is an Outlet whose receiver takes nothing before gate is closed, and
// about 10 kB a second then.
type slowLine struct {
	gate chan struct{}

	mu   sync.Mutex
	got  []byte
	more chan struct{} // receives when there is more
}

// Send implements exec.Outlet.
func (l *slowLine) Send(ctx context.Context, o exec.StreamOutput) bool {
	select {
	case <-l.gate:
	case <-ctx.Done():
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, o.Data...)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return true
}

// TrySend, Chunk and Delay make it an exec.Line.
func (l *slowLine) TrySend(exec.StreamOutput) bool { return false }
func (l *slowLine) Chunk() int                     { return 4 << 10 }
func (l *slowLine) Delay(n int64) time.Duration    { return time.Duration(n) * time.Second / 10_000 }

// redraw is what an agent draws that shows its whole conversation anew each time:
// 94 KB between sync marks, with the scrollback cleared before.
func redraw(n int) string {
	var b strings.Builder
	b.WriteString("\x1b[?2026h\x1b[2J\x1b[3J\x1b[H")
	for row := 0; b.Len() < 94<<10; row++ {
		fmt.Fprintf(&b, "\x1b[38;5;%dmline %d of redraw %d\x1b[m\r\n", row%256, row, n)
	}
	fmt.Fprintf(&b, "end of redraw %d\x1b[?2026l", n)
	return b.String()
}

// TestRedrawsForASlowClient: what is redrawn again and again costs a slow client one
// frame at a time, which does not clear its scrollback; the log has all of it.
func TestRedrawsForASlowClient(t *testing.T) {
	leaktest.Check(t)
	st := newStage(t, small, fake())
	line := &slowLine{gate: make(chan struct{}), more: make(chan struct{}, 1)}
	a, err := st.m.Open(t.Context(), st.id, exec.AttachOptions{Size: small}, line)
	if err != nil {
		t.Fatal(err)
	}
	const redraws = 5
	for n := range redraws {
		st.print(redraw(n + 1))
	}
	close(line.gate)
	last := []byte(fmt.Sprintf("end of redraw %d", redraws))
	deadline := time.After(exectest.Patience)
	for {
		line.mu.Lock()
		got := bytes.Clone(line.got)
		line.mu.Unlock()
		if bytes.Contains(got, last) {
			// What was on its way when it fell behind, and a frame.
			if most := 8<<10 + 4*small.Rows*small.Cols; len(got) > most {
				t.Errorf("it was sent %d bytes, at most %d are needed", len(got), most)
			}
			if n := bytes.Count(got[min(len(got), 4<<10):], []byte("\x1b[3J")); n > 0 {
				t.Errorf("its scrollback was cleared %d times", n)
			}
			break
		}
		select {
		case <-line.more:
		case <-deadline:
			t.Fatalf("the last redraw is not shown, but %d bytes", len(got))
		}
	}
	a.Detach(t.Context())
	found, err := st.m.Search(within(t), st.id, exec.SearchOptions{Pattern: "end of redraw 5"})
	if err != nil || len(found.Lines) != 1 {
		t.Errorf("searched for: %+v, %v", found, err)
	}
}
