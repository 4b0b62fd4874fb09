package vt

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// logicalText is all text of the primary screen and its scrollback, lines joined
// as they were written, blank lines at the end left out.
func logicalText(s *Snapshot) string {
	var b strings.Builder
	lines := s.History(0, s.HistoryLines())
	for y := range s.Size().Rows {
		lines = append(lines, s.PrimaryRow(y))
	}
	for i, l := range lines {
		if i > 0 && !l.Continues {
			b.WriteByte('\n')
		}
		cells := l.Cells
		if i+1 < len(lines) && lines[i+1].Continues {
			for len(cells) < s.Size().Cols {
				cells = append(cells, Cell{Width: 1})
			}
			next, last := lines[i+1].Cells, len(cells)-1
			if len(next) > 0 && next[0].Width == 2 && cells[last].Text == "" && cells[last].Width == 1 {
				cells = cells[:last] // left free because the wide one did not fit
			}
		}
		for _, c := range cells {
			if c.Text == "" && c.Width == 1 {
				b.WriteByte(' ')
			}
			b.WriteString(c.Text)
		}
	}
	out := strings.Split(b.String(), "\n")
	for i := range out {
		out[i] = strings.TrimRight(out[i], " ")
	}
	return strings.TrimRight(strings.Join(out, "\n"), "\n")
}

func TestResizeKeepsTextAndComesBack(t *testing.T) {
	var input strings.Builder
	for i := range 60 {
		fmt.Fprintf(&input, "%d %s\r\n", i, strings.Repeat("abc 日本 ", i%23))
	}
	for _, tail := range []string{"", "prompt$ ", "\x1b[H", "\x1b[2J\x1b[Hprompt$ ", "\x1b[5;10H", strings.Repeat("x", 80)} {
		term := New(Size{24, 80}, Config{})
		term.Write([]byte(input.String() + tail))
		before := term.Snapshot()
		want := logicalText(before)
		for _, size := range []Size{{24, 40}, {10, 40}, {50, 200}, {24, 33}, {5, 80}, {60, 80}, {1, 7}} {
			term.Resize(size)
			if got := logicalText(term.Snapshot()); !strings.HasPrefix(want, got) {
				t.Fatalf("tail %q: text differs at %v:\n%q\nwant\n%q", tail, size, got, want)
			}
		}
		term.Resize(Size{24, 80})
		after := term.Snapshot()
		if got, want := after.Text(), before.Text(); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("tail %q: screen differs after resizing to and fro:\n%s\nwant\n%s", tail, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		gotRow, gotCol, _ := after.Cursor()
		wantRow, wantCol, _ := before.Cursor()
		if gotRow != wantRow || gotCol != wantCol || after.cur.pending != before.cur.pending {
			t.Errorf("tail %q: cursor at %d,%d, want %d,%d", tail, gotRow, gotCol, wantRow, wantCol)
		}
	}
}

func TestResizeKeepsCursorOnItsCharacter(t *testing.T) {
	term := New(Size{24, 80}, Config{})
	term.Write([]byte(strings.Repeat("0123456789", 15) + "\x1b[1;43H"))
	term.Resize(Size{24, 20})
	row, col, _ := term.Snapshot().Cursor()
	if row != 2 || col != 2 {
		t.Errorf("cursor at %d,%d, want 2,2", row, col)
	}
}

func TestResizeAlternateDoesNotReflow(t *testing.T) {
	term := New(Size{5, 10}, Config{})
	term.Write([]byte("\x1b[?1049habcdefghijkl"))
	term.Resize(Size{5, 5})
	got := term.Snapshot().Text()
	if got[0] != "abcde" || got[1] != "kl" {
		t.Errorf("alternate screen %q", got)
	}
}

// To write nothing changes nothing of how a size leads back to the one before.
func TestResizeAfterEmptyWrite(t *testing.T) {
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		size := Size{5, 20}
		data := script(rnd, 20, size)
		want, got := New(size, Config{}), New(size, Config{})
		for _, term := range []*Terminal{want, got} {
			term.Write(data)
			term.Resize(Size{3, 4})
		}
		got.Write(nil)
		want.Resize(size)
		got.Resize(size)
		if d := diffSnapshots(want.Snapshot(), got.Snapshot()); len(d) > 0 {
			t.Fatalf("seed %d: %q", seed, clippedTo(d))
		}
	}
}
