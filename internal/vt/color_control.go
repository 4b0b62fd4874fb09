package vt

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// colorAutomatic says of a colour that there is none: the terminal takes what fits
// what is below it.
const colorAutomatic Color = 4 << 24

// colorKeys are the names of OSC 21, in the order of the dynamic colours. Those
// without a name are no matter of it.
var colorKeys = [dynamicColors]string{
	"foreground", "background", "cursor", "", "", "", "", "selection_background", "", "selection_foreground",
	"cursor_text", "visual_bell",
}

// colorControl is OSC 21 of kitty: fields key=?, which asks, key=value, which sets,
// and key, which resets. A key is the number of a colour of the palette or a name.
// https://sw.kovidgoyal.net/kitty/color-stack/#setting-and-querying-colors
func (t *Terminal) colorControl(b []byte) {
	var answer strings.Builder
	for field := range bytes.SplitSeq(b, []byte{';'}) {
		key, value, has := bytes.Cut(field, []byte{'='})
		n, known := colorKey(string(key))
		switch {
		case !known:
			fmt.Fprintf(&answer, ";unknown=%s", base64.RawStdEncoding.EncodeToString(key))
		case string(value) == "?":
			fmt.Fprintf(&answer, ";%s=%s", key, t.controlledColor(n))
		case !has:
			t.controlColor(n, 0)
		case len(value) == 0:
			t.controlColor(n, colorAutomatic)
		default:
			value, _, _ = bytes.Cut(value, []byte{'@'}) // cells are never transparent
			if c, ok := parseColor(value); ok {
				t.controlColor(n, c)
			}
		}
	}
	if answer.Len() > 0 {
		t.reply("\x1b]21%s%s", answer.String(), t.terminator())
	}
}

// colorKey returns the number of the colour that OSC 21 calls key: in the palette, or
// behind it that of a dynamic one. The transparent backgrounds are known, but there
// are none.
func colorKey(key string) (n int, known bool) {
	if n, ok := number([]byte(key)); ok {
		return n, n < specialColor
	}
	for i, k := range colorKeys {
		if k == key && k != "" {
			return len(palette{}) + i, true
		}
	}
	digit, ok := strings.CutPrefix(key, "transparent_background_color")
	return -1, ok && len(digit) == 1 && digit[0] >= '1' && digit[0] <= '8'
}

// controlledColor spells colour n of colorKey as OSC 21 does; none is "".
func (t *Terminal) controlledColor(n int) string {
	rgb, ok := uint32(0), n >= 0
	switch {
	case n >= len(palette{}):
		rgb, ok = t.dynamicRGB(n - len(palette{}))
	case ok:
		rgb = t.paletteRGB(n)
	}
	if !ok {
		return ""
	}
	return fmt.Sprintf("rgb:%02x/%02x/%02x", rgb>>16&0xff, rgb>>8&0xff, rgb&0xff)
}

// controlColor sets colour n of colorKey, 0 for the default. Text and what is behind
// it must have a colour.
func (t *Terminal) controlColor(n int, c Color) {
	i := n - len(palette{})
	switch {
	case n < 0 || c == colorAutomatic && i < 2:
	case i >= 0:
		t.dynamic[i] = c
	default:
		t.setPalette(n, c)
	}
}
