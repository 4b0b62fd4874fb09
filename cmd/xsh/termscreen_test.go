package main

import (
	"fmt"
	"maps"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/xsh-project/xsh/internal/vt"
)

// A terminal shows what the screen model makes of its output. The model is held
// against other terminals in internal/vt; here, one terminal's screen is held
// against another's, on which the same program runs with nothing in between.

// reply keeps an answer of the terminal until read types it.
func (t *term) reply(answer []byte) { t.answers = append(t.answers, answer...) }

// takeAnswers returns what is to be typed, if it may be. The caller holds mu.
func (t *term) takeAnswers(may bool) string {
	if !may {
		return ""
	}
	answers := string(t.answers)
	t.answers = nil
	return answers
}

func (t *term) snapshot() *vt.Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.screen.Snapshot()
}

func (t *term) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.screen.Snapshot().Text(), "\n") + "\n"
}

// lacks says that the screen does not match.
func (t *term) lacks(re *regexp.Regexp) string {
	text := t.text()
	if re.MatchString(text) {
		return ""
	}
	return fmt.Sprintf("no %q on the screen:\n%s", re, text)
}

// awaitScreen waits until wrong has nothing to say of the screen, and of the
// other terminal's if there is one.
func (t *term) awaitScreen(other *term, wrong func() string) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	var otherMore chan struct{}
	if other != nil {
		otherMore = other.more
	}
	for {
		fault := wrong()
		if fault == "" {
			return nil
		}
		select {
		case <-t.more:
		case <-otherMore:
		case <-deadline.C:
			return fmt.Errorf("%s", fault)
		}
	}
}

// comparisons say how a terminal's state is not what another's makes one
// expect.
var comparisons = map[string]func(got, want *vt.Snapshot) string{
	"same":  diffSame,
	"alike": diffAlike,
	"part":  diffPart,
}

func diffSame(got, want *vt.Snapshot) string {
	return diffStates(got.Describe(true), want.Describe(true))
}

func diffAlike(got, want *vt.Snapshot) string {
	g, w := got.Describe(true), want.Describe(true)
	for _, d := range []map[string]any{g, w} {
		delete(d, "scrollback")
	}
	return diffStates(g, w)
}

func diffStates(got, want map[string]any) string {
	d := cmp.Diff(want, got)
	if d == "" {
		return ""
	}
	return "the terminals differ (-want +got):\n" + d
}

// diffPlain holds a terminal against a new one, but for the text on it.
func diffPlain(got *vt.Snapshot) string {
	g, w := got.Describe(false), vt.New(got.Size(), vt.Config{}).Snapshot().Describe(false)
	for _, d := range []map[string]any{g, w} {
		for _, text := range []string{"screen", "scrollback", "title", "icon", "cwd", "saved_cursor"} {
			delete(d, text)
		}
		for _, place := range []string{"row", "col", "wrap_pending"} {
			delete(d["cursor"].(map[string]any), place)
		}
	}
	return diffStates(g, w)
}

// diffPart looks for the part of want's screen that got shows.
func diffPart(got, want *vt.Snapshot) string {
	if d := cmp.Diff(inputModes(want), inputModes(got)); d != "" {
		return "the modes differ (-want +got):\n" + d
	}
	g, w := got.Size(), want.Size()
	fault := ""
	for top := range max(0, w.Rows-g.Rows) + 1 {
		for left := range max(0, w.Cols-g.Cols) + 1 {
			f := diffView(got, want, top, left)
			if f == "" {
				return ""
			}
			if fault == "" {
				fault = f
			}
		}
	}
	return fmt.Sprintf("no part of the other's screen (%s); it shows\n%s\nof\n%s",
		fault, strings.Join(got.Text(), "\n"), strings.Join(want.Text(), "\n"))
}

// inputModes are those that what a terminal sends depends on, and its cursor.
func inputModes(s *vt.Snapshot) map[string]any {
	d := s.Describe(false)
	modes := maps.Clone(d["modes"].(map[string]any))
	for _, drawing := range []string{"insert", "origin", "wraparound", "reverse_wraparound", "sync"} {
		delete(modes, drawing)
	}
	cursor := d["cursor"].(map[string]any)
	modes["visible"], modes["decscusr"] = cursor["visible"], cursor["decscusr"]
	return modes
}

// diffView compares got with want from a cell of it on.
func diffView(got, want *vt.Snapshot, top, left int) string {
	row, col, visible := got.Cursor()
	if wantRow, wantCol, _ := want.Cursor(); visible && (row != wantRow-top || col != wantCol-left) {
		return "the cursor is elsewhere"
	}
	size := got.Size()
	for y := range size.Rows {
		var g, w []vt.Cell
		g = got.Row(y).Cells
		if y+top < want.Size().Rows {
			w = want.Row(y + top).Cells
		}
		for x := range size.Cols {
			a, b := cellOf(g, x), cellOf(w, x+left)
			if b.Width == 2 && x == size.Cols-1 || b.Width == 0 && x == 0 {
				b.Text, b.Width = "", 1 // half of it is cut off
			}
			if a != b {
				return fmt.Sprintf("row %d column %d is %+v, not %+v", y, x, a, b)
			}
		}
	}
	return ""
}

// cellOf returns a cell of a line; those beyond its end are blank.
func cellOf(cells []vt.Cell, x int) vt.Cell {
	c := vt.Cell{Width: 1}
	if x < len(cells) {
		c = cells[x]
	}
	if c.Text == " " {
		c.Text = ""
	}
	return c
}
