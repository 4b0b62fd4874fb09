package vt

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// A script is output as a program might write it, made at random: it reaches far
// more of the model than random bytes do.

var scriptPieces = []string{
	"a", "hello world ", "日本語", "é", "e\u0301", "👍🏽", "👩\u200d🚀", "🇩🇪", "❤\ufe0f", "\u200b", "한국", "x\u0301\u0302",
	"\r", "\n", "\r\n", "\b", "\t", "\x0e", "\x0f", "\x1b7", "\x1b8", "\x1bD", "\x1bM", "\x1bE", "\x1bH", "\x1b=", "\x1b>",
	"\x1b(0", "\x1b(B", "\x1b)0", "\x1b*A", "\x1bN", "\x1bO", "\x1bn", "\x1b#8", "\x1bV", "\x1bW", "\x1b6", "\x1b9",
	"\x1b[m", "\x1b[1m", "\x1b[7m", "\x1b[4:3m", "\x1b[58:5:9m", "\x1b[22;24m", "\x1b[1\"q", "\x1b[0\"q", "\x1b[!p",
	"\x1b]0;title\a", "\x1b]2;other\x1b\\", "\x1b]8;;http://x/\a", "\x1b]8;id=1;http://y/\x1b\\", "\x1b]8;;\a",
	"\x1b]4;1;#123456\a", "\x1b]104\a", "\x1b]10;red\a", "\x1b]7;file:///srv\a", "\x1b]133;A\a", "\x1b]133;C\a", "\x1b]133;A;redraw=1\a", "\x1b]133;A;redraw=last\a", "\x1b]133;D;1\a", "\x1b]133;P;k=s\a",
	"\x1b]22;wait\a", "\x1b]22;>text\a", "\x1b]22;<\a", "\x1b]9;4;1;50\a", "\x1b]9;4;0\a", "\x1b#3", "\x1b#6", "\x1b#5", "\x1b_Ga=T,s=9,v=40,f=24,m=1;AAAA\x1b\\", "\x1b_Gm=0;AAAA\x1b\\",
	"\x1b~", "\x1b}", "\x1b|", "\x1b(K", "\x1b]5;1;#123456\a", "\x1b[1*x", "\x1b[63\"p", "\x1b[65\"p", "\x1b[?40h\x1b[?3h",
	"\x1b[s", "\x1b[u", "\x1b[22;1t", "\x1b[22;2t", "\x1b[23;1t", "\x1b[23;2t", "\x1b[5b", "\x1bl", "\x1bm",
	"\x1b]21;cursor=;3=blue;visual_bell=red;foreground\a", "\x1b]21;selection_background=red;cursor_text=\a", "\x1b[#P", "\x1b[#Q", "\x1b[2#P", "\x1b[1#Q",
	"\x1b[22t", "\x1b[23t", "\x1b[#{", "\x1b[1;4;30#{", "\x1b[22J", "\x1b[#}", "\x1b[>5u", "\x1b[<u", "\x1b[=3;2u", "\x1b[>4;2m", "\x1b[3g", "\x1b[?5W", "\x1b[2*x",
	"\xff", "\xe6\x97", "\xf0\x9f", "\x1b[1;2", "\x1b]0;half", "\x1bPq#0~~-~~", "\x1b\\", "\x18", "\x1b_Gi=1,a=q;\x1b\\",
}

var scriptModes = []int{1, 5, 6, 7, 9, 12, 25, 41, 42, 45, 47, 66, 69, 95, 1000, 1002, 1003, 1005, 1006, 1007, 1015, 1016,
	1045, 1047, 1048, 1049, 2004, 2026, 2027, 2031}

func script(rnd *rand.Rand, n int, size Size) []byte {
	var b []byte
	num := func(max int) int { return rnd.IntN(max + 1) }
	for range n {
		switch k := rnd.IntN(10); {
		case k < 4:
			b = append(b, scriptPieces[rnd.IntN(len(scriptPieces))]...)
		case k < 5:
			b = fmt.Appendf(b, "\x1b[%d;%dH", num(size.Rows+1), num(size.Cols+1))
		case k < 6:
			b = fmt.Appendf(b, "\x1b[%d%c", num(9), "@ABCDEFGIJKLMPSTXZ^abdeg`"[rnd.IntN(24)])
		case k < 7:
			b = fmt.Appendf(b, "\x1b[%d;48;5;%d;38;2;%d;%d;9m", 30+num(17), num(255), num(255), num(255))
		case k < 8:
			b = fmt.Appendf(b, "\x1b[?%d%c", scriptModes[rnd.IntN(len(scriptModes))], "hlhlhlsr"[rnd.IntN(8)])
		case k < 9:
			b = scriptArea(b, rnd, size)
		default:
			b = append(b, "the quick brown fox jumps over the lazy dog, and on, and on"[:num(58)]...)
		}
	}
	return b
}

// scriptArea appends something with margins or rectangles.
func scriptArea(b []byte, rnd *rand.Rand, size Size) []byte {
	y := func() int { return rnd.IntN(size.Rows) + 1 }
	x := func() int { return rnd.IntN(size.Cols) + 1 }
	switch rnd.IntN(8) {
	case 0:
		return fmt.Appendf(b, "\x1b[%d;%dr", y(), y())
	case 1:
		return fmt.Appendf(b, "\x1b[%d;%ds", x(), x())
	case 2:
		return fmt.Appendf(b, "\x1b[%d;%d;%d;%d$z", y(), x(), y(), x())
	case 3:
		return fmt.Appendf(b, "\x1b[%d;%d;%d;%d;1;%d;%d;1$v", y(), x(), y(), x(), y(), x())
	case 4:
		return fmt.Appendf(b, "\x1b[%d;%d;%d;%d;1;7$r", y(), x(), y(), x())
	case 5:
		return fmt.Appendf(b, "\x1b[%d%c", rnd.IntN(3), "JK"[rnd.IntN(2)])
	case 6:
		return fmt.Appendf(b, "\x1b[?%d%c", rnd.IntN(3), "JK"[rnd.IntN(2)])
	}
	return append(b, "\x1b[4h\x1b[4l\x1b[r\x1b[?69l\x1b[4h"[rnd.IntN(16):]...)
}

// differences lists in what two snapshots differ, "" if in nothing that Describe
// tells.
func differences(t testing.TB, a, b *Snapshot) string {
	t.Helper()
	var out strings.Builder
	var walk func(path string, a, b any)
	walk = func(path string, a, b any) {
		am, aok := a.(map[string]any)
		bm, bok := b.(map[string]any)
		if aok && bok {
			for k := range am {
				walk(path+"."+k, am[k], bm[k])
			}
			for k := range bm {
				if _, ok := am[k]; !ok {
					walk(path+"."+k, nil, bm[k])
				}
			}
			return
		}
		al, aok := a.([]any)
		bl, bok := b.([]any)
		if aok && bok && len(al) == len(bl) && !strings.HasSuffix(path, ".r") {
			for i := range al {
				walk(fmt.Sprintf("%s[%d]", path, i), al[i], bl[i])
			}
			return
		}
		if !reflect.DeepEqual(a, b) {
			fmt.Fprintf(&out, "%s: %v\n\tand %v\n", path, a, b)
		}
	}
	walk("", described(t, a), described(t, b))
	return out.String()
}

func described(t testing.TB, s *Snapshot) any {
	t.Helper()
	b, err := json.Marshal(s.Describe(true))
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	// What the first line continues is gone.
	first := v["scrollback"].([]any)
	if normal, ok := v["normal"].(map[string]any); len(first) == 0 && ok {
		first = normal["screen"].([]any)
	} else if len(first) == 0 {
		first = v["screen"].([]any)
	}
	delete(first[0].(map[string]any), "w")
	return v
}

// check fails if the terminal broke one of its invariants.
func check(t testing.TB, term *Terminal) {
	t.Helper()
	for _, g := range []*grid{&term.prim, &term.alt} {
		if g.cells == nil {
			continue
		}
		seen := make(map[uint16]bool)
		for y := range g.size.Rows {
			if seen[g.order[y]] {
				t.Fatalf("row %d is there twice", y)
			}
			seen[g.order[y]] = true
			checkRow(t, term, g, y)
		}
	}
	size := term.Size()
	if c := term.cur; c.row < 0 || c.row >= size.Rows || c.col < 0 || c.col >= size.Cols {
		t.Fatalf("cursor at %d,%d in %v", c.row, c.col, size)
	}
	if term.cur.origin && !term.insideMargins() {
		t.Fatalf("in origin mode the cursor is at %d,%d", term.cur.row, term.cur.col)
	}
	if term.top < 0 || term.top > term.bottom || term.bottom >= size.Rows || term.left < 0 || term.left > term.right || term.right >= size.Cols {
		t.Fatalf("margins %d-%d, %d-%d in %v", term.top, term.bottom, term.left, term.right, size)
	}
	if len(term.parser.str) > maxString || len(term.title.window) > maxTitle || len(term.titleStack) > maxTitleStack {
		t.Fatal("something grew beyond its bound")
	}
}

func checkRow(t testing.TB, term *Terminal, g *grid, y int) {
	t.Helper()
	row, used := g.row(y), int(g.info(y).used)
	for x, c := range row {
		switch {
		case x >= used && c != 0:
			t.Fatalf("cell %d,%d = %#x beyond used %d", y, x, c, used)
		case int(c.style()) >= len(term.tables.styles.styles):
			t.Fatalf("cell %d,%d has style %d of %d", y, x, c.style(), len(term.tables.styles.styles))
		case c&cellCluster != 0 && int(c&cellRune) >= len(term.tables.clusters.texts):
			t.Fatalf("cell %d,%d has cluster %d", y, x, c&cellRune)
		case c&cellWide != 0 && (x+1 == len(row) || row[x+1]&cellTail == 0):
			t.Fatalf("cell %d,%d is half a wide character", y, x)
		case c&cellTail != 0 && (x == 0 || row[x-1]&cellWide == 0):
			t.Fatalf("cell %d,%d is the other half of nothing", y, x)
		}
	}
}
