package vt

import (
	"slices"
	"strings"
	"testing"
)

// cellsOf returns the texts of the first row's cells; "" is an empty cell, "·" the
// second half of a wide one.
func cellsOf(input string) []string {
	term := New(Size{3, 10}, Config{})
	term.Write([]byte(input))
	var out []string
	for _, c := range term.Snapshot().Row(0).Cells {
		if c.Width == 0 {
			c.Text = "·"
		}
		out = append(out, c.Text)
	}
	return out
}

func TestCells(t *testing.T) {
	const clusters = "\x1b[?2027h"
	for _, c := range []struct {
		name, input string
		want        []string
	}{
		{"wide", "日x", []string{"日", "·", "x"}},
		{"combining", "e\u0301x", []string{"e\u0301", "x"}},
		{"combining joins a wide one", "日\u0301x", []string{"日\u0301", "·", "x"}},
		{"combining at a line's start is lost", "\u0301x", []string{"x"}},
		{"combining joins what the cursor is behind", "abc\x1b[1;2H\u0301", []string{"a\u0301", "b", "c"}},
		{"combining joins the wide one that the cursor is in", "日x\x1b[1;2H\u0301\x1b[1;2H", []string{"日\u0301", "·", "x"}},
		{"a joiner without clusters", "👩\u200d🚀", []string{"👩\u200d", "·", "🚀", "·"}},
		{"a joiner with clusters", clusters + "👩\u200d🚀x", []string{"👩\u200d🚀", "·", "x"}},
		{"a skin tone without clusters", "👍🏽", []string{"👍", "·", "🏽", "·"}},
		{"a skin tone with clusters", clusters + "👍🏽", []string{"👍🏽", "·"}},
		{"a flag without clusters", "🇩🇪", []string{"🇩", "🇪"}},
		{"a flag with clusters", clusters + "🇩🇪🇫🇷", []string{"🇩🇪", "·", "🇫🇷", "·"}},
		{"an emoji selector without clusters", "❤\ufe0fx", []string{"❤\ufe0f", "x"}},
		{"an emoji selector with clusters", clusters + "❤\ufe0fx", []string{"❤\ufe0f", "·", "x"}},
		{"a keycap with clusters", clusters + "1\ufe0f\u20e3x", []string{"1\ufe0f\u20e3", "·", "x"}},
		{"a text selector with clusters", clusters + "😀\ufe0ex", []string{"😀\ufe0e", "x"}},
		{"Hangul letters with clusters", clusters + "\u1112\u1161\u11ab", []string{"\u1112\u1161\u11ab", "·"}},
		{"an Indic conjunct with clusters", clusters + "\u0915\u094d\u0937", []string{"\u0915\u094d\u0937"}},
		{"a cursor move ends a cluster", clusters + "🇩\x1b[1;2H🇪", []string{"🇩", "🇪"}},
		{"overwriting the first half", "日x\x1b[1;1Ha", []string{"a", "", "x"}},
		{"overwriting the second half", "日x\x1b[1;2Ha", []string{"", "a", "x"}},
		{"a wide one over two halves", "日本\x1b[1;2H語", []string{"", "語", "·"}},
		{"line drawing", "\x1b(0qx\x1b(Bq", []string{"─", "│", "q"}},
		{"a single shift", "\x1b*0\x1bNqq", []string{"─", "q"}},
		{"a locking shift", "\x1b)0\x0eq\x0fq", []string{"─", "q"}},
		{"insert mode", "abc\x1b[1;2H\x1b[4hX", []string{"a", "X", "b", "c"}},
		{"REP", "ab\x1b[3b", []string{"a", "b", "b", "b", "b"}},
		{"a tab leaves cells empty", "a\tb", []string{"a", "", "", "", "", "", "", "", "b"}},
	} {
		if got := cellsOf(c.input); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestWidths(t *testing.T) {
	for _, c := range []struct {
		r    rune
		want int
	}{
		{'a', 1}, {'é', 1}, {0xad, 1}, {0x300, 0}, {0x200b, 0}, {0x200d, 0}, {0xfe0f, 0}, {0x1100, 2}, {0x1161, 0},
		{'日', 2}, {'한', 2}, {0xff21, 2}, {0xff71, 1}, {'─', 1}, {'±', 1}, {'✓', 1}, {'✅', 2}, {0x1f600, 2},
		{0x1fae9, 2}, {0x4dc0, 2}, {0x1f1e6, 1}, {0x1f3fb, 2}, {0x20000, 2}, {0x3fffd, 2}, {0x3ffff, 1}, {0xe0001, 0}, {0x10ffff, 1},
	} {
		if got := runeWidth(c.r); got != c.want {
			t.Errorf("width of U+%04X is %d, want %d", c.r, got, c.want)
		}
	}
}

func TestImagesMoveTheCursor(t *testing.T) {
	for _, c := range []struct{ name, input, want string }{
		{"sixel of 20 lines of pixels", "\x1bPq" + strings.Repeat("~-", 3) + "~\x1b\\", "2;1"},
		{"sixel with raster attributes", "\x1bPq\"1;1;64;64#0~~-~~\x1b\\", "4;1"},
		{"kitty, placed in cells", "\x1b_Ga=T,f=24,s=10,v=10,c=5,r=3;AAAA\x1b\\", "3;6"},
		{"kitty, of that many pixels", "\x1b_Ga=T,f=24,s=16,v=32;AAAA\x1b\\", "2;3"},
		{"kitty, in pieces", "\x1b_Ga=T,s=16,v=32,m=1;AAAA\x1b\\\x1b_Gm=1;AAAA\x1b\\x\x1b_Gm=0;AAAA\x1b\\", "2;4"},
		{"kitty, cursor kept", "\x1b_Ga=T,c=5,r=3,C=1;AAAA\x1b\\", "1;1"},
		{"kitty, only sent", "\x1b_Ga=t,c=5,r=3,i=1;AAAA\x1b\\", "1;1"},
		{"kitty, placed later", "\x1b_Ga=p,i=1,c=5,r=3\x1b\\", "3;6"},
		{"iTerm2", "\x1b]1337;File=inline=1;width=10;height=4:AAAA\a", "4;11"},
		{"iTerm2, in pixels and percent", "\x1b]1337;File=inline=1;width=50%;height=40px:AAAA\a", "3;41"},
		{"iTerm2, a download", "\x1b]1337;File=width=10;height=4:AAAA\a", "1;1"},
		{"iTerm2, a long one", "\x1b]1337;File=inline=1;width=2;height=2:" + strings.Repeat("A", 3*maxString) + "\a", "2;3"},
	} {
		if got := answers(c.input + "\x1b[6n"); got != "\x1b["+c.want+"R" {
			t.Errorf("%s: %q, want %s", c.name, got, c.want)
		}
	}
}
