package picture

import (
	"fmt"
	"image/color"
	"strconv"
)

// The colours of a picture that a program does not choose.
var (
	paper = color.RGBA{0x16, 0x18, 0x1d, 0xff}
	ink   = color.RGBA{0xd4, 0xd7, 0xdd, 0xff}

	// named are the palette's first 16.
	named = [16]color.RGBA{
		{0x2b, 0x2f, 0x37, 0xff}, {0xe0, 0x5f, 0x65, 0xff}, {0x7e, 0xc0, 0x6e, 0xff}, {0xd9, 0xb3, 0x62, 0xff},
		{0x6a, 0xa1, 0xe8, 0xff}, {0xb9, 0x83, 0xd9, 0xff}, {0x5f, 0xb9, 0xc0, 0xff}, {0xb6, 0xbb, 0xc4, 0xff},
		{0x6c, 0x73, 0x80, 0xff}, {0xf2, 0x86, 0x8b, 0xff}, {0x9c, 0xdb, 0x8c, 0xff}, {0xf0, 0xce, 0x83, 0xff},
		{0x92, 0xbd, 0xf5, 0xff}, {0xd3, 0xa6, 0xee, 0xff}, {0x86, 0xd8, 0xde, 0xff}, {0xf2, 0xf4, 0xf7, 0xff},
	}
)

// colorOf reads a colour as a Run has it: empty for the default, a number of the
// palette, or #rrggbb.
func colorOf(name string, or color.RGBA) color.RGBA {
	var r, g, b uint8
	if n, err := fmt.Sscanf(name, "#%02x%02x%02x", &r, &g, &b); n == 3 && err == nil {
		return color.RGBA{r, g, b, 0xff}
	}
	n, err := strconv.Atoi(name)
	switch {
	case err != nil || n < 0 || n > 255:
		return or
	case n < 16:
		return named[n]
	case n < 232: // a cube of 6 by 6 by 6
		level := func(i int) uint8 {
			if i == 0 {
				return 0
			}
			return uint8(55 + 40*i)
		}
		n -= 16
		return color.RGBA{level(n / 36), level(n / 6 % 6), level(n % 6), 0xff}
	}
	grey := uint8(8 + 10*(n-232))
	return color.RGBA{grey, grey, grey, 0xff}
}

// mixed is a colour with a part of another, out of 255.
func mixed(c, with color.RGBA, part int) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*(255-part) + int(b)*part) / 255) }
	return color.RGBA{mix(c.R, with.R), mix(c.G, with.G), mix(c.B, with.B), 0xff}
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
