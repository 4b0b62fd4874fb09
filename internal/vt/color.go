package vt

import (
	"bytes"
	"fmt"
)

// palette is the colours of OSC 4 that were changed, and after those with numbers the
// special ones of OSC 5: for bold, underlined, blinking, inverse and italic text.
// It is not changed itself, only replaced.
type palette [specialColor + 5]Color

// specialColor is the number in OSC 4 of the first special colour.
const specialColor = 256

// dynamicColors is how many colours OSC 10 to 19 set, and after those the ones that
// only OSC 21 does.
const dynamicColors = 10 + 2

// colorSet is the colours that the program changed: what XTPUSHCOLORS pushes.
type colorSet struct {
	palette *palette // nil for none changed
	dynamic [dynamicColors]Color
}

// The colours that a query is told where the program set none: those of xterm,
// white on black.
const (
	defaultFG     = 0xe5e5e5
	defaultBG     = 0x000000
	defaultCursor = 0xe5e5e5
)

// paletteCommand is OSC 4, or 5, whose numbers begin at first: pairs of a number
// and a colour, or a query.
func (t *Terminal) paletteCommand(osc, first int, b []byte) {
	for len(b) > 0 {
		var num, spec []byte
		num, b, _ = bytes.Cut(b, []byte{';'})
		spec, b, _ = bytes.Cut(b, []byte{';'})
		n, ok := number(num)
		if !ok || first+n >= len(palette{}) {
			continue
		}
		if string(spec) == "?" {
			t.reply("\x1b]%d;%d;%s%s", osc, n, rgbSpec(t.paletteRGB(first+n)), t.terminator())
		} else if c, ok := parseColor(spec); ok {
			t.setPalette(first+n, c)
		}
	}
}

// setPalette sets colour n, 0 for the default.
func (t *Terminal) setPalette(n int, c Color) {
	var p palette
	if t.palette != nil {
		p = *t.palette
	}
	p[n] = c
	t.palette = &p
	if c == 0 && p == (palette{}) {
		t.palette = nil
	}
}

// resetPalette is OSC 104, or 105, whose numbers begin at first: the colours named,
// or all.
func (t *Terminal) resetPalette(first int, b []byte) {
	if len(b) == 0 || t.palette == nil {
		t.palette = nil
		return
	}
	for num := range bytes.SplitSeq(b, []byte{';'}) {
		if n, ok := number(num); ok && first+n < len(palette{}) {
			t.setPalette(first+n, 0)
		}
	}
}

// dynamicCommand is OSC 10 to 19: the colour n, and those after it for each further
// value.
func (t *Terminal) dynamicCommand(n int, b []byte) {
	for spec := range bytes.SplitSeq(b, []byte{';'}) {
		if n > 19 {
			return
		}
		if string(spec) == "?" {
			t.replyDynamic(n)
		} else if c, ok := parseColor(spec); ok {
			t.dynamic[n-10] = c
		}
		n++
	}
}

func (t *Terminal) replyDynamic(n int) {
	rgb, _ := t.dynamicRGB(n - 10)
	t.reply("\x1b]%d;%s%s", n, rgbSpec(rgb), t.terminator())
}

// dynamicRGB returns the colour of OSC 10+i as it is now: what the program set, else
// the default. ok is false if there is none, and others come in its place.
func (t *Terminal) dynamicRGB(i int) (rgb uint32, ok bool) {
	if r, g, b, set := t.dynamic[i].RGB(); set {
		return uint32(r)<<16 | uint32(g)<<8 | uint32(b), true
	}
	if t.dynamic[i] == colorAutomatic || i > 2 {
		return 0, false
	}
	return [...]uint32{defaultFG, defaultBG, defaultCursor}[i], true
}

// terminator answers in the manner of the question: BEL or ST.
func (t *Terminal) terminator() string {
	if t.parser.state == stGround && !t.parser.c2 {
		return "\a"
	}
	return "\x1b\\"
}

// rgbSpec spells a colour as X11 does, in 16 bits a component.
func rgbSpec(c uint32) string {
	r, g, b := c>>16&0xff, c>>8&0xff, c&0xff
	return fmt.Sprintf("rgb:%02x%02x/%02x%02x/%02x%02x", r, r, g, g, b, b)
}

// paletteRGB returns the colour n as it is now: what the program set, else
// xterm's default, which for the special ones is that of any text.
func (t *Terminal) paletteRGB(n int) uint32 {
	if t.palette != nil && t.palette[n] != 0 {
		return uint32(t.palette[n]) & 0xffffff
	}
	if n >= specialColor {
		return defaultFG
	}
	return defaultPalette(n)
}

var basePalette = [16]uint32{
	0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
	0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
}

// defaultPalette is xterm's: 16 named colours, a cube of 6x6x6, 24 greys.
func defaultPalette(n int) uint32 {
	switch {
	case n < 16:
		return basePalette[n]
	case n < 232:
		n -= 16
		return cube(n/36)<<16 | cube(n/6%6)<<8 | cube(n%6)
	}
	g := uint32(8 + 10*(n-232))
	return g<<16 | g<<8 | g
}

func cube(i int) uint32 {
	if i == 0 {
		return 0
	}
	return uint32(55 + 40*i)
}
