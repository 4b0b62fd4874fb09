package vt

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Describe tells the whole state in the form vtstate/1, which is meant for
// comparing terminals: a map that marshals to one JSON object. historyRuns adds the styles
// of the scrollback.
func (s *Snapshot) Describe(historyRuns bool) map[string]any {
	size := s.Size()
	d := map[string]any{
		"format":         "vtstate/1",
		"rows":           size.Rows,
		"cols":           size.Cols,
		"buffer":         "normal",
		"has_wraps":      true,
		"exposes_normal": true,
		"cursor":         s.describeCursor(),
		"screen":         s.describeGrid(s.active()),
		"scrollback":     s.describeHistory(historyRuns),
		"modes":          s.describeModes(),
		"kitty_keyboard": s.describeKitty(),
		"title":          s.title.window,
		"icon":           s.title.icon,
		"scroll_region":  []int{s.top, s.bottom},
		"columns_region": []int{s.left, s.right},
		"tabs":           s.describeTabs(),
		"pen":            describeStyle(&s.cur.pen)[:4],
		"charset":        describeCharsets(&s.cur.sets),
		"parser_ground":  len(s.pending) == 0,
		"pending":        string(s.pending),
		"cwd":            s.cwd,
	}
	if s.onAlt {
		d["buffer"] = "alt"
		d["normal"] = map[string]any{"screen": s.describeGrid(&s.prim)}
	}
	saved := &s.saved[s.screenIndex()]
	d["saved_cursor"] = map[string]any{
		"row": saved.row, "col": saved.col, "pen": describeStyle(&saved.pen)[:4],
	}
	return d
}

func (s *Snapshot) describeCursor() map[string]any {
	return map[string]any{
		"row":          s.cur.row,
		"col":          s.cur.col,
		"wrap_pending": s.cur.pending,
		"visible":      s.modes&modeCursorVisible != 0,
		"decscusr":     int(s.cursorShape),
	}
}

func (s *Snapshot) describeGrid(g *grid) []map[string]any {
	lines := make([]map[string]any, g.size.Rows)
	for y := range lines {
		lines[y] = describeLine(s.gridLine(g, y), true)
	}
	return lines
}

func (s *Snapshot) describeHistory(runs bool) []map[string]any {
	lines := make([]map[string]any, 0, s.hist.lines)
	s.hist.each(0, func(l historyLine) bool {
		lines = append(lines, describeLine(l.line(), runs))
		return true
	})
	return lines
}

func describeLine(l Line, runs bool) map[string]any {
	d := map[string]any{"t": l.Text()}
	if l.Continues {
		d["w"] = true
	}
	if r := describeRuns(l.Cells); runs && len(r) > 0 {
		d["r"] = r
	}
	return d
}

// describeRuns groups cells by style; default blanks are left out.
func describeRuns(cells []Cell) [][]any {
	for n := len(cells); n > 0 && cells[n-1].looksBlank(); n-- {
		cells = cells[:n-1]
	}
	var runs [][]any
	for i := 0; i < len(cells); {
		j := i + 1
		for j < len(cells) && sameLook(&cells[j].Style, &cells[i].Style) {
			j++
		}
		if run := describeRun(cells[i:j], i); run != nil {
			runs = append(runs, run)
		}
		i = j
	}
	return runs
}

func (c *Cell) looksBlank() bool {
	return (c.Text == " " || c.Text == "" && c.Width == 1) && sameLook(&c.Style, &defaultStyle)
}

func sameLook(a, b *Style) bool {
	as, bs := describeStyle(a), describeStyle(b)
	return strings.Join(as, "\x00") == strings.Join(bs, "\x00")
}

func describeRun(cells []Cell, x int) []any {
	style := describeStyle(&cells[0].Style)
	for len(style) > 0 && style[len(style)-1] == "" {
		style = style[:len(style)-1]
	}
	list := make([]string, len(cells))
	simple, blank := true, len(style) == 0
	for i, c := range cells {
		list[i] = c.Text
		if c.Text == "" && c.Width != 0 {
			list[i] = " "
		}
		simple = simple && utf8.RuneCountInString(list[i]) == 1
		blank = blank && list[i] == " "
	}
	if blank {
		return nil
	}
	run := []any{x, list}
	if simple {
		run[1] = strings.Join(list, "")
	}
	for _, v := range style {
		run = append(run, v)
	}
	return run
}

// describeStyle returns foreground, background, attributes, underline colour, link.
func describeStyle(s *Style) []string {
	d := []string{describeColor(s.FG), describeColor(s.BG), describeAttrs(s), "", ""}
	if s.Underline != UnderlineNone {
		d[3] = describeColor(s.UnderlineColor)
	}
	if s.Link != nil {
		d[4] = s.Link.URI
	}
	return d
}

func describeColor(c Color) string {
	if i, ok := c.Index(); ok {
		return strconv.Itoa(int(i))
	}
	if r, g, b, ok := c.RGB(); ok {
		return fmt.Sprintf("#%02x%02x%02x", r, g, b)
	}
	return ""
}

func describeAttrs(s *Style) string {
	var b strings.Builder
	for i, a := range []Attr{AttrBold, AttrDim, AttrItalic, 0, AttrBlink, AttrInverse, AttrHidden, AttrStrike, AttrOverline} {
		switch {
		case a == 0 && s.Underline != UnderlineNone:
			b.WriteByte('u')
			if s.Underline > UnderlineSingle {
				b.WriteString(strconv.Itoa(int(s.Underline)))
			}
		case s.Attrs&a != 0:
			b.WriteByte("bdiukrhso"[i])
		}
	}
	return b.String()
}

func (s *Snapshot) describeModes() map[string]any {
	on := func(m modeSet) bool { return s.modes&m != 0 }
	encoding := map[mouseEncoding]string{encodingDefault: "none", encodingUTF8: "utf8",
		encodingSGR: "sgr", encodingURXVT: "urxvt", encodingSGRPixels: "sgr_pixels"}
	return map[string]any{
		"app_cursor":         on(modeAppCursor),
		"app_keypad":         on(modeAppKeypad),
		"bracketed_paste":    on(modeBracketedPaste),
		"insert":             on(modeInsert),
		"newline":            on(modeNewline),
		"origin":             s.cur.origin,
		"wraparound":         on(modeWrap),
		"reverse_wraparound": on(modeReverseWrap),
		"focus":              on(modeFocus),
		"sync":               on(modeSync),
		"mouse":              mouseNames[s.mouse],
		"mouse_encoding":     encoding[s.mouseEnc],
		"modify_other_keys":  int(s.otherKeys),
	}
}

func (s *Snapshot) describeKitty() []int {
	k := s.kitty[s.screenIndex()]
	flags := []int{}
	for _, f := range k.flags[:k.n] {
		flags = append(flags, int(f))
	}
	return flags
}

func (s *Snapshot) describeTabs() []int {
	tabs := []int{}
	for x := range s.Size().Cols {
		if s.tabs.has(x) {
			tabs = append(tabs, x)
		}
	}
	return tabs
}

func describeCharsets(s *charsets) map[string]any {
	names := make([]string, 4)
	for i, c := range s.g {
		switch c {
		case charsetASCII:
			names[i] = "B"
		case charsetSpecial, charsetUK:
			names[i] = string(rune(c))
		default:
			names[i] = "other"
		}
	}
	return map[string]any{"gl": int(s.gl), "g": names}
}
