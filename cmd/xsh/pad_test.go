package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	xterm "golang.org/x/term"
)

// pad is an editor as far as a terminal can tell: the program pad, for scripts
// to run wherever they run, without vim. It is on the alternate screen, scrolls
// within margins, inserts and deletes in place, draws in colours, takes mouse
// and paste, has a cursor of its own shape in each mode, and draws all anew for
// a new size. Its bottom line tells the mode, the size, and how many keys came.
//
// Its keys: i inserts until Esc, x deletes a character, j and k move, v marks
// lines until Esc, s splits the screen or joins it, q ends.
type pad struct {
	rows, cols int
	text       []string
	top        int // of the text on the screen
	line, col  int // of the cursor in the text
	mark       int // the line that marking began at, -1 for none
	insert     bool
	split      bool
	keys       int
	last       string // the key, mouse press or paste that came last
}

const (
	padEnter = "\x1b[?1049h\x1b[22;2t\x1b]2;pad\x1b\\\x1b[?1h\x1b=\x1b[?2004h\x1b[?1002;1006h\x1b[?1004h\x1b[>1u"
	padLeave = "\x1b[<u\x1b[?1004l\x1b[?1002;1006l\x1b[?2004l\x1b>\x1b[?1l\x1b[0 q\x1b[23;2t\x1b[?1049l"
)

func padMain() int {
	state, err := xterm.MakeRaw(0)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pad:", err)
		return 1
	}
	defer xterm.Restore(0, state)
	p := &pad{mark: -1}
	for i := range 100 {
		p.text = append(p.text, fmt.Sprintf("line %d of the text, with as many words as show what is cut off: %s", i+1, strings.Repeat("wide 宽 ", 6)))
	}
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	typed := make(chan string)
	go readTyped(typed)
	fmt.Print(padEnter + p.draw())
	for {
		select {
		case <-resized:
			fmt.Print(p.draw())
		case s, ok := <-typed:
			out, more := p.take(s)
			fmt.Print(out)
			if !ok || !more {
				fmt.Print(padLeave)
				return 0
			}
		}
	}
}

// readTyped passes on what is typed, until there is no more.
func readTyped(typed chan<- string) {
	defer close(typed)
	buf := make([]byte, 4096)
	for {
		n, err := os.Stdin.Read(buf)
		if err != nil {
			return
		}
		typed <- string(buf[:n])
	}
}

// take acts on keys and returns what shows that. It reports whether to go on.
func (p *pad) take(s string) (out string, more bool) {
	for s != "" {
		key := nextKey(s)
		s = s[len(key):]
		p.keys++
		p.last = key
		if !p.insert && key == "q" {
			return out, false
		}
		out += p.press(key)
	}
	return out + p.bottom() + p.cursor(), true
}

// nextKey returns the key that s begins with: a character, a control sequence,
// or a whole paste.
func nextKey(s string) string {
	const pasteEnd = "\x1b[201~"
	if strings.HasPrefix(s, "\x1b[200~") {
		if i := strings.Index(s, pasteEnd); i >= 0 {
			return s[:i+len(pasteEnd)]
		}
		return s
	}
	if strings.HasPrefix(s, "\x1b[") {
		if i := strings.IndexFunc(s[2:], func(r rune) bool { return r >= '@' && r <= '~' }); i >= 0 {
			return s[:i+3]
		}
		return s
	}
	for _, r := range s {
		return string(r)
	}
	return s
}

// press acts on a key and returns what changes on the screen, but for bottom
// line and cursor.
func (p *pad) press(key string) string {
	switch {
	case strings.HasPrefix(key, "\x1b[200~"):
		return p.insertText(strings.TrimSuffix(strings.TrimPrefix(key, "\x1b[200~"), "\x1b[201~"))
	case strings.HasPrefix(key, "\x1b[") && key != "\x1b[27u":
		return "" // the mouse, focus: the bottom line tells
	case key == "\x1b[27u" || key == "\x1b":
		p.insert, p.mark = false, -1
		return p.draw()
	case p.insert:
		return p.insertText(key)
	}
	switch key {
	case "i":
		p.insert = true
		return "\x1b[6 q"
	case "x":
		return p.delete()
	case "j":
		return p.move(1)
	case "k":
		return p.move(-1)
	case "v":
		p.mark = p.line
		return p.row(p.line)
	case "s":
		p.split = !p.split
		p.top = max(p.top, p.line-p.height()+1)
		return p.draw()
	}
	return ""
}

func (p *pad) insertText(s string) string {
	line := p.text[p.line]
	p.text[p.line] = line[:p.col] + s + line[p.col:]
	out := p.cursor() + fmt.Sprintf("\x1b[%d@", len(s)) + s
	p.col += len(s)
	return out
}

func (p *pad) delete() string {
	line := p.text[p.line]
	if p.col < len(line) {
		p.text[p.line] = line[:p.col] + line[p.col+1:]
	}
	return p.row(p.line) // what was beyond the edge comes in
}

// move goes a line up or down; at the edge the text scrolls.
func (p *pad) move(by int) string {
	p.line = min(max(p.line+by, 0), len(p.text)-1)
	scroll := ""
	switch {
	case p.line < p.top:
		p.top--
		scroll = "\x1b[2;%dr\x1b[2H\x1bM\x1b[r"
	case p.line >= p.top+p.height():
		p.top++
		scroll = "\x1b[2;%dr\x1b[%[1]dH\n\x1b[r"
	}
	if scroll != "" {
		scroll = fmt.Sprintf(scroll, p.height()+1)
	}
	return scroll + p.row(p.line-by) + p.row(p.line)
}
