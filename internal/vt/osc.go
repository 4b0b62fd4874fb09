package vt

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/xsh-project/xsh/internal/termreset"
)

// Bounds of what a program can say about itself.
const (
	maxTitle      = 1024
	maxTitleStack = termreset.MaxTitles
	maxCwd        = 4096
	maxLinks      = 1024
	maxURI        = 4096
)

// string acts on a string that has ended.
func (t *Terminal) string() {
	p := &t.parser
	switch p.kind {
	case ']':
		t.tellAside()
		if !p.truncated || goesOnTruncated(p.str) {
			t.osc(p.str)
		}
	case 'P':
		if p.stream {
			t.sixelEnd()
		} else if !p.truncated {
			t.dcs()
		}
	case '_':
		t.apc(p.str)
	}
}

// goesOnTruncated tells of commands that do something though they were too long to
// be kept: an image has its place, and a link ends the one before it.
func goesOnTruncated(b []byte) bool {
	return bytes.HasPrefix(b, []byte("1337;File=")) || bytes.HasPrefix(b, []byte("8;"))
}

// osc acts on an operating system command.
func (t *Terminal) osc(b []byte) {
	num, rest, _ := bytes.Cut(b, []byte{';'})
	n, ok := number(num)
	if !ok {
		return
	}
	switch n {
	case 0:
		t.setTitle(rest, true, true)
	case 1:
		t.setTitle(rest, false, true)
	case 2:
		t.setTitle(rest, true, false)
	case 4:
		t.paletteCommand(4, 0, rest)
	case 5:
		t.paletteCommand(5, specialColor, rest)
	case 7:
		t.setCwd(rest)
	case 8:
		t.setLink(rest)
	case 9:
		t.notifyOrProgress(rest)
	case 10, 11, 12, 13, 14, 15, 16, 17, 18, 19:
		t.dynamicCommand(n, rest)
	case 21:
		t.colorControl(rest)
	case 22:
		t.setPointer(rest)
	case 99:
		t.kittyNotify(rest)
	case 104:
		t.resetPalette(0, rest)
	case 105:
		t.resetPalette(specialColor, rest)
	case 110, 111, 112, 113, 114, 115, 116, 117, 118, 119:
		t.dynamic[n-110] = 0
	case 133, 633:
		t.shellMark(rest)
	case 777:
		t.rxvtNotify(rest)
	case 1337:
		t.itermCommand(rest)
	case 30001:
		t.pushColors(0)
	case 30101:
		t.popColors(0)
	}
}

// number reads a small decimal number, the whole of b.
func number(b []byte) (n int, ok bool) {
	for _, c := range b {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0, false
		}
		n = 10*n + int(c-'0')
	}
	return n, len(b) > 0
}

// clean makes text of b: valid UTF-8 without control characters, at most max bytes.
func clean(b []byte, max int) string {
	s := strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(b), "\ufffd"))
	for len(s) > max {
		_, n := utf8.DecodeLastRuneInString(s[:max+1])
		s = s[:max+1-n]
	}
	return s
}

func (t *Terminal) setTitle(b []byte, window, icon bool) {
	s := clean(b, maxTitle)
	t.title.set = true
	if icon {
		t.title.icon = s
	}
	if window {
		t.windowTitle(s)
	}
}

func (t *Terminal) windowTitle(s string) {
	changed := t.title.window != s
	t.title.window = s
	if changed && t.cfg.Effects.Title != nil {
		t.cfg.Effects.Title(s)
	}
}

// pushTitle and popTitle are XTWINOPS 22 and 23: which is 0 for both titles, 1 for
// the icon's, 2 for the window's. Where one alone is pushed, the other is that of
// the entry below, as in xterm.
func (t *Terminal) pushTitle(which int) {
	s := t.titleStack
	entry := t.title
	if n := len(s); n > 0 && which == 1 {
		entry.window = s[n-1].window
	} else if n > 0 && which == 2 {
		entry.icon = s[n-1].icon
	}
	if len(s) == maxTitleStack {
		s = s[1:]
	}
	t.titleStack = append(s[:len(s):len(s)], entry)
}

func (t *Terminal) popTitle(which int) {
	n := len(t.titleStack)
	if n == 0 {
		return
	}
	top := t.titleStack[n-1]
	t.titleStack = t.titleStack[: n-1 : n-1]
	t.title.set = top.set || which != 0 && t.title.set
	if which != 2 {
		t.title.icon = top.icon
	}
	if which != 1 {
		t.windowTitle(top.window)
	}
}

func (t *Terminal) setCwd(b []byte) {
	if len(b) > maxCwd {
		return
	}
	t.changeCwd(clean(b, maxCwd))
}

func (t *Terminal) changeCwd(uri string) {
	t.cwd = uri
	if f := t.cfg.Effects.Cwd; f != nil {
		f(uri)
	}
}

// setLink is OSC 8: what is printed from now on is a link, or no longer one. One
// that is too long is none, but ends the one before it.
func (t *Terminal) setLink(b []byte) {
	params, uri, ok := bytes.Cut(b, []byte{';'})
	if !ok && len(b) <= maxURI {
		return
	}
	t.penStale = true
	t.cur.pen.Link = nil
	if len(uri) == 0 || len(uri) > maxURI {
		return
	}
	l := Link{URI: clean(uri, maxURI)}
	for p := range bytes.SplitSeq(params, []byte{':'}) {
		if id, ok := bytes.CutPrefix(p, []byte("id=")); ok {
			l.ID = clean(id, 256)
		}
	}
	t.cur.pen.Link = t.link(l.hashed())
}

// maxLinkBytes bounds the links that cells on the screens point to. What is printed
// beyond it is text without a link.
const maxLinkBytes = 16 << 20

// link returns the one pointer for l, as long as there are few. It is nil when the
// cells have as many links as they may.
func (t *Terminal) link(l Link) *Link {
	if p := t.links[l]; p != nil {
		return p
	}
	if t.linksRefused > 0 {
		t.linksRefused--
		return nil
	}
	if t.tables.styles.links > maxLinkBytes {
		t.collectStyles()
		if t.tables.styles.links > maxLinkBytes/2 {
			t.linksRefused = maxLinks // looking again for each would take all the time
			return nil
		}
	}
	if t.links == nil || len(t.links) >= maxLinks {
		t.links = make(map[Link]*Link)
	}
	t.links[l] = &l
	return &l
}
