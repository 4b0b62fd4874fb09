package vt

import "fmt"

// colors sets what the program changed of the palette and the other colours, those
// on the stack first.
func (w *writer) colors() {
	stack := &w.s.colorStack
	var now colorSet
	for i := range stack.sets {
		w.changeColors(&now, &stack.sets[i])
		now = stack.sets[i]
		w.str("\x1b[#P")
	}
	if n := stack.used; n < len(stack.sets) {
		w.csi("#Q", n+1)
		now = stack.sets[n]
	}
	w.changeColors(&now, &w.s.colorSet)
}

// changeColors leads from one set of colours to another.
func (w *writer) changeColors(from, to *colorSet) {
	if from.palette != to.palette {
		a, b := from.all(), to.all()
		for i, c := range b {
			if c != a[i] {
				w.paletteColor(i, c)
			}
		}
	}
	for i, c := range to.dynamic {
		if c != from.dynamic[i] {
			w.dynamicColor(i, c)
		}
	}
}

// all returns the colours of the palette, 0 for one that was not changed.
func (c *colorSet) all() palette {
	if c.palette == nil {
		return palette{}
	}
	return *c.palette
}

func (w *writer) paletteColor(i int, c Color) {
	set, reset := 4, 104
	if i >= specialColor {
		i -= specialColor
		set, reset = 5, 105
	}
	if c == 0 {
		w.osc(reset, fmt.Sprint(i))
		return
	}
	w.osc(set, fmt.Sprintf("%d;%s", i, colorSpec(c)))
}

func (w *writer) dynamicColor(i int, c Color) {
	switch {
	case i < 10 && c == 0:
		w.str(fmt.Sprintf("\x1b]%d\x1b\\", 110+i))
	case c == 0:
		w.osc(21, colorKeys[i])
	case c == colorAutomatic:
		w.osc(21, colorKeys[i]+"=")
	case i < 10:
		w.osc(10+i, colorSpec(c))
	default:
		w.osc(21, colorKeys[i]+"="+colorSpec(c))
	}
}

func colorSpec(c Color) string {
	r, g, b, _ := c.RGB()
	return fmt.Sprintf("rgb:%02x/%02x/%02x", r, g, b)
}
