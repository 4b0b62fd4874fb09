package exec_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/settings"
	"github.com/xsh-project/xsh/pkg/types"
)

func TestReplayHistory(t *testing.T) {
	st := newStage(t, small, fake())
	st.print(string(numbered(8_000)))
	all := st.settle().HistoryLines()
	for _, c := range []struct{ asked, want int }{{0, all}, {7, 7}, {all + 5, all}, {-1, 0}} {
		v := st.view("v", small)
		v.attach(exec.AttachOptions{Size: small, History: c.asked})
		snap := v.snapshot()
		if got := snap.HistoryLines(); got != c.want {
			t.Errorf("asked for %d lines of history, got %d, want %d", c.asked, got, c.want)
		}
		if last := snap.Row(small.Rows - 2).Text(); last != "the lazy dog" {
			t.Errorf("with %d lines of history the screen ends with %q", c.asked, last)
		}
		v.leave()
	}
}

// The screen comes at once, and the history behind it.
func TestReplayScreenFirst(t *testing.T) {
	st := newStage(t, small, fake())
	st.print(string(numbered(8_000)) + "\x1b[?1049h\x1b[?1003h\x1b[>5uon the \x1b[1mscreen")
	for _, sync := range []bool{false, true} {
		o := exec.AttachOptions{Size: small, ScreenFirst: true, SyncOutput: sync}
		at, err := st.m.Attach(by("v"), st.id, o)
		if err != nil {
			t.Fatal(err)
		}
		first := vt.New(vt.Size(small), vt.Config{})
		first.Write(at.Replay)
		snap := st.settle()
		if diff := cmp.Diff(view(snap, small, 0, 0), view(first.Snapshot(), small, 0, 0)); diff != "" {
			t.Errorf("shown first (-session +client):\n%s", diff)
		}
		if len(at.Replay) > 1000 {
			t.Errorf("%d bytes are shown first", len(at.Replay))
		}
		v := st.view("v", small)
		v.show(at)
		v.waitSame(snap)
		v.leave()
		isPlain(t, "v", v.snapshot())
	}
}

// A client that leaves before all of its history came is left plain.
func TestReplayTorn(t *testing.T) {
	st := newStage(t, small, fake())
	st.print(string(numbered(2_000_000)) + "\x1b[?1049h\x1b[?1003h\x1b[>5u")
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	out, err := st.m.Stream(types.NewContext(ctx, by("v")), make(chan exec.StreamInput))
	if err != nil {
		t.Fatal(err)
	}
	at, err := st.m.Attach(by("v"), st.id, exec.AttachOptions{Size: small, ScreenFirst: true})
	if err != nil {
		t.Fatal(err)
	}
	v := vt.New(vt.Size(small), vt.Config{})
	v.Write(at.Replay)
	v.Write((<-out).Data)
	left, err := st.m.Detach(by("v"), st.id)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(left.Leave); n > 4096 {
		t.Errorf("leaves with %d bytes", n)
	}
	v.Write(left.Leave)
	isPlain(t, "v", v.Snapshot())
}

func TestReplayNone(t *testing.T) {
	st := newStage(t, small, fake())
	st.print("before")
	v := st.view("v", small)
	if at := v.attach(exec.AttachOptions{Size: small, Replay: exec.ReplayNone}); len(at.Replay) > 0 || at.Offset != 6 {
		t.Errorf("replay %q up to %d", at.Replay, at.Offset)
	}
	st.print(" after")
	v.waitText("after")
	if bytes.Contains(v.text, []byte("before")) {
		t.Errorf("was sent %q", v.text)
	}
}

// A raw replay is the output as it was written, but for a beginning that was
// evicted in the middle of a line.
func TestReplayRaw(t *testing.T) {
	cfg := fake()
	cfg.Settings = settings.Map{exec.SettingBufferBytes: 64 << 10}
	st := newStage(t, small, cfg)
	output := numbered(40_000)
	st.print(string(output))
	v := st.view("v", small)
	at := v.attach(exec.AttachOptions{Size: small, Replay: exec.ReplayRaw})
	if !bytes.Equal(at.Replay, output) || at.Offset != st.written {
		t.Errorf("%d bytes up to %d of %d", len(at.Replay), at.Offset, st.written)
	}
	v.leave()
	st.print(string(numbered(40_000)))
	w := st.view("w", small)
	at = w.attach(exec.AttachOptions{Size: small, Replay: exec.ReplayRaw})
	all := append(output, numbered(40_000)...)
	if !bytes.HasSuffix(all, at.Replay) || !strings.HasSuffix(string(all[:len(all)-len(at.Replay)]), "\n") {
		t.Errorf("%d bytes that begin with %.40q", len(at.Replay), at.Replay)
	}
}

// A client whose connection broke goes on where it was.
func TestResume(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	st := newStage(t, small, fake())
	term := st.view("v", small)
	term.attach(exec.AttachOptions{Size: small})
	for range 20 {
		st.write(randomOutput(rng, small, 1000))
		term.waitAt(st.written - 500)
		term.hangUp()
		again := st.view("v", small)
		again.term = term.term
		at := again.attach(exec.AttachOptions{Size: small, Resume: true, ResumeOffset: term.at})
		if len(at.Replay) > 0 || at.Offset != term.at {
			t.Fatalf("went on at %d, not %d, with %q", at.Offset, term.at, at.Replay)
		}
		term = again
	}
	snap := st.settle()
	term.waitAt(st.written)
	sameState(t, "after 20 connections", snap, term.snapshot())
}

// What is no longer held cannot be gone on with: there is a replay instead.
func TestResumeOfWhatIsGone(t *testing.T) {
	cfg := fake()
	cfg.Settings = settings.Map{exec.SettingBufferBytes: 64 << 10, exec.SettingHistory: 100}
	st := newStage(t, small, cfg)
	st.print(string(numbered(200_000)))
	for _, offset := range []int64{10, st.written + 1} {
		v := st.view("v", small)
		at := v.attach(exec.AttachOptions{Size: small, Resume: true, ResumeOffset: offset})
		if len(at.Replay) == 0 || at.Offset != st.written {
			t.Errorf("from %d: %d bytes of replay, on from %d", offset, len(at.Replay), at.Offset)
		}
		sameState(t, "resumed", st.settle(), v.snapshot())
		v.leave()
	}
}
