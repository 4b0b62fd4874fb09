package vt

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

// A resize wraps all lines anew, and numbers the styles of all for that. Links that
// differ are styles that differ: they must not be told apart one by one.
func TestResizeWithManyLinks(t *testing.T) {
	resize := func(lines int) time.Duration {
		term := New(Size{24, 80}, Config{Scrollback: 20_000})
		var b bytes.Buffer
		for i := range lines {
			fmt.Fprintf(&b, "\x1b]8;;file://host/home/user/%06d\x1b\\%06d\x1b]8;;\x1b\\\r\n", i, i)
		}
		term.Write(b.Bytes())
		start := time.Now()
		term.Resize(Size{24, 81})
		took := time.Since(start)
		if got := term.Snapshot().History(0, 1)[0].Cells[0].Style.Link; got == nil || got.URI != "file://host/home/user/000000" {
			t.Errorf("the first line links to %v", got)
		}
		return took
	}
	few, many := resize(1000), resize(16_000)
	if many > 80*few+50*time.Millisecond {
		t.Errorf("a resize takes %v with 1000 links, %v with 16,000", few, many)
	}
}

// A program that covers the screen with ever longer links cannot make the model
// keep more than a bound of them, and gets text without links for the rest.
func TestLinksAreBounded(t *testing.T) {
	term := New(Size{200, 200}, Config{Scrollback: -1})
	uri := strings.Repeat("x", 4000)
	var b bytes.Buffer
	for i := range 40_000 {
		fmt.Fprintf(&b, "\x1b]8;;http://%s/%d\x1b\\a", uri, i)
		if b.Len() > 1<<20 {
			term.Write(b.Bytes())
			b.Reset()
		}
	}
	term.Write(b.Bytes())
	if got := term.tables.styles.links; got > maxLinkBytes+maxURI {
		t.Errorf("the cells' links take %d bytes, want at most %d", got, maxLinkBytes)
	}
	first := term.Snapshot().Row(0).Cells[0].Style.Link
	if first == nil || first.URI != "http://"+uri+"/0" {
		t.Error("the first link is gone")
	}
	term.Write([]byte("\x1b[2J\x1b[H"))
	for i := range 2 * maxLinks {
		fmt.Fprintf(&b, "\x1b]8;;http://short/%d\x1b\\a", i)
	}
	term.Write(b.Bytes())
	if row := term.Snapshot().Row((2*maxLinks - 1) / 200); row.Cells[len(row.Cells)-1].Style.Link == nil {
		t.Error("there is room again, but no link was taken")
	}
}

// More styles than a reflow numbers at a time do not make it mix tables.
func TestResizeWithManyStyles(t *testing.T) {
	term := New(Size{24, 80}, Config{})
	var b bytes.Buffer
	for i := range 100_000 {
		fmt.Fprintf(&b, "\x1b[38;2;%d;%d;%dmx", i&0xff, i>>8&0xff, i>>16)
		if i%80 == 79 {
			b.WriteString("\r\n")
		}
	}
	term.Write(b.Bytes())
	before := term.Snapshot()
	term.Resize(Size{24, 81})
	after := term.Snapshot()
	if a, b := before.HistoryLines(), after.HistoryLines(); a != b {
		t.Fatalf("%d lines of history, %d after a resize", a, b)
	}
	for i, l := range after.History(0, after.HistoryLines()) {
		for x, c := range l.Cells {
			n := 80*i + x
			if want := Direct(uint8(n), uint8(n>>8), uint8(n>>16)); c.Style.FG != want {
				t.Fatalf("line %d column %d has the colour %x, want %x", i, x, c.Style.FG, want)
			}
		}
	}
}

// Dense, nested, huge and unterminated links, while the columns are halved and doubled:
// each character keeps its link, and what is kept stays within its bounds.
func TestLinksUnderTorture(t *testing.T) {
	term := New(Size{20, 80}, Config{Scrollback: 2000, ScrollbackBytes: 4 << 20})
	huge := strings.Repeat("h", 3000)
	want := func(i int) string {
		if i%7 == 0 {
			return fmt.Sprintf("http://%s/%d", huge, i)
		}
		return fmt.Sprintf("http://x/%d", i)
	}
	var b bytes.Buffer
	for i := range 30_000 {
		fmt.Fprintf(&b, "\x1b]8;id=%d;%s\x1b\\%c", i%3, want(i), 'a'+rune(i%26)) // none ends but by the next
		switch {
		case i%11 == 0:
			fmt.Fprintf(&b, "\x1b]8;;http://%s/\a", strings.Repeat("t", maxURI)) // too long
			b.WriteString("\x1b]8;;half\x18")
		case i%5000 == 4999:
			term.Write(b.Bytes())
			b.Reset()
			for _, cols := range []int{40, 80, 160, 80} {
				term.Resize(Size{20, cols})
				check(t, term)
			}
			n := term.tables.styles.links + term.hist.bytes + term.hist.tail.size()
			if n > maxLinkBytes+(4<<20)+(1<<20) {
				t.Fatalf("%d bytes are kept", n)
			}
		}
	}
	term.Write(b.Bytes())
	i := 29_999
	s := term.Snapshot()
	for y := s.cur.row; y >= 0; y-- {
		cells := s.Row(y).Cells
		for x := len(cells) - 1; x >= 0; x, i = x-1, i-1 {
			if l := cells[x].Style.Link; l == nil || l.URI != want(i) {
				t.Fatalf("row %d column %d: character %d links to %.40v, want %.40s", y, x, i, l, want(i))
			}
		}
	}
}
