package vt

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strconv"
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

// InTransfer tells whether a snapshot taken now would be in the middle of an image, or
// of a string that is too long to be given again. Who attaches with it gets but half of
// that: better wait for its end, if it comes soon.
func (t *Terminal) InTransfer() bool {
	p := &t.parser
	inString := p.state == stString || p.state == stStringEsc
	switch {
	case t.kittyImage != nil, t.itermFile != nil, inString && p.truncated:
		return true
	case !inString:
		return false
	case p.kind == ']':
		return bytes.HasPrefix(p.str, []byte("1337;File=")) || bytes.HasPrefix(p.str, []byte("1337;MultipartFile="))
	}
	return p.kind == 'P' && p.stream || p.kind == '_' && bytes.HasPrefix(p.str, []byte("G"))
}

// imageDown moves the cursor down over rows cells, scrolling, to the last of them.
func (t *Terminal) imageDown(rows int) {
	for range min(rows, maxImageRows) - 1 {
		t.index()
	}
}

// imageRight moves the cursor to the right over cols cells, in origin mode no
// further than the right margin.
func (t *Terminal) imageRight(cols int) {
	col := t.cur.col + cols
	if t.cur.origin {
		col = min(col, t.right)
	}
	t.moveTo(t.cur.row, col)
}

// apc acts on an application program command: kitty's graphics.
// https://sw.kovidgoyal.net/kitty/graphics-protocol/
func (t *Terminal) apc(b []byte) {
	control, ok := bytes.CutPrefix(b, []byte("G"))
	if !ok {
		return
	}
	control, data, _ := bytes.Cut(control, []byte{';'})
	keys := kittyKeys(control)
	switch keys["a"] {
	case "q":
		t.reply("\x1b_Gi=%s;ENOTSUPPORTED:no images here\x1b\\", keys["i"])
	case "T":
		t.kittyImage = &kittyImage{keys: keys, size: headerSize(keys, data)}
	case "p":
		t.kittyPlaced(&kittyImage{keys: keys})
		return
	default:
		if t.kittyImage == nil && keys["m"] == "1" {
			t.kittyImage = &kittyImage{keys: keys}
		}
	}
	if t.kittyImage != nil && keys["m"] != "1" {
		if t.kittyImage.keys["a"] == "T" {
			t.kittyPlaced(t.kittyImage)
		}
		t.kittyImage = nil
	}
}

// kittyImage is an image of the kitty protocol that is coming, or is placed.
type kittyImage struct {
	keys map[string]string // of its first part
	size pixels            // as its own header says, zero if that is not known
}

// appendTransfer appends what makes a terminal expect the rest of an image that comes
// in parts. It is not shown there for want of the first ones, but has its place.
func (t *Terminal) appendTransfer(dst []byte) []byte {
	if k := t.kittyImage; k != nil {
		keys := maps.Clone(k.keys)
		keys["m"], keys["q"] = "1", "2"
		if p := k.size; p.wide > 0 && p.high > 0 {
			keys["w"], keys["h"] = cmp.Or(keys["w"], strconv.Itoa(p.wide)), cmp.Or(keys["h"], strconv.Itoa(p.high))
		}
		dst = append(dst, "\x1b_G"...)
		for i, key := range slices.Sorted(maps.Keys(keys)) {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(append(dst, key...), '='), keys[key]...)
		}
		dst = append(dst, ";\x1b\\"...)
	}
	if f := t.itermFile; f != nil {
		dst = append(dst, "\x1b]1337;MultipartFile="...)
		for i, key := range slices.Sorted(maps.Keys(f.args)) {
			if i > 0 {
				dst = append(dst, ';')
			}
			dst = append(append(append(dst, key...), '='), f.args[key]...)
		}
		dst = append(append(append(dst, "\x1b\\\x1b]1337;FilePart="...), f.data...), "\x1b\\"...)
	}
	return dst
}

// headerSize returns the size of an image whose data says it.
func headerSize(keys map[string]string, data []byte) pixels {
	if keys["f"] != "100" || keys["t"] != "" && keys["t"] != "d" {
		return pixels{}
	}
	return encodedSize(data)
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
// its last row. C=1 leaves it where it is, as does a virtual placement. Of rows and
// columns, one that is not given goes by the other and the image's own proportions.
func (t *Terminal) kittyPlaced(image *kittyImage) {
	keys := image.keys
	if keys["C"] == "1" || keys["U"] == "1" {
		return
	}
	num := func(key string) int {
		n, _ := number([]byte(keys[key]))
		return min(n, maxImage)
	}
	size := pixels{
		wide: cmp.Or(num("w"), num("s"), image.size.wide),
		high: cmp.Or(num("h"), num("v"), image.size.high),
	}
	rows, cols := size.cells(num("r"), num("c"))
	if rows == 0 || cols == 0 {
		return
	}
	t.imageDown(rows)
	t.imageRight(cols)
}
