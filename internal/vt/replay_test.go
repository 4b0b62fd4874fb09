package vt

import (
	"bytes"
	"testing"
)

// TestReplayRestores has states that are hard to lead to: each is replayed in a fresh
// terminal, and then the same is printed on both.
func TestReplayRestores(t *testing.T) {
	const rest = "x\x1b8y\x1b[2bz\x1b[3b\x1b[?47h\x1b8w\x1b[?47l\x1b8v\x1b[?6;69;1000;1003;1006;5;7r" +
		"\x1b[#Q\x1b[23;0t\x1b[#}\x1b[<u\x1b[?45h\b\b\bu"
	for _, c := range []struct{ name, input string }{
		{"a saved wrap at a margin that is gone", "\x1b[?69h\x1b[3;8s\x1b[2;8Ha\x1b7\x1b[?69l\x1b[4;4H"},
		{"and in origin mode", "\x1b[?69h\x1b[3;8s\x1b[2;4r\x1b[?6h\x1b[2;6Ha\x1b7\x1b[?6l\x1b[?69l\x1b[r"},
		{"and of the other screen", "\x1b[?69h\x1b[3;8s\x1b[2;8Ha\x1b7\x1b[?69l\x1b[?1049h\x1b[?69h\x1b[3;6s\x1b[3;6Hb\x1b7\x1b[?69l\x1b[H"},
		{"and under margins that came later", "\x1b[?69h\x1b[3;8s\x1b[2;8Ha\x1b7\x1b[2;6s\x1b[4;4H"},
		{"and beneath a wide character that ends there", "\x1b[?69h\x1b[3;8s\x1b[2;8Ha\x1b7\x1b[?69l\x1b[2;7H漢\x1b[4;4H"},
		{"the wrap itself at a margin that is gone", "\x1b[?69h\x1b[3;8s\x1b[2;8Ha\x1b[?69l"},
		{"the wrap come back with DECRC", "\x1b[?69h\x1b[3;8s\x1b[2;8Ha\x1b[1m\x1b(0\x1b7\x1b[2;6s\x1b8"},
		{"a wrap taken along by CBT", "\x1b[2;12Ha\x1b[Z"},
		{"to the first column", "\x1b[2;12Ha\x1b[9Z"},
		{"from a margin", "\x1b[?69h\x1b[3;11s\x1b[2;11Ha\x1b[Z"},
		{"GR that is G2 again", "\x1b~\x1b7\x1b}"},
		{"REP in insert mode left of the margins", "\x1b[2;1Habcdefghijkl\x1b[?69h\x1b[3;8s\x1b[4h\x1b[2;1HQ"},
		{"and right of them", "\x1b[2;1Habcdefghijkl\x1b[?69h\x1b[3;8s\x1b[4h\x1b[2;10HQ"},
		{"and between them", "\x1b[2;1Habcdefghijkl\x1b[?69h\x1b[3;8s\x1b[4h\x1b[2;4HQ"},
		{"modes kept by XTSAVE", "\x1b[?6;69;1000;1003;1006;5h\x1b[?6;69;1000;1003;1006;5s\x1b[?6;69;1003;1006;5l"},
		{"as reset", "\x1b[?7l\x1b[?7s\x1b[?7h"},
		{"the screen kept by XTSAVE", "\x1b[?1049h\x1b[?1049;47s\x1b[?1049l"},
		{"focus reports kept by XTSAVE while on", "\x1b[?1004h\x1b[?1004s"},
		{"saved cursors of both screens", "\x1b[2;3r\x1b[?6h\x1b[2;4H\x1b[1;38;5;99m\x1b(0\x1b)A\x0e\x1b[1\"q\x1b7" +
			"\x1b[?1049h\x1b[?6l\x1b[0;4:3m\x1b(B\x1b*0\x1bn\x1b[0\"q\x1b[3;9H\x1b7\x1b[H\x1b[?1049l"},
		{"titles on the stack", "\x1b]0;a\a\x1b[22;0t\x1b]1;b\a\x1b[22;1t\x1b]2;c\a\x1b[22;2t\x1b]0;d\a"},
		{"colours on the stack", "\x1b]4;3;red;200;blue\a\x1b]10;#123\a\x1b[#P\x1b]104;3\a\x1b]110\a\x1b]5;1;red\a\x1b[#P\x1b[#P\x1b[1#Q\x1b[2#Q\x1b]21;cursor=\a"},
		{"pens on the stack", "\x1b[1;31m\x1b[#{\x1b[0;4:3;58:5:3m\x1b[#{\x1b[m"},
		{"keyboards of both screens", "\x1b[>1u\x1b[>3u\x1b[?1049h\x1b[>5u\x1b[=8;2u\x1b[?1049l\x1b[>4;2m"},
		{"tab stops", "\x1b[3g\x1b[1;4H\x1bH\x1b[1;11H\x1bH"},
		{"a shell mark on a continued row", "abcdefghijklm\x1b]133;C\aopq"},
		{"synchronised output", "\x1b[?2026habc"},
	} {
		t.Run(c.name, func(t *testing.T) {
			replayGoesOn(t, Size{5, 12}, []byte(c.input), []byte(rest))
		})
	}
}

// A replay must not ask: the answer would be typed into the program.
func TestReplayDoesNotAsk(t *testing.T) {
	for _, input := range []string{"\x1b]22;=?__current__\a", "\x1b]22;>text,?pointer\a", "\x1b]22;?x\a", "\x1b]2;?\a", "\x1b]7;?\a", "\x1b]133;A;?\a"} {
		term := New(Size{3, 20}, Config{})
		term.Write([]byte(input))
		s := term.Snapshot()
		for _, out := range [][]byte{s.AppendReplay(nil, ReplayOptions{}), NewRenderer(Size{3, 20}, FrameCaps{}).AppendFrame(nil, s)} {
			if bytes.Contains(out, []byte("]22;?")) || bytes.Contains(out, []byte("]22;>?")) {
				t.Errorf("%q: %q", input, out)
			}
		}
	}
}
