package vt

import "strings"

// itermCommand is OSC 1337: an inline image moves the cursor behind it, and a few
// questions are answered. https://iterm2.com/documentation-images.html
func (t *Terminal) itermCommand(b []byte) {
	switch name, rest, _ := strings.Cut(string(b), "="); name {
	case "ReportCellSize":
		t.reportPixels("\x1b]1337;ReportCellSize=%d.0;%d.0\x1b\\", t.grid.size.Rows, t.grid.size.Cols)
	case "CurrentDir":
		t.changeCwd("file://" + clean([]byte(rest), maxCwd))
	case "File":
		args, data, _ := strings.Cut(rest, ":")
		t.itermImage(itermKeys(args), []byte(data))
	case "MultipartFile":
		t.itermFile = &itermFile{args: itermKeys(rest)}
	case "FilePart":
		if f := t.itermFile; f != nil && len(f.data) < maxString {
			f.data = append(f.data, rest...)
		}
	case "FileEnd":
		if f := t.itermFile; f != nil {
			t.itermImage(f.args, f.data)
		}
		t.itermFile = nil
	}
}

// itermFile is an image that comes in parts, of which the beginning is kept.
type itermFile struct {
	args map[string]string
	data []byte
}

// itermKeys reads the arguments of an image, of which few matter and those are short.
func itermKeys(args string) map[string]string {
	keys := make(map[string]string)
	for kv := range strings.SplitSeq(args, ";") {
		switch k, v, _ := strings.Cut(kv, "="); k {
		case "inline", "doNotMoveCursor", "width", "height", "preserveAspectRatio":
			keys[k] = v[:min(len(v), 16)]
		}
	}
	return keys
}

// itermImage moves the cursor behind an inline image. What is not given of its size
// goes by its own.
func (t *Terminal) itermImage(keys map[string]string, data []byte) {
	if keys["inline"] != "1" || keys["doNotMoveCursor"] == "1" {
		return
	}
	rows := extent(keys["height"], t.grid.size.Rows, cellHeight)
	cols := extent(keys["width"], t.grid.size.Cols, cellWidth)
	if rows == 0 || cols == 0 {
		rows, cols = t.fitting(encodedSize(data), rows, cols)
	}
	if rows == 0 {
		return
	}
	t.imageDown(rows)
	t.imageRight(cols)
}

// fitting returns the cells of an image of which rows or cols, or both, go by its own
// size: no more columns than there are.
func (t *Terminal) fitting(size pixels, rows, cols int) (int, int) {
	wide := t.grid.size.Cols
	if rows == 0 && cols == 0 && size.wide > wide*cellWidth {
		cols = wide
	}
	return size.cells(rows, cols)
}

// extent reads a size as iTerm2 spells it: cells, pixels (px) or percent. What is
// left out, or auto, depends on the image: 0.
func extent(s string, whole, size int) int {
	digits := strings.TrimRight(s, "px%")
	n, ok := number([]byte(digits))
	switch {
	case !ok:
		return 0
	case strings.HasSuffix(s, "px"):
		return (n + size - 1) / size
	case strings.HasSuffix(s, "%"):
		return (min(n, 100)*whole + 99) / 100
	}
	return min(n, maxImage/cellHeight)
}
