package vt

import (
	"bytes"
	"strings"
)

// Images are not kept: they pass through to the clients that tail the output, and
// a replay leaves their place blank. But where the cursor is after one must be
// known, or the text around it would be wrong.

// maxImage bounds the extent of an image in pixels, and maxImageRows in rows.
const (
	maxImage     = 1 << 16
	maxImageRows = 512
)

// imageDown moves the cursor down over rows cells, scrolling, to the last of them.
func (t *Terminal) imageDown(rows int) {
	for range min(rows, maxImageRows) - 1 {
		t.index()
	}
}

// apc acts on an application program command: kitty's graphics.
// https://sw.kovidgoyal.net/kitty/graphics-protocol/
func (t *Terminal) apc(b []byte) {
	control, ok := bytes.CutPrefix(b, []byte("G"))
	if !ok {
		return
	}
	control, _, _ = bytes.Cut(control, []byte{';'})
	keys := kittyKeys(control)
	switch keys["a"] {
	case "q":
		t.reply("\x1b_Gi=%s;ENOTSUPPORTED:no images here\x1b\\", keys["i"])
	case "T":
		t.kittyImage = keys
	case "p":
		t.kittyPlaced(keys)
		return
	}
	if t.kittyImage != nil && keys["m"] != "1" {
		t.kittyPlaced(t.kittyImage)
		t.kittyImage = nil
	}
}

// kittyKeys reads the control data of a graphics command, of which only short
// values matter.
func kittyKeys(b []byte) map[string]string {
	keys := make(map[string]string)
	for kv := range strings.SplitSeq(string(b), ",") {
		k, v, _ := strings.Cut(kv, "=")
		if len(keys) < 32 && len(k) == 1 && len(v) <= 10 && !strings.ContainsFunc(v, notWord) {
			keys[k] = v
		}
	}
	return keys
}

func notWord(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
}

// kittyPlaced moves the cursor behind an image that was placed: to the right of
// its last row. C=1 leaves it where it is, as does a virtual placement.
func (t *Terminal) kittyPlaced(keys map[string]string) {
	if keys["C"] == "1" || keys["U"] == "1" {
		return
	}
	cells := func(cells, pixels string, size int) int {
		n, _ := number([]byte(keys[cells]))
		if n == 0 {
			px, _ := number([]byte(keys[pixels]))
			n = (px + size - 1) / size
		}
		return min(n, maxImage/cellHeight)
	}
	rows, cols := cells("r", "v", cellHeight), cells("c", "s", cellWidth)
	if rows == 0 || cols == 0 {
		return
	}
	t.imageDown(rows)
	t.moveTo(t.cur.row, t.cur.col+cols)
}

// itermCommand is OSC 1337: an inline image moves the cursor behind it, and a few
// questions are answered. https://iterm2.com/documentation-images.html
func (t *Terminal) itermCommand(b []byte) {
	switch name, rest, _ := strings.Cut(string(b), "="); name {
	case "ReportCellSize":
		t.reply("\x1b]1337;ReportCellSize=%d.0;%d.0\x1b\\", cellHeight, cellWidth)
	case "CurrentDir":
		t.cwd = "file://" + clean([]byte(rest), maxCwd)
	case "File":
		args, _, _ := strings.Cut(rest, ":")
		t.itermImage(args)
	}
}

func (t *Terminal) itermImage(args string) {
	keys := make(map[string]string)
	for kv := range strings.SplitSeq(args, ";") {
		k, v, _ := strings.Cut(kv, "=")
		keys[k] = v
	}
	if keys["inline"] != "1" || keys["doNotMoveCursor"] == "1" {
		return
	}
	rows := extent(keys["height"], t.grid.size.Rows, cellHeight)
	cols := extent(keys["width"], t.grid.size.Cols, cellWidth)
	if rows == 0 {
		return
	}
	t.imageDown(rows)
	t.moveTo(t.cur.row, t.cur.col+cols)
}

// extent reads a size as iTerm2 spells it: cells, pixels (px) or percent. What is
// left out depends on the image and is not known: 0.
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
