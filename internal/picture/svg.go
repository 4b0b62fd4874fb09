package picture

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/xsh-project/xsh/pkg/exec"
)

// The sizes of an SVG's cell, in its units. What shows it scales it as it likes.
const (
	svgWidth    = 9
	svgHeight   = 19
	svgBaseline = 14
	svgFont     = 15
	svgMargin   = 12
)

// SVG writes a picture of a screen, captured with styles, in which text is text: it
// can be selected and searched, and is shown in the reader's own monospaced font, of
// which each character has its place.
func SVG(to io.Writer, s *exec.Screen) error {
	rows, cols := rowsOf(s)
	w := bufio.NewWriter(to)
	width, height := cols*svgWidth+2*svgMargin, len(rows)*svgHeight+2*svgMargin
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n", width, height, width, height)
	if s.Title != "" {
		fmt.Fprintf(w, "<title>%s</title>\n", escaped(s.Title))
	}
	fmt.Fprintf(w, `<rect width="%d" height="%d" rx="8" fill="%s"/>`+"\n", width, height, hex(paper))
	fmt.Fprintf(w, `<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="%d" xml:space="preserve">`+"\n", svgFont)
	for i, cells := range rows {
		y := svgMargin + i*svgHeight
		for _, c := range cells {
			if c.style.filled {
				svgRect(w, c.col, y, c.width, hex(c.style.bg))
			}
		}
		if row, col := cursorOf(s); row == i {
			svgRect(w, col, y, 1, hex(mixed(ink, paper, 0x60)))
		}
		svgText(w, cells, y)
	}
	fmt.Fprint(w, "</g>\n</svg>\n")
	return w.Flush()
}

func svgRect(w io.Writer, col, y, width int, fill string) {
	// A little more than the cell, so that no seam shows between two.
	fmt.Fprintf(w, `<rect x="%d" y="%d" width="%d.3" height="%d.3" fill="%s"/>`+"\n", svgMargin+col*svgWidth, y, width*svgWidth, svgHeight, fill)
}

// svgText writes a row's text. Narrow characters of one style are one piece; others
// are pieces of their own, since fonts differ most in them.
func svgText(w io.Writer, cells []cell, y int) {
	for i := 0; i < len(cells); {
		first, text, n := cells[i], "", 0
		for i < len(cells) && cells[i].style == first.style && (n == 0 || cells[i].width == 1 && first.width == 1 && cells[i].text != "" && plainText(cells[i].text) && plainText(first.text)) {
			text += cells[i].text
			n += cells[i].width
			i++
		}
		s := first.style
		if strings.TrimRight(text, " ") == "" && s.underline == "" && !s.strike && !s.overline {
			continue
		}
		fmt.Fprintf(w, `<text x="%d" y="%d" fill="%s" textLength="%d" lengthAdjust="spacingAndGlyphs"%s>%s</text>`+"\n",
			svgMargin+first.col*svgWidth, y+svgBaseline, hex(s.fg), n*svgWidth, svgStyle(s), escaped(text))
	}
}

// plainText tells characters that every monospaced font has in one width.
func plainText(text string) bool {
	return len(text) == 1 || len(text) == 2 && text < "\u0250"
}

func svgStyle(s style) string {
	var b strings.Builder
	if s.bold {
		b.WriteString(` font-weight="bold"`)
	}
	if s.italic {
		b.WriteString(` font-style="italic"`)
	}
	var lines []string
	for _, l := range []struct {
		on   bool
		name string
	}{{s.underline != "", "underline"}, {s.strike, "line-through"}, {s.overline, "overline"}} {
		if l.on {
			lines = append(lines, l.name)
		}
	}
	if len(lines) == 0 {
		return b.String()
	}
	how := map[string]string{"double": " double", "curly": " wavy", "dotted": " dotted", "dashed": " dashed"}[s.underline]
	fmt.Fprintf(&b, ` style="text-decoration:%s%s %s"`, strings.Join(lines, " "), how, hex(s.line))
	return b.String()
}

// escaped is text as XML has it. What XML cannot have, and what would change how text
// runs, is left out.
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r < ' ', r == 0x7f, r >= 0x80 && r < 0xa0, r == 0xfffe, r == 0xffff, r == 0xfffd,
			r >= 0x200e && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			b.WriteString("\ufffd")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
