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
