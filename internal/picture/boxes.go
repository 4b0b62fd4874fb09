package picture

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// lineArms has, for each character from U+2500 on, its lines from the middle to the
// left, up, right and down: 0 none, 1 light, 2 heavy, 3 double. Those with dots are
// drawn otherwise.
const lineArms = "" +
	"1010 2020 0101 0202 .... .... .... .... .... .... .... .... 0011 0021 0012 0022 " +
	"1001 2001 1002 2002 0110 0120 0210 0220 1100 2100 1200 2200 0111 0121 0211 0112 " +
	"0212 0221 0122 0222 1101 2101 1201 1102 1202 2201 2102 2202 1011 2011 1021 2021 " +
	"1012 2012 1022 2022 1110 2110 1120 2120 1210 2210 1220 2220 1111 2111 1121 2121 " +
	"1211 1112 1212 2211 1221 2112 1122 2221 2122 2212 1222 2222 .... .... .... .... " +
	"3030 0303 0031 0013 0033 3001 1003 3003 0130 0310 0330 3100 1300 3300 0131 0313 " +
	"0333 3101 1303 3303 3031 1013 3033 3130 1310 3330 3131 1313 3333 .... .... .... " +
	".... .... .... .... 1000 0100 0010 0001 2000 0200 0020 0002 1020 0102 2010 0201 "

// sheet is where the characters that are drawn by shape are drawn.
type sheet struct {
	to    *image.RGBA
	at    image.Rectangle // the cell
	color color.RGBA
}

// fill fills a part of the cell; coordinates count from its corner.
func (s sheet) fill(x0, y0, x1, y1 int) { s.tint(x0, y0, x1, y1, s.color) }

func (s sheet) tint(x0, y0, x1, y1 int, c color.RGBA) {
	r := image.Rect(x0, y0, x1, y1).Add(s.at.Min).Intersect(s.at)
	draw.Draw(s.to, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// polygon fills what the corners enclose, in parts of the cell's width and height.
func (s sheet) polygon(corners ...[2]float32) {
	w, h := float32(s.at.Dx()), float32(s.at.Dy())
	z := vector.NewRasterizer(s.at.Dx(), s.at.Dy())
	for i, c := range corners {
		if i == 0 {
			z.MoveTo(c[0]*w, c[1]*h)
		} else {
			z.LineTo(c[0]*w, c[1]*h)
		}
	}
	z.ClosePath()
	z.Draw(s.to, s.at, image.NewUniform(s.color), image.Point{})
}

// stroke draws a line between two points of the cell.
func (s sheet) stroke(x0, y0, x1, y1, thick float32) {
	w, h := float32(s.at.Dx()), float32(s.at.Dy())
	dx, dy := (x1-x0)*w, (y1-y0)*h
	length := float32(math.Hypot(float64(dx), float64(dy)))
	nx, ny := -dy/length*thick/2/w, dx/length*thick/2/h
	s.polygon([2]float32{x0 + nx, y0 + ny}, [2]float32{x1 + nx, y1 + ny}, [2]float32{x1 - nx, y1 - ny}, [2]float32{x0 - nx, y0 - ny})
}

// byShape draws a character that is a shape, and reports whether it is one.
func (s sheet) byShape(r rune) bool {
	switch {
	case r >= 0x2500 && r < 0x2580:
		s.lines(r)
	case r >= 0x2580 && r < 0x25a0:
		s.block(r)
	case r >= 0x2800 && r < 0x2900:
		s.dots(int(r - 0x2800))
	case r >= 0xe0b0 && r <= 0xe0b3, r >= 0xe0b8 && r <= 0xe0bf:
		s.powerline(r)
	case r >= 0x1fb00 && r < 0x1fb3c:
		s.sextant(int(r - 0x1fb00))
	default:
		return false
	}
	return true
}

// light is how thick a light line is.
func (s sheet) light() int { return max(1, s.at.Dx()/8) }

// lines draws the characters that lines and frames are made of.
func (s sheet) lines(r rune) {
	arms := lineArms[5*(r-0x2500):][:4]
	if arms[0] != '.' {
		s.arms([4]int{int(arms[0] - '0'), int(arms[1] - '0'), int(arms[2] - '0'), int(arms[3] - '0')})
		return
	}
	thick := float32(s.light())
	switch {
	case r >= 0x256d && r <= 0x2570:
		s.arc(r)
	case r == 0x2571:
		s.stroke(0, 1, 1, 0, thick)
	case r == 0x2572:
		s.stroke(0, 0, 1, 1, thick)
	case r == 0x2573:
		s.stroke(0, 1, 1, 0, thick)
		s.stroke(0, 0, 1, 1, thick)
	default:
		s.dashes(r)
	}
}

// arms draws lines from the middle to the sides. Each arm is drawn as that to the
// right, of a cell that is turned.
func (s sheet) arms(weights [4]int) {
	for side := range 4 { // left, up, right, down
		before, behind := weights[(side+3)%4], weights[(side+1)%4]
		s.arm(side, weights[side], before, behind, weights[(side+2)%4])
	}
}

// arm draws the lines of one weight to a side. before and behind are the weights of
// the arms beside it, in the order of the sides, and across that of the other side.
func (s sheet) arm(side, weight, before, behind, across int) {
	const double = 3
	t := s.light()
	// strip fills a line at an offset from the middle to the side's edge, from so much
	// beyond the middle on.
	strip := func(offset, thick, from int) {
		w, h := s.at.Dx(), s.at.Dy()
		cx, cy := w/2, h/2
		lo, hi := offset-thick/2, offset-thick/2+thick
		switch side {
		case 0:
			s.fill(0, cy+lo, cx-from+t-t/2, cy+hi)
		case 1:
			s.fill(cx+lo, 0, cx+hi, cy-from+t-t/2)
		case 2:
			s.fill(cx+from-t/2, cy+lo, w, cy+hi)
		case 3:
			s.fill(cx+lo, cy+from-t/2, cx+hi, h)
		}
	}
	switch weight {
	case 0:
	case double:
		gap := t + t/2
		// Of the two lines that on the side of another double arm ends at that one's
		// near line; where there is none, the far line of the other is met.
		from := func(near, far int) int {
			switch {
			case near == double:
				return gap
			case far == double && across != double:
				return -gap
			}
			return 0
		}
		up, down := before, behind // for the arms to the right and up
		if side == 0 || side == 3 {
			up, down = behind, before
		}
		strip(-gap, t, from(up, down))
		strip(gap, t, from(down, up))
	default:
		thick := t * weight
		from := 0
		switch {
		case before == double && behind == double && across == 0:
			from = t + t/2
		case before == double || behind == double:
			if across == 0 {
				from = -t - t/2
			}
		case before == 2 || behind == 2:
			from = -t / 2
		}
		strip(0, thick, from)
	}
}

// dashes draws lines of two, three and four dashes.
func (s sheet) dashes(r rune) {
	n, heavy, upright := 0, r%2 == 1, false
	switch {
	case r < 0x250c:
		n, upright = 3+int(r-0x2504)/4, (r-0x2504)%4 >= 2
	default:
		n, upright = 2, r >= 0x254e
	}
	thick := s.light()
	if heavy {
		thick *= 2
	}
	w, h := s.at.Dx(), s.at.Dy()
	for i := range n {
		if upright {
			y0, y1 := i*h/n, (i+1)*h/n
			s.fill(w/2-thick/2, y0+(y1-y0)/4, w/2-thick/2+thick, y1-(y1-y0)/4)
		} else {
			x0, x1 := i*w/n, (i+1)*w/n
			s.fill(x0+(x1-x0)/4, h/2-thick/2, x1-(x1-x0)/4, h/2-thick/2+thick)
		}
	}
}

// arc draws a rounded corner: two arms whose ends a quarter of a circle joins.
func (s sheet) arc(r rune) {
	t := float32(s.light())
	w, h := float32(s.at.Dx()), float32(s.at.Dy())
	// Where the lines of a straight corner would be, to the pixel.
	cx, cy := float32(s.at.Dx()/2-s.light()/2)+t/2, float32(s.at.Dy()/2-s.light()/2)+t/2
	right, down := r == 0x256d || r == 0x2570, r == 0x256d || r == 0x256e
	dx, dy := float32(-1), float32(-1)
	if right {
		dx = 1
	}
	if down {
		dy = 1
	}
	radius := min(w, h) / 2
	edgeX, edgeY := float32(0), float32(0)
	if right {
		edgeX = w
	}
	if down {
		edgeY = h
	}
	z := vector.NewRasterizer(s.at.Dx(), s.at.Dy())
	// Around the stroke: along the outer side and back along the inner one.
	outer, inner := -t/2, t/2
	z.MoveTo(cx+dx*outer, edgeY)
	z.LineTo(cx+dx*outer, cy+dy*radius)
	z.QuadTo(cx+dx*outer, cy+dy*outer, cx+dx*radius, cy+dy*outer)
	z.LineTo(edgeX, cy+dy*outer)
	z.LineTo(edgeX, cy+dy*inner)
	z.LineTo(cx+dx*radius, cy+dy*inner)
	z.QuadTo(cx+dx*inner, cy+dy*inner, cx+dx*inner, cy+dy*radius)
	z.LineTo(cx+dx*inner, edgeY)
	z.ClosePath()
	z.Draw(s.to, s.at, image.NewUniform(s.color), image.Point{})
}

// block draws the block elements.
func (s sheet) block(r rune) {
	w, h := s.at.Dx(), s.at.Dy()
	switch {
	case r == 0x2580:
		s.fill(0, 0, w, h/2)
	case r <= 0x2588: // from the bottom, in eighths
		s.fill(0, h-int(r-0x2580)*h/8, w, h)
	case r <= 0x258f: // from the left, in eighths
		s.fill(0, 0, int(0x2590-r)*w/8, h)
	case r == 0x2590:
		s.fill(w/2, 0, w, h)
	case r <= 0x2593: // shades
		behind := s.to.RGBAAt(s.at.Min.X, s.at.Min.Y)
		s.tint(0, 0, w, h, mixed(behind, s.color, int(r-0x2590)*64))
	case r == 0x2594:
		s.fill(0, 0, w, max(1, h/8))
	case r == 0x2595:
		s.fill(w-max(1, w/8), 0, w, h)
	default: // quadrants: upper left, upper right, lower left, lower right

		bits := map[rune]int{0x2596: 4, 0x2597: 8, 0x2598: 1, 0x2599: 1 | 4 | 8, 0x259a: 1 | 8, 0x259b: 1 | 2 | 4, 0x259c: 1 | 2 | 8, 0x259d: 2, 0x259e: 2 | 4, 0x259f: 2 | 4 | 8}[r]
		s.grid(bits, 2, 2)
	}
}

// grid fills the parts of a cell whose bits are set, row by row.
func (s sheet) grid(bits, cols, rows int) {
	w, h := s.at.Dx(), s.at.Dy()
	for i := range cols * rows {
		if bits>>i&1 == 1 {
			x, y := i%cols, i/cols
			s.fill(x*w/cols, y*h/rows, (x+1)*w/cols, (y+1)*h/rows)
		}
	}
}

// sextant draws one of the characters of two by three parts. Those that are half a
// cell or a whole one have places elsewhere.
func (s sheet) sextant(n int) {
	bits := n + 1
	if bits >= 0b010101 {
		bits++
	}
	if bits >= 0b101010 {
		bits++
	}
	s.grid(bits, 2, 3)
}

// dots draws Braille: eight dots, the lower two of which came later.
func (s sheet) dots(bits int) {
	w, h := s.at.Dx(), s.at.Dy()
	size := max(1, w/5)
	for i, at := range [8][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		if bits>>i&1 == 1 {
			x, y := (2*at[0]+1)*w/4-size/2, (2*at[1]+1)*h/8-size/2
			s.fill(x, y, x+size, y+size)
		}
	}
}

// powerline draws the signs between the parts of a prompt.
func (s sheet) powerline(r rune) {
	thick := float32(s.light())
	p := func(x, y float32) [2]float32 { return [2]float32{x, y} }
	switch r {
	case 0xe0b0:
		s.polygon(p(0, 0), p(1, 0.5), p(0, 1))
	case 0xe0b1:
		s.stroke(0, 0, 1, 0.5, thick)
		s.stroke(1, 0.5, 0, 1, thick)
	case 0xe0b2:
		s.polygon(p(1, 0), p(0, 0.5), p(1, 1))
	case 0xe0b3:
		s.stroke(1, 0, 0, 0.5, thick)
		s.stroke(0, 0.5, 1, 1, thick)
	case 0xe0b8:
		s.polygon(p(0, 0), p(1, 1), p(0, 1))
	case 0xe0ba:
		s.polygon(p(1, 0), p(1, 1), p(0, 1))
	case 0xe0bc:
		s.polygon(p(0, 0), p(1, 0), p(0, 1))
	case 0xe0be:
		s.polygon(p(0, 0), p(1, 0), p(1, 1))
	case 0xe0b9, 0xe0bf:
		s.stroke(0, 0, 1, 1, thick)
	case 0xe0bb, 0xe0bd:
		s.stroke(0, 1, 1, 0, thick)
	}
}
