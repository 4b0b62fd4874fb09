package vt

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// dcs acts on a device control string that was collected.
func (t *Terminal) dcs() {
	p := &t.parser
	switch p.seq.key(p.dcsFinal) {
	case keyDollar | 'q':
		t.reportSetting(string(p.str))
	case uint32('+')<<8 | 'q':
		t.reportTermcap(p.str)
	}
}

// reportSetting is DECRQSS: the sequence that would set what is asked for as it is.
func (t *Terminal) reportSetting(what string) {
	size := t.grid.size
	value := ""
	switch what {
	case "m":
		value = t.penSetting()
	case "r":
		value = fmt.Sprintf("%d;%d", t.top+1, t.bottom+1)
	case "s":
		value = fmt.Sprintf("%d;%d", t.left+1, t.right+1)
	case " q":
		value = fmt.Sprint(t.cursorShape)
	case "\"p":
		value = fmt.Sprintf("%d;1", t.conformance)
	case "\"q":
		value = "0"
		if t.cur.pen.Attrs&AttrProtected != 0 {
			value = "1"
		}
	case "t", "*|":
		value = fmt.Sprint(size.Rows)
	case "$|":
		value = fmt.Sprint(size.Cols)
	case "*x":
		value = fmt.Sprint(t.rectExtent)
	case "$}", "$~": // DECSASD, DECSSDT: there is no status line
		value = "0"
	default:
		t.reply("\x1bP0$r\x1b\\")
		return
	}
	t.reply("\x1bP1$r%s%s\x1b\\", value, what)
}

// penSetting is the pen as parameters of SGR, colours with colons.
func (t *Terminal) penSetting() string {
	pen := t.cur.pen
	b := appendSGR(nil, &Style{Attrs: pen.Attrs & AttrProtected}, &Style{
		Attrs:          pen.Attrs,
		Underline:      pen.Underline,
		UnderlineColor: pen.UnderlineColor,
	})
	b = bytes.TrimSuffix(bytes.TrimPrefix(b, []byte("\x1b[")), []byte("m"))
	b = append([]byte("0;"), b...)
	if len(b) > 2 {
		b = append(b, ';')
	}
	b = appendColonColor(b, pen.FG, 30)
	b = appendColonColor(b, pen.BG, 40)
	s := strings.TrimSuffix(string(b), ";")
	return strings.Replace(s, "0;0;", "0;", 1)
}

func appendColonColor(b []byte, c Color, base uint8) []byte {
	if i, ok := c.Index(); ok && i >= 16 {
		return fmt.Appendf(b, "%d:5:%d;", base+8, i)
	}
	if r, g, bl, ok := c.RGB(); ok {
		return fmt.Appendf(b, "%d:2::%d:%d:%d;", base+8, r, g, bl)
	}
	if c.IsDefault() {
		return b
	}
	return appendColor(b, c, base)
}

// termcap is what XTGETTCAP is told, by the names of terminfo and termcap.
var termcap = [...]struct{ name, value string }{
	{"TN", "xterm-256color"},
	{"name", "xterm-256color"},
	{"Co", "256"},
	{"colors", "256"},
	{"RGB", "8/8/8"},
	{"Tc", ""},
	{"Su", ""},
	{"XT", ""},
	{"Smulx", "\x1b[4:%p1%dm"},
	{"Setulc", "\x1b[58:2::%p1%{65536}%/%d:%p1%{256}%/%{255}%&%d:%p1%{255}%&%dm"},
	{"Ss", "\x1b[%p1%d q"},
	{"Se", "\x1b[2 q"},
	{"setrgbf", "\x1b[38:2:%p1%d:%p2%d:%p3%dm"},
	{"setrgbb", "\x1b[48:2:%p1%d:%p2%d:%p3%dm"},
}

// reportTermcap is XTGETTCAP: each name, in hexadecimal, is answered by itself.
func (t *Terminal) reportTermcap(b []byte) {
	for name := range bytes.SplitSeq(b, []byte{';'}) {
		raw, err := hex.DecodeString(string(name))
		if err != nil {
			continue
		}
		i := slices.IndexFunc(termcap[:], func(c struct{ name, value string }) bool { return c.name == string(raw) })
		switch {
		case i < 0:
			t.reply("\x1bP0+r%s\x1b\\", name)
		case termcap[i].value == "":
			t.reply("\x1bP1+r%s\x1b\\", name)
		default:
			t.reply("\x1bP1+r%s=%X\x1b\\", name, termcap[i].value)
		}
	}
}
