package picture

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"

	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

const (
	// fontPixels is the size of a PNG's characters: twice what a terminal has, for
	// screens that show it so.
	fontPixels = 28
	pngMargin  = 20

	// maxPixels bounds a picture, which is in memory as a whole.
	maxPixels = 1 << 26
)

// PNG writes a picture of a screen, captured with styles. It fails for one that is too
// large to be drawn.
func PNG(to io.Writer, s *exec.Screen, fonts *Fonts) error {
	faces, err := fonts.at(fontPixels)
	if err != nil {
		return err
	}
	p := newPainter(faces)
	rows, cols := rowsOf(s)
	width, height := cols*p.width+2*pngMargin, len(rows)*p.height+2*pngMargin
	if width*height > maxPixels {
		return fmt.Errorf("%d rows of %d columns are too much for one picture", len(rows), cols)
	}
	p.to = image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(p.to, p.to.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	for i, cells := range rows {
		for _, c := range cells {
			if c.style.filled {
				draw.Draw(p.to, p.cell(i, c), image.NewUniform(c.style.bg), image.Point{}, draw.Src)
			}
		}
		if row, col := cursorOf(s); row == i {
			at := p.cell(i, cell{col: col, width: 1})
			draw.Draw(p.to, at, image.NewUniform(mixed(ink, paper, 0x60)), image.Point{}, draw.Src)
		}
		for _, c := range cells {
			p.character(p.cell(i, c), c)
			p.decorate(p.cell(i, c), c.style)
		}
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(to, p.to)
}

// painter draws cells of one size.
type painter struct {
	to                      *image.RGBA
	faces                   *faces
	width, height, baseline int
}

func newPainter(f *faces) *painter {
	m := f.regular.Metrics()
	advance, _ := f.regular.GlyphAdvance('M')
	return &painter{faces: f, width: advance.Round(), height: m.Ascent.Ceil() + m.Descent.Ceil(), baseline: m.Ascent.Ceil()}
}

func (p *painter) cell(row int, c cell) image.Rectangle {
	x, y := pngMargin+c.col*p.width, pngMargin+row*p.height
	return image.Rect(x, y, x+c.width*p.width, y+p.height)
}

func (p *painter) character(at image.Rectangle, c cell) {
	for i, r := range c.text {
		if r == ' ' || r == '\ufe0f' || r == '\ufe0e' || r == '\u200d' {
			continue
		}
		if i == 0 && (sheet{p.to, at, c.style.fg}).byShape(r) {
			continue
		}
		face, twice := p.faces.find(r, c.style.bold)
		if face == nil {
			if i == 0 || vt.RuneWidth(r) > 0 {
				p.box(at, c.style.fg)
			}
			continue
		}
		p.glyph(at, face, r, c.style, 0)
		if twice {
			p.glyph(at, face, r, c.style, 1)
		}
	}
}

// glyph draws a character of a font in the middle of its columns, moved by some
// pixels to the right. One that is larger than its columns is cut off.
func (p *painter) glyph(at image.Rectangle, face font.Face, r rune, s style, shift int) {
	advance, _ := face.GlyphAdvance(r)
	x := at.Min.X + max(0, (at.Dx()-advance.Round())/2) + shift
	dot := fixed.P(x, at.Min.Y+p.baseline)
	dr, mask, maskp, _, ok := face.Glyph(dot, r)
	if !ok {
		return
	}
	ink := image.NewUniform(s.fg)
	if !s.italic {
		part := dr.Intersect(at)
		draw.DrawMask(p.to, part, ink, image.Point{}, mask, maskp.Add(part.Min.Sub(dr.Min)), draw.Over)
		return
	}
	// Slanted row by row around the baseline: no font has to be there for that.
	for y := dr.Min.Y; y < dr.Max.Y; y++ {
		slant := (dot.Y.Round() - y) / 5
		row := image.Rect(dr.Min.X, y, dr.Max.X, y+1).Add(image.Pt(slant, 0))
		part := row.Intersect(image.Rect(at.Min.X-p.width/4, at.Min.Y, at.Max.X+p.width/4, at.Max.Y))
		draw.DrawMask(p.to, part, ink, image.Point{}, mask, maskp.Add(image.Pt(part.Min.X-row.Min.X, y-dr.Min.Y)), draw.Over)
	}
}

// box stands for what no font has.
func (p *painter) box(at image.Rectangle, c color.RGBA) {
	s := sheet{p.to, at, c}
	w, t, m := at.Dx(), s.light(), p.width/6
	top, bottom := p.baseline-p.height/2, p.baseline
	s.fill(m, top, w-m, top+t)
	s.fill(m, bottom-t, w-m, bottom)
	s.fill(m, top, m+t, bottom)
	s.fill(w-m-t, top, w-m, bottom)
}

// decorate draws the lines under, through and over a character.
func (p *painter) decorate(at image.Rectangle, s style) {
	t := max(1, p.width/10)
	under := sheet{p.to, at, s.line}
	y, w := p.baseline+t+1, at.Dx()
	switch s.underline {
	case "":
	case "double":
		under.fill(0, y-t, w, y)
		under.fill(0, y+t, w, y+2*t)
	case "curly":
		for x := range w { // the same wave through all cells of a line
			up := int(math.Round(math.Sin(float64(at.Min.X+x)/float64(p.width)*2*math.Pi) * float64(t)))
			under.fill(x, y+up, x+1, y+up+t)
		}
	case "dotted", "dashed":
		step := 2 * t
		if s.underline == "dashed" {
			step = p.width / 2
		}
		for x := range w {
			if (at.Min.X+x)/step%2 == 0 {
				under.fill(x, y, x+1, y+t)
			}
		}
	default:
		under.fill(0, y, w, y+t)
	}
	over := sheet{p.to, at, s.fg}
	if s.strike {
		over.fill(0, p.baseline-p.height/4, w, p.baseline-p.height/4+t)
	}
	if s.overline {
		over.fill(0, 0, w, t)
	}
}
