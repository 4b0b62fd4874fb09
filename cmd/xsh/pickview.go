package main

import (
	"fmt"
	"strings"

	"github.com/xsh-project/xsh/internal/rawtty"
	"github.com/xsh-project/xsh/internal/vt"
	"github.com/xsh-project/xsh/pkg/exec"
)

// pickLayout is how the picker divides a terminal: a row for what is typed, the list,
// the preview beside or below it if there is room, and a row for words.
type pickLayout struct {
	size               rawtty.Size
	listRows, listCols int
	shownRows          int // of the preview; 0 is none
	shownCols          int
	beside             bool
}

func layoutOf(size rawtty.Size) pickLayout {
	body := max(1, size.Rows-2)
	l := pickLayout{size: size, listRows: body, listCols: size.Cols}
	switch {
	case size.Cols >= 100 && body >= 5:
		l.beside = true
		l.listCols = min(size.Cols*2/5, 60)
		l.shownRows, l.shownCols = body, size.Cols-l.listCols-3
	case body >= 14 && size.Cols >= 20:
		l.listRows = max(5, body/3)
		l.shownRows, l.shownCols = body-l.listRows-1, size.Cols
	}
	return l
}

// rows returns the terminal's rows, none wider than it is, and where the cursor is.
func (m *pickModel) rows(size rawtty.Size) (rows []string, cursor int) {
	l := layoutOf(size)
	top, cursor := m.topRow(l)
	rows = append(rows, top)
	list := m.listRows(l)
	switch {
	case l.beside:
		shown := m.previewRows(l)
		for i := range l.listRows {
			rows = append(rows, list[i]+" | "+shown[i])
		}
	case l.shownRows > 0:
		rows = append(rows, list...)
		rows = append(rows, strings.Repeat("-", size.Cols))
		rows = append(rows, m.previewRows(l)...)
	default:
		rows = append(rows, list...)
	}
	if size.Rows > 1 {
		rows = append(rows, clipped(m.lastRow(), size.Cols))
	}
	return rows, cursor
}

// topRow is what is typed, with how many sessions fit it.
func (m *pickModel) topRow(l pickLayout) (row string, cursor int) {
	what, text := "> ", m.filter
	switch {
	case m.asks == askKill:
		s := m.current()
		what, text = "", ""
		if s != nil && s.Exit != nil {
			what = "forget " + s.Name + "? y/n "
		} else if s != nil {
			what = "kill " + s.Name + "? y/n "
		}
	case m.asks != askNothing:
		what, text = askTexts[m.asks], m.answer
	case m.showFind:
		what, text = "found ", ""
	}
	count := fmt.Sprintf(" %d/%d", len(m.list), len(m.all))
	if m.showFind {
		count = fmt.Sprintf(" %d", len(m.found))
	}
	room := max(1, l.size.Cols-columns(count))
	line := harmless(what + text)
	for columns(line) >= room { // the end is what is typed at
		_, n := firstRune(line)
		line = line[n:]
	}
	cursor = columns(line)
	return line + strings.Repeat(" ", max(0, room-cursor)) + clipped(count, l.size.Cols-room), cursor
}

func firstRune(text string) (r rune, size int) {
	for i, c := range text {
		if i > 0 {
			return r, i
		}
		r = c
	}
	return r, len(text)
}

// lastRow is the word for the user, or the keys.
func (m *pickModel) lastRow() string {
	switch {
	case m.said != "":
		return harmless(m.said)
	case m.asks != askNothing && m.asks != askKill:
		return "Enter takes it, Esc does not"
	case m.showFind:
		return "Enter attach  Esc back"
	}
	return "Enter attach  ? keys  Esc leave  ^N new  ^X kill  ^R rename  ^L label  ^F find"
}

// listRows are the rows of the list, each as wide as the list is.
func (m *pickModel) listRows(l pickLayout) []string {
	var lines []string
	at := m.index()
	switch {
	case m.help:
		lines, at = strings.Split(strings.TrimSuffix(pickerKeys, "\n"), "\n"), -1
	case m.showFind:
		for _, f := range m.found {
			lines = append(lines, harmless(f.Name)+": "+tamed(f.Text))
		}
		at = m.foundAt
	case len(m.all) == 0:
		lines = []string{"  no sessions: Ctrl-N starts one"}
	case len(m.list) == 0:
		lines = []string{"  nothing fits: Ctrl-U clears what was typed"}
	default:
		lines = m.sessionLines(l)
	}
	first := min(max(0, at-l.listRows/2), max(0, len(lines)-l.listRows))
	rows := make([]string, l.listRows)
	for i := range rows {
		n := first + i
		text, mark := "", "  "
		if n < len(lines) {
			text = lines[n]
		}
		if n == at && n < len(lines) {
			mark = "> "
		}
		if m.help || at < 0 {
			mark = ""
		}
		row := padded(mark+text, l.listCols)
		switch {
		case m.color && n == at && n < len(lines):
			row = "\x1b[7m" + row + "\x1b[m"
		case m.color && !m.help && !m.showFind && n < len(m.list) && m.list[n].Exit != nil:
			row = "\x1b[2m" + row + "\x1b[m"
		}
		rows[i] = row
	}
	return rows
}

// sessionLines are the sessions: name, status, and the title or the command.
func (m *pickModel) sessionLines(l pickLayout) []string {
	names, stats := 4, 8
	for _, s := range m.list {
		names = max(names, min(columns(harmless(s.Name)), max(8, l.listCols/3)))
		stats = max(stats, min(columns(status(s)), max(8, l.listCols/4)))
	}
	var lines []string
	for _, s := range m.list {
		what := harmless(s.Title)
		if what == "" {
			what = command(s)
		}
		lines = append(lines, padded(cut(harmless(s.Name), names), names)+" "+padded(cut(status(s), stats), stats)+" "+what)
	}
	return lines
}

// previewRows are what the session under the cursor shows, as far as there is room:
// the end of it, where a shell's prompt is.
func (m *pickModel) previewRows(l pickLayout) []string {
	rows := make([]string, l.shownRows)
	if m.preview == nil || m.preview.SessionID != m.at || m.showFind {
		return rows
	}
	lines := m.preview.Lines
	for len(lines) > 0 && lines[len(lines)-1].Text == "" {
		lines = lines[:len(lines)-1]
	}
	lines = lines[max(0, len(lines)-l.shownRows):]
	for i, line := range lines {
		rows[i] = m.clipRuns(line, l.shownCols)
	}
	return rows
}

// clipRuns is a line of a session in at most width columns, with its styles if the
// picker has colours.
func (m *pickModel) clipRuns(line exec.ScreenLine, width int) string {
	if !m.color || len(line.Runs) == 0 {
		return clipped(tamed(line.Text), width)
	}
	var runs []exec.Run
	for _, r := range line.Runs {
		if width <= 0 {
			break
		}
		r.Link = "" // the list is no place to follow one
		r.Text = clipped(r.Text, width)
		width -= max(r.Width, columns(r.Text))
		runs = append(runs, r)
	}
	return styled(runs)
}

// clipped is the beginning of text that takes at most width columns.
func clipped(text string, width int) string {
	used := 0
	for i, r := range text {
		if used += vt.RuneWidth(r); used > width {
			return text[:i]
		}
	}
	return text
}

// padded is text clipped, or filled with blanks, to width columns.
func padded(text string, width int) string {
	text = clipped(text, width)
	return text + strings.Repeat(" ", max(0, width-columns(text)))
}
