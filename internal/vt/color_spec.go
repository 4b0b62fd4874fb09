package vt

import (
	"bytes"
	"strconv"
)

// parseColor reads a colour as X11 spells it: rgb:r/g/b with one to four digits
// each, rgba:r/g/b/a, of which the last does not count since cells are never
// transparent, #rgb with one to four digits each, or a name.
func parseColor(b []byte) (Color, bool) {
	if rest, ok := bytes.CutPrefix(b, []byte("rgb:")); ok {
		parts := bytes.Split(rest, []byte{'/'})
		return fromParts(parts, true)
	}
	if rest, ok := bytes.CutPrefix(b, []byte("rgba:")); ok {
		parts := bytes.Split(rest, []byte{'/'})
		if len(parts) != 4 {
			return 0, false
		}
		return fromParts(parts[:3], true)
	}
	if len(b) > 0 && b[0] == '#' && (len(b)-1)%3 == 0 {
		k := (len(b) - 1) / 3
		return fromParts([][]byte{b[1 : 1+k], b[1+k : 1+2*k], b[1+2*k:]}, false)
	}
	return namedColor(b)
}

// fromParts makes a colour of three hexadecimal numbers. Those of rgb: are scaled
// from their length, those after # are the high bits.
func fromParts(parts [][]byte, scale bool) (Color, bool) {
	if len(parts) != 3 {
		return 0, false
	}
	var v [3]uint8
	for i, p := range parts {
		n, err := strconv.ParseUint(string(p), 16, 16)
		if err != nil || len(p) > 4 {
			return 0, false
		}
		bits := uint(4 * len(p))
		switch {
		case scale:
			v[i] = uint8(n * 255 / (1<<bits - 1))
		case bits >= 8:
			v[i] = uint8(n >> (bits - 8))
		default:
			v[i] = uint8(n << 4)
		}
	}
	return Direct(v[0], v[1], v[2]), true
}
