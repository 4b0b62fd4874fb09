package vt

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// fields tells the state as named strings, so that a difference can be printed
// and a note can replace one of them. Fields that only one of two states has are
// not compared.
func (s state1) fields() map[string]string {
	f := map[string]string{
		"size":     fmt.Sprint(s.Rows, s.Cols),
		"buffer":   s.Buffer,
		"cursor":   fmt.Sprintf("%d,%d", s.Cursor.Row, s.Cursor.Col),
		"pending":  fmt.Sprint(s.Cursor.WrapPending),
		"visible":  fmt.Sprint(s.Cursor.Visible),
		"shape":    fmt.Sprint(s.Cursor.Shape),
		"title":    s.Title,
		"margins":  fmt.Sprint(s.ScrollRegion),
		"tabs":     fmt.Sprint(s.Tabs),
		"pen":      strings.Join(s.Pen[:], "/"),
		"saved":    fmt.Sprintf("%d,%d", s.SavedCursor.Row, s.SavedCursor.Col),
		"savedpen": strings.Join(s.SavedCursor.Pen[:], "/"),
		"charset":  fmt.Sprint(s.Charset),
		"kitty":    fmt.Sprint(s.KittyKeyboard),
		"ground":   fmt.Sprint(s.ParserGround),
		"history":  fmt.Sprint(len(s.Scrollback)),
	}
	for name, v := range s.Modes {
		if v != nil {
			f["mode "+name] = fmt.Sprint(v)
		}
	}
	addLines(f, "row", s.Screen, s.Cols)
	if s.Normal != nil {
		addLines(f, "primary row", s.Normal.Screen, s.Cols)
	}
	for i, l := range s.Scrollback {
		f[fmt.Sprintf("history %d", i)] = fmt.Sprintf("%s %v", l.T, l.W)
	}
	return f
}

// addLines adds each line's cells, one after the other with the style before the
// first cell that has it, and whether the line goes on from the one above.
func addLines(f map[string]string, name string, lines []line1, cols int) {
	for y, l := range lines {
		var b strings.Builder
		last := look{}
		for _, cell := range l.cells(cols) {
			cell = cell.visible()
			text := cell[0]
			cell[0] = ""
			if cell != last {
				fmt.Fprintf(&b, "{%s}", strings.Trim(strings.Join(cell[:], "/"), "/"))
			}
			last = cell
			b.WriteString(text)
		}
		f[fmt.Sprintf("%s %d", name, y)] = strings.TrimRight(b.String(), " ")
		f[fmt.Sprintf("%s %d wrapped", name, y)] = fmt.Sprint(l.W)
	}
}

func diffFields(want, got map[string]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if g, ok := got[name]; ok && g != want[name] {
			out = append(out, fmt.Sprintf("%s:\nwant %q\n got %q", name, want[name], g))
		}
	}
	return out
}

// keepText leaves only what all terminals that reflow agree on: the text from
// the oldest line to the last, however it is wrapped, and the modes.
func keepText(f map[string]string) {
	var b strings.Builder
	for _, kind := range []string{"history", "row"} {
		for i := 0; ; i++ {
			line, ok := f[fmt.Sprintf("%s %d", kind, i)]
			if !ok {
				break
			}
			delete(f, fmt.Sprintf("%s %d", kind, i))
			delete(f, fmt.Sprintf("%s %d wrapped", kind, i))
			b.WriteString(plainText(line))
		}
	}
	for _, name := range []string{"cursor", "pending", "history", "saved", "margins"} {
		delete(f, name)
	}
	f["text"] = b.String()
}

// plainText takes out the styles and blanks of a field that addLines or the
// history made.
func plainText(line string) string {
	line = strings.TrimSuffix(strings.TrimSuffix(line, " true"), " false")
	for {
		before, after, ok := strings.Cut(line, "{")
		_, rest, closed := strings.Cut(after, "}")
		if !ok || !closed {
			break
		}
		line = before + rest
	}
	return strings.ReplaceAll(line, " ", "")
}
