package vt

import (
	"strings"
	"testing"
)

// Terminals differ from ours where a sequence is not the same to all. What a client is
// sent must come out right on them too: here a sequence is exchanged for what such a
// terminal takes it for.

// xterm.js takes LS1R, LS2R and LS3R, which shift GR, for those that shift GL.
var shiftsGL = strings.NewReplacer("\x1b~", "\x0e", "\x1b}", "\x1bn", "\x1b|", "\x1bo")

// Some terminals take XTMODKEYS for SGR.
var modkeysAsSGR = strings.NewReplacer("\x1b[>4m", "\x1b[4m", "\x1b[>4;1m", "\x1b[4;1m", "\x1b[>4;2m", "\x1b[4;2m")

func TestCharsetsWhereGRIsTakenForGL(t *testing.T) {
	for _, input := range []string{"hi", "\x1b(0\x1b~", "\x0e\x1b)0\x1b|", "\x1bn\x1b*0\x1b~", "\x1b7\x1b)0\x1b~\x1b[?1049h"} {
		session, client := New(Size{3, 20}, Config{}), New(Size{3, 20}, Config{})
		session.Write([]byte(input))
		s := session.Snapshot()
		client.Write([]byte(shiftsGL.Replace(string(s.AppendReplay(nil, ReplayOptions{})))))
		if got := client.Snapshot().cur.sets; got.gl != s.cur.sets.gl || got.g != s.cur.sets.g {
			t.Errorf("%q: after the replay %v, want %v", input, got, s.cur.sets)
		}
		client.Write([]byte(shiftsGL.Replace(string(s.AppendLeave(nil)))))
		if got := client.Snapshot().cur.sets; got.gl != 0 || got.g != [4]charset{} {
			t.Errorf("%q: after leaving %v", input, got)
		}
	}
}

func TestKeysWhereTheyAreTakenForStyles(t *testing.T) {
	for _, input := range []string{"hello", "\x1b[>4;2mhello", "\x1b[>4;1m\x1b[31mhello\x1b[?1049hhello"} {
		session, client := New(Size{3, 20}, Config{}), New(Size{3, 20}, Config{})
		session.Write([]byte(input))
		s := session.Snapshot()
		client.Write([]byte(modkeysAsSGR.Replace(string(s.AppendReplay(nil, ReplayOptions{})))))
		got := client.Snapshot()
		if a, b := got.Row(0).Cells[0].Style, s.Row(0).Cells[0].Style; a != b {
			t.Errorf("%q: after the replay text is %+v, want %+v", input, a, b)
		}
		if got.cur.pen != s.cur.pen {
			t.Errorf("%q: after the replay the pen is %+v, want %+v", input, got.cur.pen, s.cur.pen)
		}
		client.Write([]byte(modkeysAsSGR.Replace(string(s.AppendLeave(nil)))))
		if pen := client.Snapshot().cur.pen; pen != (Style{}) {
			t.Errorf("%q: after leaving the pen is %+v", input, pen)
		}
		r := NewRenderer(Size{3, 20}, FrameCaps{})
		for _, frame := range [][]byte{r.AppendFrame(nil, s), r.AppendFrame(nil, New(Size{3, 20}, Config{}).Snapshot()), r.AppendLeave(nil)} {
			client.Write([]byte(modkeysAsSGR.Replace(string(frame))))
			if pen := client.Snapshot().cur.pen; pen != (Style{}) {
				t.Errorf("%q: after the frame %q the pen is %+v", input, frame, pen)
			}
		}
	}
}

// A terminal that clusters always, whatever mode 2027 says, finds some characters
// wider. What is reprinted behind them must not double.
func TestReprintWhereWidthsDiffer(t *testing.T) {
	always := strings.NewReplacer(";2027;", ";", "\x1b[?2027l", "", "\x1b[?2027h", "")
	for input, want := range map[string]string{
		"❤\ufe0fx":                    "❤\ufe0fxy",
		"a ❤\ufe0f text x":            "a ❤\ufe0f text xy",
		"❤\ufe0f\x1b[31m red\x1b[m$ ": "❤\ufe0f red$ y",
	} {
		session, client := New(Size{3, 20}, Config{}), New(Size{3, 20}, Config{})
		session.Write([]byte(input))
		client.Write([]byte("\x1b[?2027h"))
		client.Write([]byte(always.Replace(string(session.Snapshot().AppendReplay(nil, ReplayOptions{}))) + "y"))
		if got := client.Snapshot().Row(0).Text(); got != want {
			t.Errorf("%q: then y is shown as %q, want %q", input, got, want)
		}
	}
}
