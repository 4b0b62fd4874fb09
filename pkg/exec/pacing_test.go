package exec_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/types"
)

// numbered returns n bytes of lines that differ.
func numbered(n int) []byte {
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, "%08d the quick brown fox jumps over the lazy dog\r\n", i)
	}
	return b
}

// follower is a client without a terminal: it only looks whether its output is
// whole.
type follower struct {
	next   int64
	broken string
	done   chan struct{}
}

func (st *stage) follow(name string, until int64) *follower {
	st.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, err := st.m.Stream(types.NewContext(ctx, by(name)), make(chan exec.StreamInput))
	if err != nil {
		st.t.Fatal(err)
	}
	at, err := st.m.Attach(by(name), st.id, exec.AttachOptions{ReadOnly: true, Replay: exec.ReplayNone})
	if err != nil {
		st.t.Fatal(err)
	}
	f := &follower{next: at.Offset, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		defer cancel()
		for o := range out {
			if o.Offset != f.next && f.broken == "" {
				f.broken = fmt.Sprintf("%d bytes at %d, want %d", len(o.Data), o.Offset, f.next)
			}
			f.next = o.Offset + int64(len(o.Data))
			if f.next >= until || f.broken != "" {
				return
			}
		}
	}()
	return f
}

// A client that stops reading is waited for a moment and no more; the others
// get every byte, and when it reads again it sees the screen as it is.
func TestStuckClient(t *testing.T) {
	const total = 10 << 20
	st := newStage(t, small, fake())
	output := numbered(total)
	stuck := st.view("stuck", small)
	stuck.attach(exec.AttachOptions{Size: small})
	st.print("\x1b[?1003h\x1b[?1006h\x1b[>5u\x1b[4 q\x1b]4;1;#102030\x1b\\\x1b[?1049h\x1b[>1u\x1b[>4;2m\x1b[?7l\x1b[3;5r\x1b[?2004h")
	stuck.waitAt(st.written)
	stuck.stop()
	f := st.follow("follower", st.written+int64(len(output)))
	began := time.Now()
	st.write([]byte("\x1bc"))
	st.write(output)
	took := time.Since(began)
	snap := st.settle()
	<-f.done
	if f.broken != "" {
		t.Errorf("the client that reads lost output: %s", f.broken)
	}
	stuck.gate.Unlock()
	stuck.waitAt(st.written)
	if diff := frameDiff(snap, stuck.snapshot(), small); diff != "" {
		t.Errorf("the client that was stuck (-session +client):\n%s", diff)
	}
	a, b := snap.Describe(false), stuck.snapshot().Describe(false)
	delete(a, "scrollback") // it missed that
	delete(b, "scrollback")
	delete(a["screen"].([]map[string]any)[0], "w")
	delete(b["screen"].([]map[string]any)[0], "w")
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("the client that was stuck (-session +client):\n%s", diff)
	}
	t.Logf("%d MB in %v", total>>20, took)
}

// A stuck client costs the program at most a tenth of a second for each lap of
// the buffer, and from then on nothing.
func TestStuckClientsDelayIsBounded(t *testing.T) {
	cfg := fake()
	cfg.Settings = settings.Map{exec.SettingBufferBytes: 64 << 10}
	st := newStage(t, small, cfg)
	output := numbered(4 << 20) // 64 laps
	began := time.Now()
	st.write(output)
	st.settle()
	alone := time.Since(began)
	for i := range 3 {
		v := st.view(fmt.Sprint("stuck", i), small)
		v.attach(exec.AttachOptions{Size: small})
		v.gate.Lock()
		defer v.gate.Unlock()
	}
	began = time.Now()
	st.write(output)
	st.settle()
	if with := time.Since(began); with > 20*alone+2*time.Second {
		t.Errorf("%v with three stuck clients, %v without", with, alone)
	}
}

// What a client detaches with that is stuck brings its terminal back, though
// it has missed most of the output.
func TestStuckClientDetaches(t *testing.T) {
	st := newStage(t, small, fake())
	v := st.view("stuck", small)
	v.attach(exec.AttachOptions{Size: small})
	st.print("\x1b[?1049h\x1b[?1003h\x1b[?1006h\x1b[>5u\x1b[?2004h")
	v.waitAt(st.written)
	v.stop()
	st.write([]byte("\x1b[?1049l\x1b[?1003l\x1b[?1006l\x1b[?2004l"))
	st.write(bytes.Repeat([]byte("."), 3<<20))
	st.settle()
	left, err := st.m.Detach(by("stuck"), st.id)
	if err != nil {
		t.Fatal(err)
	}
	v.gate.Unlock()
	v.hangUp()
	v.term.Write(left.Leave)
	isPlain(t, "stuck", v.snapshot())
}
