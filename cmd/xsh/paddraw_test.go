package main

import (
	"fmt"
	"strings"

	xterm "golang.org/x/term"
)

// What pad draws.

// height is how many rows show the text: all but the one above it, that below,
// and the other half of a split screen.
func (p *pad) height() int {
	n := p.rows - 2
	if p.split {
		n = (p.rows - 3) / 2
	}
	return max(n, 1)
}

// draw draws everything for the size that the terminal has now.
func (p *pad) draw() string {
	p.cols, p.rows, _ = xterm.GetSize(1)
	p.top = max(p.top, p.line-p.height()+1)
	var b strings.Builder
	b.WriteString("\x1b[?2026h\x1b[r\x1b[m\x1b[2J\x1b[H\x1b[1;38;2;250;200;100;48;5;17m")
	b.WriteString(clip(" pad: a text of many lines", p.cols) + "\x1b[K\x1b[m")
	for i := range p.height() {
		b.WriteString(p.row(p.top + i))
	}
	if p.split {
		fmt.Fprintf(&b, "\x1b[%dH\x1b[7m\x1b[K%s\x1b[m", p.height()+2, clip(" the same text, from its first line", p.cols))
		for i := range p.rows - p.height() - 3 {
			fmt.Fprintf(&b, "\x1b[%dH\x1b[3;4:3;58:5:1m%s\x1b[m", p.height()+3+i, clip(p.text[i], p.cols))
		}
	}
	b.WriteString(p.bottom() + p.cursor() + "\x1b[?2026l")
	return b.String()
}

// row draws a line of the text, if it is on the screen.
func (p *pad) row(line int) string {
	y := line - p.top
	if y < 0 || y >= p.height() || line >= len(p.text) {
		return ""
	}
	look := fmt.Sprintf("\x1b[%dm", 31+line%6)
	if p.mark >= 0 && line >= min(p.mark, p.line) && line <= max(p.mark, p.line) {
		look = "\x1b[30;48;5;153m"
	}
	return fmt.Sprintf("\x1b[%dH%s%s\x1b[K\x1b[m", y+2, look, clip(p.text[line], p.cols))
}

func (p *pad) bottom() string {
	mode := "normal"
	if p.insert {
		mode = "insert"
	}
	if p.mark >= 0 {
		mode = "marking"
	}
	text := fmt.Sprintf("%s %dx%d keys %d last %q", mode, p.rows, p.cols, p.keys, p.last)
	return fmt.Sprintf("\x1b[%dH\x1b[44;97m\x1b[K%s\x1b[m", p.rows, clip(text, p.cols-1))
}

// cursor puts it in its place, in the shape of the mode.
func (p *pad) cursor() string {
	shape := 2
	if p.insert {
		shape = 6
	}
	return fmt.Sprintf("\x1b[%d q\x1b[%d;%dH", shape, p.line-p.top+2, min(p.col, p.cols-1)+1)
}

// clip cuts a text to a width; what is not ASCII takes two columns here.
func clip(s string, cols int) string {
	for i, r := range s {
		if r > 0x7f {
			cols--
		}
		if cols--; cols < 0 {
			return s[:i]
		}
	}
	return s
}
