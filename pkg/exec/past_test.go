package exec_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xsh-project/xsh/internal/leaktest"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
	"github.com/xsh-project/xsh/pkg/exec/exectest"
	"github.com/xsh-project/xsh/pkg/settings"
)

// past is all that a session ever printed, and where its size changed.
type past struct {
	output []byte
	sizes  []exec.LogPiece

	model *vt.Terminal // has seen all of it before at
	at    int64
	made  int // how many of sizes it has
}

// shows is what a terminal shows that was given all of it up to an offset; the
// offsets of one call after another ascend.
func (p *past) shows(offset int64) *vt.Snapshot {
	if p.model == nil {
		p.model = vt.New(vt.Size(*p.sizes[0].Size), vt.Config{})
	}
	for ; p.made < len(p.sizes) && p.sizes[p.made].Offset <= offset; p.made++ {
		c := p.sizes[p.made]
		p.model.Write(p.output[p.at:c.Offset])
		p.model.Resize(vt.Size(*c.Size))
		p.at = c.Offset
	}
	p.model.Write(p.output[p.at:offset])
	p.at = offset
	return p.model.Snapshot()
}

// check holds a screen of the past against the model.
func (p *past) check(t *testing.T, got *exec.Screen) {
	t.Helper()
	want := p.shows(got.Offset)
	row, col, visible := want.Cursor()
	if got.Size != exec.Size(want.Size()) || got.Cursor != (exec.Cursor{Row: row, Col: col, Visible: visible}) ||
		got.Modes.AlternateScreen != want.AltScreen() || got.Title != want.Title() {
		t.Errorf("offset %d: size %v cursor %v title %q, want %v %d,%d %q", got.Offset, got.Size, got.Cursor, got.Title, want.Size(), row, col, want.Title())
	}
	for y, text := range want.Text() {
		if got.Lines[y].Text != text {
			t.Errorf("offset %d, row %d: %q, want %q", got.Offset, y, got.Lines[y].Text, text)
		}
	}
}

// TestCaptureAt: the screen at any offset that is held is what the model shows that
// saw everything; before that, and behind the end, is an error that says so.
func TestCaptureAt(t *testing.T) {
	leaktest.Check(t)
	cfg := fake()
	cfg.Settings = settings.Map{exec.SettingBufferBytes: 512 << 10}
	st := newStage(t, small, cfg)
	p := &past{sizes: []exec.LogPiece{{Size: &small}}}
	resize := func(size exec.Size) {
		st.settle()
		if err := st.m.ResizeSession(nil, st.id, int32(size.Rows), int32(size.Cols)); err != nil {
			t.Fatal(err)
		}
		p.sizes = append(p.sizes, exec.LogPiece{Size: &size, Offset: st.written})
	}
	all := recordings(t)
	for i := 0; len(p.output) < 1<<20; i++ {
		data := all[i%len(all)].raw
		p.output = append(p.output, data...)
		st.write(data)
		if i%7 == 3 {
			resize(exec.Size{Rows: 5 + i%40, Cols: 20 + i*13%150})
		}
	}
	st.settle()
	end := st.written

	logs, err := st.m.Logs(t.Context(), st.id, exec.LogsOptions{Drawn: true})
	if err != nil {
		t.Fatal(err)
	}
	oldest := logs.Begin()
	logs.Close()
	if oldest == 0 || oldest > end-300<<10 {
		t.Fatalf("held from offset %d of %d on", oldest, end)
	}
	offsets := []int64{oldest, end, end - 1}
	for _, c := range p.sizes {
		offsets = append(offsets, c.Offset-1, c.Offset, c.Offset+1)
	}
	for range 300 {
		offsets = append(offsets, oldest+rand.Int64N(end-oldest))
	}
	slices.Sort(offsets)
	for _, at := range offsets {
		if at < oldest || at > end {
			continue
		}
		screen, err := st.m.Capture(within(t), st.id, exec.CaptureOptions{At: &at})
		if err != nil {
			t.Fatalf("offset %d: %v", at, err)
		}
		p.check(t, screen)
	}
	for at, want := range map[int64]string{oldest - 1: "is not held any more", 0: "is not held any more", end + 1: "is not one of the output", -1: "is not one of"} {
		if _, err := st.m.Capture(within(t), st.id, exec.CaptureOptions{At: &at}); !errors.Is(err, exec.ErrTerminalError) || !strings.Contains(err.Error(), want) {
			t.Errorf("offset %d: %v, want %q", at, err, want)
		}
	}
}

// TestDrawnLogs: whoever gives the pieces to a terminal sees the session's screen,
// from the beginning, and from any offset.
func TestDrawnLogs(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		p := &past{sizes: []exec.LogPiece{{Size: &small}}}
		for i, rec := range recordings(t)[:8] {
			p.output = append(p.output, rec.raw...)
			st.write(rec.raw)
			st.settle()
			size := exec.Size{Rows: 10 + i, Cols: 70 + 5*i}
			if err := st.m.ResizeSession(nil, st.id, int32(size.Rows), int32(size.Cols)); err != nil {
				t.Fatal(err)
			}
			p.sizes = append(p.sizes, exec.LogPiece{Size: &size, Offset: st.written})
		}
		for _, from := range []int64{0, 1, p.sizes[3].Offset, p.sizes[3].Offset + 5, st.written} {
			logs, err := d.Logs(within(t).Context, st.id, exec.LogsOptions{From: &from, Drawn: true})
			if err != nil {
				t.Fatal(err)
			}
			var model *vt.Terminal
			at := from
			for {
				piece, err := logs.NextPiece()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil || piece.Offset != at {
					t.Fatalf("at offset %d, want %d: %v", piece.Offset, at, err)
				}
				if model == nil {
					model = vt.New(vt.Size(*piece.Size), vt.Config{})
					model.Write(piece.Screen)
				} else if piece.Size != nil {
					model.Resize(vt.Size(*piece.Size))
				}
				model.Write(piece.Data)
				at += int64(len(piece.Data))
			}
			logs.Close()
			if want := p.shows(st.written); at != st.written || !slices.Equal(model.Snapshot().Text(), want.Text()) {
				t.Errorf("from %d to %d of %d: %q", from, at, st.written, model.Snapshot().Text())
			}
		}
	})
}

// TestDrawnLogsFollow: what is printed, and changes of size, come as they happen.
func TestDrawnLogsFollow(t *testing.T) {
	eachDriver(t, func(t *testing.T, st *stage, d exec.Driver) {
		st.print("before")
		logs, err := d.Logs(within(t).Context, st.id, exec.LogsOptions{FromEnd: true, Drawn: true, Follow: true})
		if err != nil {
			t.Fatal(err)
		}
		defer logs.Close()
		first, err := logs.NextPiece()
		if err != nil || !strings.Contains(string(first.Screen), "before") || *first.Size != small || first.Offset != 6 {
			t.Fatalf("%+v, %v", first, err)
		}
		st.print("a")
		if p, err := logs.NextPiece(); err != nil || string(p.Data) != "a" || p.Time.IsZero() {
			t.Fatalf("%+v, %v", p, err)
		}
		if err := st.m.ResizeSession(nil, st.id, 7, 50); err != nil {
			t.Fatal(err)
		}
		st.print("b")
		if p, err := logs.NextPiece(); err != nil || p.Size == nil || *p.Size != (exec.Size{Rows: 7, Cols: 50}) || len(p.Data) > 0 {
			t.Fatalf("%+v, %v", p, err)
		}
		if p, err := logs.NextPiece(); err != nil || string(p.Data) != "b" || p.Offset != 7 {
			t.Fatalf("%+v, %v", p, err)
		}
		st.end <- nil
		if p, err := logs.NextPiece(); !errors.Is(err, io.EOF) {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

// TestTimes: pieces are of one moment each, a range of times is a range of output,
// and the screen of a time is what was shown then.
func TestTimes(t *testing.T) {
	leaktest.Check(t)
	cfg := fake()
	begun := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := exectest.NewClock(begun)
	cfg.Clock = clock
	st := newStage(t, small, cfg)
	for i, text := range []string{"one ", "two ", "three "} {
		if i > 0 {
			clock.Advance(time.Minute)
		}
		st.print(text)
	}
	read := func(o exec.LogsOptions) (all []exec.LogPiece) {
		logs, err := st.m.Logs(t.Context(), st.id, o)
		if err != nil {
			t.Fatal(err)
		}
		defer logs.Close()
		for {
			p, err := logs.NextPiece()
			if errors.Is(err, io.EOF) {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			p.Time = p.Time.UTC()
			all = append(all, p)
		}
	}
	piece := func(i int) exec.LogPiece {
		return []exec.LogPiece{
			{Data: []byte("one "), Target: exec.StreamTargetStdOut, Time: begun},
			{Data: []byte("two "), Target: exec.StreamTargetStdOut, Offset: 4, Time: begun.Add(time.Minute)},
			{Data: []byte("three "), Target: exec.StreamTargetStdOut, Offset: 8, Time: begun.Add(2 * time.Minute)},
		}[i]
	}
	for name, c := range map[string]struct {
		o    exec.LogsOptions
		want []exec.LogPiece
	}{
		"all":        {exec.LogsOptions{Times: true}, []exec.LogPiece{piece(0), piece(1), piece(2)}},
		"since":      {exec.LogsOptions{Times: true, FromTime: begun.Add(time.Minute - 1)}, []exec.LogPiece{piece(1), piece(2)}},
		"until":      {exec.LogsOptions{Times: true, UntilTime: begun.Add(time.Minute)}, []exec.LogPiece{piece(0), piece(1)}},
		"before all": {exec.LogsOptions{Times: true, UntilTime: begun.Add(-1)}, nil},
		"between":    {exec.LogsOptions{Times: true, FromTime: begun, UntilTime: begun.Add(time.Minute)}, []exec.LogPiece{piece(1)}},
		"offsets":    {exec.LogsOptions{Times: true, From: new(int64(4)), Until: new(int64(8))}, []exec.LogPiece{piece(1)}},
		"behind all": {exec.LogsOptions{Times: true, FromTime: begun.Add(time.Hour)}, nil},
	} {
		if got := read(c.o); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	client := exec.NewPluginClient(dial(t, listen(t, st.m)))
	for _, d := range []exec.Driver{st.m, client} {
		s, err := d.Capture(within(t), st.id, exec.CaptureOptions{AtTime: begun.Add(90 * time.Second)})
		if err != nil || s.Text() != "one two\n" || s.Offset != 8 || !s.Time.Equal(begun.Add(time.Minute)) {
			t.Errorf("%+v, %v", s, err)
		}
		_, err = d.Capture(within(t), st.id, exec.CaptureOptions{AtTime: begun.Add(-time.Second)})
		if !errors.Is(err, exec.ErrTerminalError) || !strings.Contains(err.Error(), "its first output that is held is of") {
			t.Errorf("before the first output: %v", err)
		}
	}
}

// TestPastIsAdopted: another server's output keeps its times, and its screens as far
// as the log goes back to the beginning.
func TestPastIsAdopted(t *testing.T) {
	h := &holder{held: make(map[string]exec.Kept)}
	first := newKeptManager(t, h)
	s, err := first.CreateSession(nil, exec.SessionOptions{
		Name: "work", TTY: true, Size: small, ResourcePlugin: "local", ResourceKey: "shell",
		Command: []string{"/bin/sh", "-c", `stty -echo; printf 'one '; read x; printf two; read x`},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(h.all()) != 1 {
		t.Skip("this system has no memory that outlives a process")
	}
	ctx, cancel := context.WithTimeout(t.Context(), exectest.Patience)
	defer cancel()
	times := func(m *exec.Manager) (all []exec.LogPiece) {
		logs, err := m.Logs(ctx, s.ID, exec.LogsOptions{Times: true})
		if err != nil {
			t.Fatal(err)
		}
		defer logs.Close()
		for {
			p, err := logs.NextPiece()
			if err != nil {
				return all
			}
			all = append(all, p)
		}
	}
	wait := func(m *exec.Manager, text string) {
		if _, err := m.Wait(within(t), s.ID, exec.WaitOptions{For: exec.WaitText, Pattern: text}); err != nil {
			t.Fatal(err)
		}
	}
	wait(first, "one")
	was := times(first)
	first.Suspend()
	first.Abandon()

	second := newKeptManager(t, h)
	t.Cleanup(second.Close)
	if errs := second.Adopt(h.all()); len(errs) > 0 {
		t.Fatal(errs)
	}
	if got := times(second); len(was) == 0 || !reflect.DeepEqual(got, was) {
		t.Errorf("pieces %+v, were %+v", got, was)
	}
	if _, err := second.Type(within(t), s.ID, exec.Input{Text: []byte("\n")}); err != nil {
		t.Fatal(err)
	}
	wait(second, "two")
	if screen, err := second.Capture(within(t), s.ID, exec.CaptureOptions{At: new(int64(2))}); err != nil || screen.Text() != "on\n" {
		t.Errorf("before the adoption: %+v, %v", screen, err)
	}
	if screen, err := second.Capture(within(t), s.ID, exec.CaptureOptions{At: new(int64(6))}); err != nil || screen.Text() != "one tw\n" {
		t.Errorf("behind it: %+v, %v", screen, err)
	}
}
