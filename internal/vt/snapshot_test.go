package vt

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

func TestSnapshotIsImmutable(t *testing.T) {
	term := New(Size{5, 20}, Config{Scrollback: 100})
	write := func(from, to int) {
		for i := from; i < to; i++ {
			fmt.Fprintf(term, "\x1b[38;2;%d;%d;1mline %d é\u0301\r\n", i%256, i/256, i)
		}
	}
	write(0, 50)
	s := term.Snapshot()
	before := fmt.Sprint(s.Describe(true))
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for range 20 {
			s.AppendReplay(nil, ReplayOptions{})
		}
	}()
	write(50, 5000)
	term.Resize(Size{9, 7})
	term.Resize(Size{3, 40})
	write(5000, 5100)
	wg.Wait()
	if after := fmt.Sprint(s.Describe(true)); after != before {
		t.Errorf("the snapshot changed:\n%s\nwas\n%s", after, before)
	}
}

// The memory of blocks is used again, but for those that a snapshot has.
func TestSnapshotKeepsItsBlocks(t *testing.T) {
	term := New(Size{5, 20}, Config{Scrollback: 4000})
	write := func(from, to int) {
		for i := from; i < to; i++ {
			fmt.Fprintf(term, "\x1b[3%dmline\x1b[m %d\r\n", i%8, i)
		}
	}
	write(0, 20000)
	s := term.Snapshot()
	if len(s.hist.full) < 2 || cap(s.hist.tail.data) != blockSize {
		t.Fatalf("%d full blocks and a tail of %d", len(s.hist.full), cap(s.hist.tail.data))
	}
	before := fmt.Sprint(s.Describe(true))
	write(20000, 40000)
	if after := fmt.Sprint(s.Describe(true)); after != before {
		t.Error("the snapshot changed")
	}
}

func TestHistory(t *testing.T) {
	term := New(Size{3, 20}, Config{Scrollback: 10})
	for i := range 30 {
		fmt.Fprintf(term, "\x1b[3%dmline\x1b[m %d\r\n", i%8, i)
	}
	s := term.Snapshot()
	if n := s.HistoryLines(); n != 10 {
		t.Fatalf("%d lines of history, want 10", n)
	}
	lines := s.History(0, 100)
	for i, l := range lines {
		if want := fmt.Sprintf("line %d", 18+i); l.Text() != want {
			t.Errorf("line %d: %q, want %q", i, l.Text(), want)
		}
		if got := l.Cells[0].Style.FG; got != Indexed(uint8((18+i)%8)) {
			t.Errorf("line %d: colour %#x", i, got)
		}
	}
	if got := s.History(8, 5); len(got) != 2 || got[0].Text() != "line 26" {
		t.Errorf("the last two lines: %v", got)
	}
	if got := s.History(-2, 3); len(got) != 1 {
		t.Errorf("lines from before the first: %v", got)
	}
}

func TestHistoryIsBoundedInBytes(t *testing.T) {
	term := New(Size{3, 1000}, Config{Scrollback: 1 << 20, ScrollbackBytes: 1 << 20})
	line := strings.Repeat("x", 999) + "\r\n"
	for range 5000 {
		term.Write([]byte(line))
	}
	s := term.Snapshot()
	if n := s.HistoryLines(); n < 900 || n > 1100 {
		t.Errorf("%d lines of 1,000 bytes in 1 MiB", n)
	}
}

func TestNoHistory(t *testing.T) {
	term := New(Size{3, 20}, Config{Scrollback: -1})
	term.Write([]byte("1\r\n2\r\n3\r\n4\r\n5"))
	term.Resize(Size{2, 10})
	term.Resize(Size{3, 20})
	if n := term.Snapshot().HistoryLines(); n != 0 {
		t.Errorf("%d lines of history", n)
	}
}

func TestManyColoursStayBounded(t *testing.T) {
	term := New(Size{24, 80}, Config{Scrollback: 100})
	for i := range 200000 {
		fmt.Fprintf(term, "\x1b[38;2;%d;%d;%dmx", i>>16, i>>8&255, i&255)
		if i%100000 == 0 {
			check(t, term)
		}
	}
	check(t, term)
	if n := len(term.tables.styles.styles); n > 4*minStyleLimit {
		t.Errorf("%d styles kept", n)
	}
	if got, want := term.Snapshot().Row(23).Cells[0].Style.FG, Direct(3, 0xd, 0x20); got>>16 != want>>16 {
		t.Errorf("colour %#x after collecting, want about %#x", got, want)
	}
}

func TestManyClustersStayBounded(t *testing.T) {
	term := New(Size{24, 80}, Config{Scrollback: 100})
	for i := range 50000 {
		fmt.Fprintf(term, "%c\u0301", rune(0x4e00+i%20000))
		fmt.Fprintf(term, "%c%c", rune('a'+i%26), rune(0x300+i%100))
	}
	check(t, term)
	if n := len(term.tables.clusters.texts); n > 4*minClusterLimit {
		t.Errorf("%d clusters kept", n)
	}
}

func TestLinks(t *testing.T) {
	term := New(Size{3, 40}, Config{})
	for i := range 5000 {
		fmt.Fprintf(term, "\x1b]8;id=%d;http://example.com/%d\x1b\\x\x1b]8;;\x1b\\", i%3, i)
	}
	if n := len(term.links); n > maxLinks {
		t.Errorf("%d links kept", n)
	}
	cells := term.Snapshot().Row(2).Cells
	last := cells[len(cells)-1].Style.Link
	if last == nil || last.URI != "http://example.com/4999" || last.ID != "1" {
		t.Errorf("last link %+v", last)
	}
}

func TestHugeSizesAreClipped(t *testing.T) {
	term := New(Size{65535, 65535}, Config{})
	if s := term.Size(); s.Rows*s.Cols > maxCells || s.Cols != MaxCols {
		t.Errorf("size %v", s)
	}
	term.Resize(Size{65535, 10})
	term.Resize(Size{0, -1})
	if s := term.Size(); s != (Size{1, 1}) {
		t.Errorf("size %v, want 1x1", s)
	}
}

func TestReplayForgetsCursorSavedOnAlternate(t *testing.T) {
	term := New(Size{5, 20}, Config{})
	term.Write([]byte("\x1b[?1049hon the alternate screen"))
	client := New(Size{5, 20}, Config{})
	client.Write([]byte("\x1b[?1049h\x1b[3;4H\x1b[1m\x1b7\x1b[?1049l"))
	want := term.Snapshot()
	client.Write(want.AppendReplay(nil, ReplayOptions{}))
	for _, d := range diffSnapshots(want, client.Snapshot()) {
		t.Error(d)
	}
}
